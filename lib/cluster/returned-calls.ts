import { inThisContext } from '../async-context.js';
import type { HeldCalls } from '../call/held-calls.js';
import type { OutgoingCall } from '../call/outgoing-call.js';
import { cannotGoOn } from '../relay/relayed-answer.js';
import { timeLeft } from '../transport/after-stall.js';
import type { SharedMethods } from './shared-methods.js';
import { refused, type StreamCallsOwner } from './stream-calls.js';

/** Calls that came back from the process with the connection of the machine, which had no Leader to send them to. */
export class ReturnedCalls {
  readonly #methods: SharedMethods;
  readonly #held: HeldCalls;
  readonly #owner: StreamCallsOwner;

  constructor(methods: SharedMethods, held: HeldCalls, owner: StreamCallsOwner) {
    this.#methods = methods;
    this.#held = held;
    this.#owner = owner;
  }

  /** Sends the call to the next role, in the time that the call has left. */
  add(call: OutgoingCall): void {
    call.requestCodec = undefined;
    call.move('queued', 'connection');
    if (call.upload?.hasBegun === true) cannotGoOn(call);
    else this.#hold(call);
  }

  #send(call: OutgoingCall): void {
    if (call.isSettled) return;
    const refusal = this.#owner.refusal();
    const role = this.#owner.role();
    if (refusal !== undefined) call.fail(refused(call, refusal));
    else if (role === undefined || role.isFull) this.#hold(call);
    else role.invoke(call);
  }

  /** A plain call holds the place of this one. */
  #hold(call: OutgoingCall): void {
    const left = timeLeft(call.deadline);
    if (left <= 0) return call.expire();
    const send = inThisContext(() => this.#send(call));
    const placeholder = this.#methods.call(call.method.name, [], left, call.oneway, (error) => {
      if (error === undefined) send();
      else call.fail(error);
    });
    placeholder.move('queued', 'connection');
    this.#held.add(placeholder);
    if (call.isCancellable) call.heldBy(() => this.#held.delete(placeholder));
  }
}
