import sample from 'lodash/sample.js';
import type { EncodedValue } from '../protocol/encoded-value.js';

/**
 * The last value of one subscribed key, given again to a receiver that comes later.
 *
 * Both ends of a subscription replay the last value. The Leader (`ClientTopics`) has one receiver for each process and
 * replays to a process that subscribes later. A process (`Subscriptions`) subscribes once per key, so the Leader does not
 * see a second listener of that process, and the process replays by itself.
 */
export class LastValue<R> {
  readonly #isBroadcast: boolean;
  readonly #give: (receiver: R, value: EncodedValue) => void;
  #value: EncodedValue | undefined;

  /** `isBroadcast`: each value goes to all receivers, later ones included. Otherwise a value goes to one receiver, once. */
  constructor(isBroadcast: boolean, give: (receiver: R, value: EncodedValue) => void) {
    this.#isBroadcast = isBroadcast;
    this.#give = give;
  }

  /** Whether a receiver that comes now gets a value. */
  get isReplayed(): boolean {
    return this.#isBroadcast && this.#value !== undefined;
  }

  /** Keeps the value, and gives the value to all of these receivers, or to one of them picked at random. */
  set(value: EncodedValue, receivers: readonly R[]): void {
    this.#value = value;
    if (this.#isBroadcast) {
      for (const receiver of [...receivers]) this.#give(receiver, value);
      return;
    }
    const one = sample(receivers);
    if (one !== undefined) this.#give(one, value);
  }

  /** Gives the last value, if there is one, to a receiver that has come later. */
  replay(receiver: R): void {
    if (this.#isBroadcast && this.#value !== undefined) this.#give(receiver, this.#value);
  }
}
