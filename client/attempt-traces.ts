import { Attempt } from '../failure/index.js';
import type { CallStage } from '../lib/call/call-stage.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { type AttemptMessage, attemptChannel, type CallMessage } from '../lib/channels.js';
import { PublishedCall, type ServerOf, sendPublished } from './published-call.js';

/**
 * Stage behind the failure modes: publishes the attempts at a call on `mailstation:attempt`, where both this channel and `mailstation:call` have
 * a subscriber. A call in `failfast` is no attempt.
 */
export class AttemptTraces implements CallStage {
  readonly #next: CallStage;
  readonly #serverOf: ServerOf;

  constructor(next: CallStage, serverOf: ServerOf) {
    this.#next = next;
    this.#serverOf = serverOf;
  }

  send(call: OutgoingCall): void {
    const { published } = call;
    if (published !== undefined && attemptChannel.hasSubscribers && call instanceof Attempt)
      this.#trace(call, published as CallMessage);
    else this.#next.send(call);
  }

  #trace(attempt: Attempt, call: CallMessage): void {
    const number = (call.attempts ?? 0) + 1;
    call.attempts = number;
    const message: AttemptMessage = { ...new PublishedCall(attempt), call, number };
    sendPublished(attemptChannel, message, attempt, this.#serverOf, () => this.#next.send(attempt));
  }
}
