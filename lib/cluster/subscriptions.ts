import sample from 'lodash/sample.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import { throwUncaught } from '../uncaught.js';

/** Gets a copy of each value, its own. */
export type ValueListener = (value: unknown) => void;

/** Keys that one shared client subscribes to, or publishes, at the most. */
export const MAX_KEYS = 10_000;

export interface SubscriptionsOptions {
  readonly isBroadcast: boolean;
  /** ms; undefined: a first value may take as long as it likes. */
  readonly subscribeTimeout: number | undefined;
  onError(error: Error): void;
}

interface Subscription {
  readonly reg: unknown;
  readonly listeners: ValueListener[];
  last: EncodedValue | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** What one shared client's users have subscribed to. It outlives the roles that get the values. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #byKey = new Map<string, Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** To be subscribed to anew, with whoever leads next. */
  *all(): Generator<[key: string, reg: unknown]> {
    for (const [key, { reg }] of this.#byKey) yield [key, reg];
  }

  /** True for the first of a key: it must be asked for. A later one is told the last value, if there is one. */
  add(key: string, reg: unknown, listener: ValueListener): boolean {
    if (typeof listener !== 'function') throw invalid('subscribe(reg, listener): the listener must be a function');
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.listeners.push(listener);
      if (this.#options.isBroadcast && known.last !== undefined) process.nextTick(() => this.#replay(known, listener));
      return false;
    }
    if (this.#byKey.size >= MAX_KEYS)
      throw new RpcError(RpcCode.QueueFull, `${MAX_KEYS} keys are subscribed to already`);
    const added: Subscription = { reg, listeners: [listener], last: undefined, timer: undefined };
    this.#byKey.set(key, added);
    this.#watchFirst(key, added);
    return true;
  }

  /** True when nobody listens to the key any more. Without a listener: all of them go. */
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

  /** A value has come. */
  deliver(key: string, value: EncodedValue): void {
    const known = this.#byKey.get(key);
    if (known === undefined) return; // it was on its way when the last one left
    clearTimeout(known.timer);
    known.last = value;
    const one = sample(known.listeners);
    const receivers = this.#options.isBroadcast || one === undefined ? [...known.listeners] : [one];
    for (const listener of receivers) this.#tell(listener, value);
  }

  clear(): void {
    for (const { timer } of this.#byKey.values()) clearTimeout(timer);
    this.#byKey.clear();
  }

  #replay({ listeners, last }: Subscription, listener: ValueListener): void {
    if (last !== undefined && listeners.includes(listener)) this.#tell(listener, last);
  }

  #tell(listener: ValueListener, value: EncodedValue): void {
    let copy: unknown;
    try {
      copy = value.decode();
    } catch (error) {
      this.#options.onError(toError(error));
      return;
    }
    try {
      listener(copy);
    } catch (error) {
      throwUncaught(error);
    }
  }

  #watchFirst(key: string, subscription: Subscription): void {
    const { subscribeTimeout, onError } = this.#options;
    if (subscribeTimeout === undefined) return;
    const late = (): void => {
      onError(new RpcError(RpcCode.Timeout, `subscribe timeout for ${key}: no value in ${subscribeTimeout} ms`));
    };
    subscription.timer = setTimeout(late, subscribeTimeout).unref();
  }
}
