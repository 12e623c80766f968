import type { TracingChannel } from 'node:diagnostics_channel';
import { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { CallMessage } from '../lib/channels.js';
import { endpointOf } from '../lib/endpoint.js';
import type { Delivery, RpcError } from '../lib/errors.js';
import { traceText } from '../lib/protocol/trace-item.js';
import type { ServerInfo } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';

/** Entry of the roster. */
export type ServerOf = (id: string) => ServerInfo | undefined;

/** Message of a call, or of an attempt at one. */
type Message = Omit<CallMessage, 'attempts'>;

/** Message of a call. */
export class PublishedCall implements CallMessage {
  readonly method: string;
  readonly serverType: string;
  readonly kind: CallMessage['kind'];
  readonly timeout: number;
  declare serverId?: string;
  declare serverAddress?: string;
  declare serverPort?: number;
  declare delivery?: NonNullable<CallMessage['delivery']>;
  declare error?: NonNullable<CallMessage['error']>;
  declare duration?: number;
  declare trace?: Readonly<Record<string, string>>;
  declare attempts?: number;

  constructor(call: OutgoingCall) {
    this.method = call.method.name;
    this.serverType = call.method.serverType;
    this.kind = kindOf(call);
    this.timeout = call.timeout;
    if (call.serverId !== undefined) this.serverId = call.serverId;
  }
}

export function kindOf({ stream, oneway }: Pick<OutgoingCall, 'stream' | 'oneway'>): CallMessage['kind'] {
  if (stream !== undefined) return 'stream';
  return oneway ? 'oneway' : 'call';
}

/** How far a call has got that ends, with the error or well. */
export function endedDelivery(
  call: OutgoingCall,
  error: RpcError | undefined,
  [result]: readonly unknown[] = [],
): Delivery {
  const failure = result instanceof FailbackReceipt ? result.error : error;
  if (failure !== undefined) return failure.delivery ?? call.delivery;
  return call.oneway ? 'unknown' : 'answered';
}

/**
 * Sends a call, and publishes it on a tracing channel from its start to its outcome. The events are published by hand: Node's `tracePromise`
 * would give callers another promise than the call's own. A trace context that a listener puts into the message travels with the call.
 */
export function sendPublished<M extends Message>(
  channel: TracingChannel<unknown, M>,
  message: M,
  call: OutgoingCall,
  serverOf: ServerOf,
  send: () => void,
): void {
  const startedAt = performance.now();
  let isStarted = false;
  // As Node orders the events: `end` is that of the start, and comes before the outcome, even of a call that fails at once.
  const end = (): void => {
    if (isStarted) return;
    isStarted = true;
    channel.end.publish(message);
  };
  call.intercept((settle) => (error, results) => {
    end();
    message.duration = performance.now() - startedAt;
    close(message, call, error, results, serverOf);
    if (error !== undefined) channel.error.publish(message);
    channel.asyncStart.publish(message);
    try {
      settle(error, results); // a callback runs in its caller's own context
    } finally {
      channel.asyncEnd.publish(message);
    }
  });
  try {
    channel.start.runStores(message, () => {
      const text = message.trace && traceText(message.trace);
      if (text !== undefined) call.trace = text;
      send();
    });
  } finally {
    end();
  }
}

function close(
  message: Message,
  call: OutgoingCall,
  error: RpcError | undefined,
  results: readonly unknown[],
  serverOf: ServerOf,
): void {
  locate(message, error?.serverId ?? call.serverId, serverOf);
  message.delivery = endedDelivery(call, error, results);
  if (error !== undefined) message.error = error;
}

function locate(message: Message, serverId: string | undefined, serverOf: ServerOf): void {
  if (serverId === undefined) return;
  message.serverId = serverId;
  const server = serverOf(serverId);
  if (server === undefined) return;
  const endpoint = endpointOf(server);
  message.serverAddress = endpoint.transport === 'unix' ? endpoint.path : endpoint.host;
  if (endpoint.transport !== 'unix') message.serverPort = endpoint.port;
}
