import type { CallStage } from '../lib/call/call-stage.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { callChannel } from '../lib/channels.js';
import { PublishedCall, type ServerOf, sendPublished } from './published-call.js';

/** First stage of a call: publishes the call on `mailstation:call`, where the channel has a subscriber. */
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
    call.published = message;
    sendPublished(callChannel, message, call, this.#serverOf, () => this.#next.send(call));
  }
}
