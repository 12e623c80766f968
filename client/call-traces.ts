import type { CallStage } from '../lib/call/call-stage.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { type CallMessage, callChannel } from '../lib/channels.js';
import { endpointOf } from '../lib/endpoint.js';
import type { ServerInfo } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';

/** Message of a call. Its client is no field: who prints a message wants the call, and not the whole client. */
class PublishedCall implements CallMessage {
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

/** Entry of the roster. */
type ServerOf = (id: string) => ServerInfo | undefined;

/**
 * First stage of a call: publishes the call on `mailstation:call`, where the channel has a subscriber. The events are published by hand: Node's
 * `tracePromise` would give callers another promise than the call's own.
 */
export class CallTraces implements CallStage {
  readonly #client: object;
  readonly #next: CallStage;
  readonly #serverOf: ServerOf;

  /** `client`: the client that makes the calls; see {@link callerOf}. */
  constructor(client: object, next: CallStage, serverOf: ServerOf) {
    this.#client = client;
    this.#next = next;
    this.#serverOf = serverOf;
  }

  send(call: OutgoingCall): void {
    if (callChannel.hasSubscribers) this.#trace(call);
    else this.#next.send(call);
  }

  #trace(call: OutgoingCall): void {
    const message = new PublishedCall(call, this.#client);
    const startedAt = performance.now();
    let isStarted = false;
    // As Node orders the events: `end` is that of the start, and comes before the outcome, even of a call that fails at once.
    const end = (): void => {
      if (isStarted) return;
      isStarted = true;
      callChannel.end.publish(message);
    };
    call.intercept((settle) => (error, results) => {
      end();
      message.duration = performance.now() - startedAt;
      this.#close(message, call, error);
      if (error !== undefined) callChannel.error.publish(message);
      callChannel.asyncStart.publish(message);
      try {
        settle(error, results); // a callback runs in its caller's own context
      } finally {
        callChannel.asyncEnd.publish(message);
      }
    });
    try {
      callChannel.start.runStores(message, () => this.#next.send(call));
    } finally {
      end();
    }
  }

  #close(message: CallMessage, call: OutgoingCall, error: CallMessage['error']): void {
    this.#locate(message, error?.serverId ?? call.serverId);
    message.delivery = error === undefined ? (call.oneway ? 'unknown' : 'answered') : (error.delivery ?? call.delivery);
    if (error !== undefined) message.error = error;
  }

  #locate(message: CallMessage, serverId: string | undefined): void {
    if (serverId === undefined) return;
    message.serverId = serverId;
    const server = this.#serverOf(serverId);
    if (server === undefined) return;
    const endpoint = endpointOf(server);
    message.serverAddress = endpoint.transport === 'unix' ? endpoint.path : endpoint.host;
    if (endpoint.transport !== 'unix') message.serverPort = endpoint.port;
  }
}
