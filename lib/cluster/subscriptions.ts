import { outsideContexts } from '../async-context.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import { clearTimeout, nextTick, setTimeout } from '../timers.js';
import { throwUncaught } from '../uncaught.js';
import { userKey } from './keys.js';
import { LastValue } from './last-value.js';

/** Called with a copy of each value, which the listener may change. */
export type ValueListener = (value: unknown) => void;

/** Maximum number of keys that one shared client subscribes to, and of keys that one shared client publishes. */
export const MAX_KEYS = 10_000;

export interface SubscriptionsOptions {
  readonly isBroadcast: boolean;
  /** Time until a missing first value is reported. Unit: ms. Undefined: no limit. */
  readonly subscribeTimeout: number | undefined;
  onError(error: Error): void;
}

interface Subscription {
  readonly reg: unknown;
  readonly listeners: ValueListener[];
  readonly last: LastValue<ValueListener>;
  /** Reports that no first value has come. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Subscriptions of one shared client's users. They outlive the roles that values come through. The other end, over all
 * processes, is `ClientTopics`.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #byKey = new Map<string, Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Keys to subscribe to again at the next Leader. */
  *all(): Generator<[key: string, reg: unknown]> {
    for (const [key, { reg }] of this.#byKey) yield [key, reg];
  }

  /** True for the first listener of a key, for which the caller subscribes. A later listener gets the last value here. */
  add(key: string, reg: unknown, listener: ValueListener): boolean {
    if (typeof listener !== 'function') throw invalid('subscribe(reg, listener): the listener must be a function');
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.listeners.push(listener);
      if (known.last.isReplayed) nextTick(() => this.#replay(known, listener));
      return false;
    }
    if (this.#byKey.size >= MAX_KEYS)
      throw new RpcError(
        RpcCode.QueueFull,
        `cannot subscribe: the limit of ${MAX_KEYS} keys is reached; unsubscribe from keys that are no longer used`,
      );
    const last = new LastValue<ValueListener>(this.#options.isBroadcast, (to, value) => this.#give(to, value));
    const added: Subscription = { reg, listeners: [listener], last, timer: undefined };
    this.#byKey.set(key, added);
    this.#watchFirst(key, added);
    return true;
  }

  /** True when the last listener of the key has gone. Without a listener, all listeners of the key go. */
  remove(key: string, listener?: ValueListener): boolean {
    const known = this.#byKey.get(key);
    if (known === undefined) return false;
    const kept = listener === undefined ? [] : known.listeners.filter((each) => each !== listener);
    known.listeners.splice(0, known.listeners.length, ...kept);
    if (kept.length > 0) return false;
    clearTimeout(known.timer);
    this.#byKey.delete(key);
    return true;
  }

  /** Gives a value that has arrived to the listeners. */
  deliver(key: string, value: EncodedValue): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return; // in flight when the last listener was removed
    clearTimeout(known.timer);
    known.last.set(value, known.listeners);
  }

  clear(): void {
    for (const { timer } of this.#byKey.values()) clearTimeout(timer);
    this.#byKey.clear();
  }

  #replay({ listeners, last }: Subscription, listener: ValueListener): void {
    if (listeners.includes(listener)) last.replay(listener);
  }

  #give(listener: ValueListener, value: EncodedValue): void {
    let copy: unknown;
    try {
      copy = value.decode();
    } catch (error) {
      this.#options.onError(toError(error));
      return;
    }
    try {
      // The value may come from another caller's publication.
      outsideContexts(() => listener(copy));
    } catch (error) {
      throwUncaught(error);
    }
  }

  #watchFirst(key: string, subscription: Subscription): void {
    const { subscribeTimeout, onError } = this.#options;
    if (subscribeTimeout === undefined) return;
    const late = (): void => {
      onError(
        new RpcError(RpcCode.Timeout, `subscribe timeout for ${userKey(key)}: no value in ${subscribeTimeout} ms`),
      );
    };
    subscription.timer = setTimeout(late, subscribeTimeout).unref();
  }
}
