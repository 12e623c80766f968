import type { CallStage } from '../lib/call/call-stage.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { callChannel } from '../lib/channels.js';
import type { RpcError } from '../lib/errors.js';
import { PublishedCall, type ServerOf, sendPublished } from './published-call.js';

/** Called with each call that ends, before its caller is told. Must not throw. */
export type CallEndObserver = (call: OutgoingCall, error: RpcError | undefined, results: readonly unknown[]) => void;

/** First stage of a client's calls, by client. */
const stages = new WeakMap<object, CallTraces>();

/**
 * Sees the ends of a client's calls from now on, in place of the last observer. `undefined`: none sees them any more. For counts: a channel with
 * all its events would cost a call five times as much.
 */
export function observeCalls(client: object, observer: CallEndObserver | undefined): void {
  const stage = stages.get(client);
  if (stage !== undefined) stage.observer = observer;
}

/** First stage of a call: publishes the call on `mailstation:call`, where the channel has a subscriber. */
export class CallTraces implements CallStage {
  observer: CallEndObserver | undefined;
  readonly #next: CallStage;
  readonly #serverOf: ServerOf;

  /** `client`: the client that makes the calls; see {@link observeCalls}. */
  constructor(client: object, next: CallStage, serverOf: ServerOf) {
    this.#next = next;
    this.#serverOf = serverOf;
    stages.set(client, this);
  }

  send(call: OutgoingCall): void {
    if (this.observer !== undefined) observe(call, this.observer);
    if (callChannel.hasSubscribers) this.#trace(call);
    else this.#next.send(call);
  }

  #trace(call: OutgoingCall): void {
    const message = new PublishedCall(call);
    call.published = message;
    sendPublished(callChannel, message, call, this.#serverOf, () => this.#next.send(call));
  }
}

function observe(call: OutgoingCall, observer: CallEndObserver): void {
  call.intercept((settle) => (error, results) => {
    observer(call, error, results);
    settle(error, results);
  });
}
