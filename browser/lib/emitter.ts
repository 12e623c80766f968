import { throwUncaught } from '../../lib/uncaught.js';

/** Event names, each with the tuple of its listeners' arguments. */
export type EventMap = Record<string, unknown[]>;

interface Entry {
  // biome-ignore lint/suspicious/noExplicitAny: listeners of all events
  readonly listener: (...args: any[]) => void;
  readonly once: boolean;
}

/** Typed events. An error that a listener throws becomes an uncaught error of the page, and does not unwind the emitter's caller. */
export class Emitter<E extends EventMap> {
  readonly #entries = new Map<keyof E, readonly Entry[]>();

  on<K extends keyof E>(event: K, listener: (...args: E[K]) => void, once = false): this {
    this.#entries.set(event, [...this.#of(event), { listener, once }]);
    return this;
  }

  once<K extends keyof E>(event: K, listener: (...args: E[K]) => void): this {
    return this.on(event, listener, true);
  }

  off<K extends keyof E>(event: K, listener: (...args: E[K]) => void): this {
    this.#entries.set(
      event,
      this.#of(event).filter((entry) => entry.listener !== listener),
    );
    return this;
  }

  emit<K extends keyof E>(event: K, ...args: E[K]): boolean {
    const entries = this.#of(event);
    for (const { listener, once } of entries) {
      if (once) this.off(event, listener);
      try {
        listener(...args);
      } catch (error) {
        throwUncaught(error);
      }
    }
    return entries.length > 0;
  }

  listenerCount(event: keyof E): number {
    return this.#of(event).length;
  }

  #of(event: keyof E): readonly Entry[] {
    return this.#entries.get(event) ?? [];
  }
}
