import type { TracingChannel } from 'node:diagnostics_channel';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { CallMessage } from '../lib/channels.js';
import { endpointOf } from '../lib/endpoint.js';
import type { RpcError } from '../lib/errors.js';
import { traceText } from '../lib/protocol/trace-item.js';
import type { ServerInfo } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';

/** Entry of the roster. */
export type ServerOf = (id: string) => ServerInfo | undefined;

/** Message of a call, or of an attempt at one. */
type Message = Omit<CallMessage, 'attempts'>;

/** Message of a call. Its client is no field: who prints a message wants the call, and not the whole client. */
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
  readonly #client: object;

  constructor({ method, timeout, oneway, stream, serverId }: OutgoingCall, client: object) {
    this.method = method.name;
    this.serverType = method.serverType;
    this.kind = stream !== undefined ? 'stream' : oneway ? 'oneway' : 'call';
    this.timeout = timeout;
    if (serverId !== undefined) this.serverId = serverId;
    this.#client = client;
  }

  static clientOf(message: object): object | undefined {
    return #client in message ? message.#client : undefined;
  }
}

/** Returns the client that made the call of a message. Undefined for a message of another copy of the package. */
export function callerOf(message: object): object | undefined {
  return PublishedCall.clientOf(message);
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
    close(message, call, error, serverOf);
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

function close(message: Message, call: OutgoingCall, error: RpcError | undefined, serverOf: ServerOf): void {
  locate(message, error?.serverId ?? call.serverId, serverOf);
  message.delivery = error === undefined ? (call.oneway ? 'unknown' : 'answered') : (error.delivery ?? call.delivery);
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
