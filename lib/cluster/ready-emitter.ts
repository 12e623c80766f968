import { Emitter } from '../emitter.js';
import { throwUncaught } from '../uncaught.js';

/** Any event: a shared client passes on whatever its real client emits. */
// biome-ignore lint/suspicious/noExplicitAny: listeners declare what they know of an event that nobody here does
type AnyEvents = Record<string, any[]>;

export type ReadyCallback = (error?: Error) => void;

/**
 * An emitter that becomes ready, or fails to: the part of `sdk-base` that cluster-client's users use on their clients.
 * Events are emitted synchronously; an `error` that nobody listens to is logged.
 */
export class ReadyEmitter extends Emitter<AnyEvents> {
  #outcome: { readonly error: Error | undefined } | undefined;
  #waiting: ReadyCallback[] = [];

  get isReady(): boolean {
    return this.#outcome !== undefined && this.#outcome.error === undefined;
  }

  /** Resolves when ready; rejects when that failed. */
  ready(): Promise<void>;
  /** Calls back when ready, or with the error, and never before this has returned. */
  ready(callback: ReadyCallback): void;
  /** For those who extend it: it is ready, or not any more, or has failed. */
  ready(state: boolean | Error): void;
  ready(given?: ReadyCallback | boolean | Error): Promise<void> | undefined {
    if (typeof given === 'function') this.#wait(given);
    else if (given !== undefined) this.#decide(given);
    else return new Promise((resolve, reject) => this.#wait((error) => (error ? reject(error) : resolve())));
    return undefined;
  }

  /** Resolves with the first argument of the event's next occurrence. */
  await(event: string): Promise<unknown> {
    return new Promise((resolve) => void this.once(event, resolve));
  }

  /** The first of several events that occurs, with its arguments. */
  awaitFirst(events: readonly string[]): Promise<{ event: string; args: unknown[] }> {
    return new Promise((resolve) => {
      const listeners = events.map((event) => {
        const listener = (...args: unknown[]): void => {
          for (const [each, its] of listeners) this.off(each, its);
          resolve({ event, args });
        };
        return [event, listener] as const;
      });
      for (const [event, listener] of listeners) this.on(event, listener);
    });
  }

  /** There is no limit here; Node's emitters have one that must be raised. */
  setMaxListeners(_limit: number): this {
    return this;
  }

  getMaxListeners(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** It will never be ready any more, which is no error: only who waits for it, now or later, is told. */
  protected failReady(error: Error): void {
    this.#outcome = { error };
    this.#tell();
  }

  #wait(callback: ReadyCallback): void {
    this.#waiting.push(callback);
    this.#tell();
  }

  #decide(state: boolean | Error): void {
    const error = state instanceof Error ? state : undefined;
    this.#outcome = state === false ? undefined : { error };
    // Somebody has to learn of it.
    if (error !== undefined && this.#waiting.length === 0) this.emit('error', error);
    if (state === true) this.emit('ready');
    this.#tell();
  }

  #tell(): void {
    const outcome = this.#outcome;
    if (outcome === undefined) return;
    for (const callback of this.#waiting.splice(0)) process.nextTick(callUser, callback, outcome.error);
  }
}

function callUser(callback: ReadyCallback, error: Error | undefined): void {
  try {
    callback(error);
  } catch (thrown) {
    throwUncaught(thrown);
  }
}
