import { userCallback } from '../callback.js';
import { Emitter } from '../emitter.js';
import { nextTick } from '../timers.js';

/** Events by name: a shared client also emits all events of its real client. */
// biome-ignore lint/suspicious/noExplicitAny: only listeners know the arguments of an event
type AnyEvents = Record<string, any[]>;

/** Callback that is called when ready, or with the error. */
export type ReadyCallback = (error?: Error) => void;

/**
 * Emitter that becomes ready or fails: the part of `sdk-base` that users of cluster-client call on their clients. Events
 * are emitted synchronously. An `error` without a listener is logged.
 */
export class ReadyEmitter extends Emitter<AnyEvents> {
  #outcome: { readonly error: Error | undefined } | undefined;
  #waiting: ReadyCallback[] = [];

  /** True when ready, and neither failed nor waiting again. */
  get isReady(): boolean {
    return this.#outcome !== undefined && this.#outcome.error === undefined;
  }

  /** Resolves when ready; rejects when becoming ready failed. */
  ready(): Promise<void>;
  /** Calls back when ready, or with the error, and never before this call has returned. */
  ready(callback: ReadyCallback): void;
  /** Sets the state, for classes that extend this one: ready, not ready any more, or failed. */
  ready(state: boolean | Error): void;
  ready(given?: ReadyCallback | boolean | Error): Promise<void> | undefined {
    if (typeof given === 'function') this.#wait(given);
    else if (given !== undefined) this.#decide(given);
    else return new Promise((resolve, reject) => this.#wait((error) => (error ? reject(error) : resolve())));
    return undefined;
  }

  /** Resolves with the first argument of the next event of that name. */
  await(event: string): Promise<unknown> {
    return new Promise((resolve) => void this.once(event, resolve));
  }

  /** Resolves with the first of several events that occurs, and its arguments. */
  awaitFirst(events: readonly string[]): Promise<{ event: string; args: unknown[] }> {
    return new Promise((resolve) => {
      const listeners = events.map((event) => {
        const listener = (...args: unknown[]): void => {
          for (const [each, other] of listeners) this.off(each, other);
          resolve({ event, args });
        };
        return [event, listener] as const;
      });
      for (const [event, listener] of listeners) this.on(event, listener);
    });
  }

  /** Does nothing: listeners are not limited here, as Node limits those of an emitter. */
  setMaxListeners(_limit: number): this {
    return this;
  }

  /** Infinity, since listeners are not limited. */
  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Rejects each `ready()`, now and later, without an `error` event: the client was closed, and has not failed. */
  protected failReady(error: Error): void {
    this.#outcome = { error };
    this.#settle();
  }

  #wait(callback: ReadyCallback): void {
    this.#waiting.push(userCallback(callback));
    this.#settle();
  }

  #decide(state: boolean | Error): void {
    const error = state instanceof Error ? state : undefined;
    this.#outcome = state === false ? undefined : { error };
    // No call of `ready()` is pending that could be rejected.
    if (error !== undefined && this.#waiting.length === 0) this.emit('error', error);
    if (state === true) this.emit('ready');
    this.#settle();
  }

  #settle(): void {
    const outcome = this.#outcome;
    if (outcome === undefined) return;
    for (const callback of this.#waiting.splice(0)) nextTick(callback, outcome.error);
  }
}
