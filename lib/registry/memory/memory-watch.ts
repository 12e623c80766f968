import { Lifecycle, type Transitions } from '../../lifecycle.js';
import { setImmediate } from '../../timers.js';
import { throwUncaught } from '../../uncaught.js';
import type { Change, WatchEnd, Watching } from '../engine.js';
import { unavailable } from '../engine-errors.js';
import type { MemoryStore } from './memory-store.js';

const TRANSITIONS = {
  /** Changes come. */
  watching: ['ended'],
  /** No change comes any more. */
  ended: [],
} as const satisfies Transitions<'watching' | 'ended'>;

type WatchState = keyof typeof TRANSITIONS;

/** Watch of a {@link MemoryStore}. Changes are given in a turn of their own, as those of a socket are. */
export class MemoryWatch implements Watching {
  readonly ended: Promise<WatchEnd>;
  readonly #store: MemoryStore;
  readonly #prefix: string;
  readonly #on: (change: Change) => void;
  readonly #lifecycle = new Lifecycle<WatchState>('watching', TRANSITIONS, () => this.#stopObserving());
  readonly #stopObserving: () => void;
  #resolveEnded!: (end: WatchEnd) => void;
  #after: number;
  #isDue = false;

  constructor(store: MemoryStore, prefix: string, after: number, on: (change: Change) => void) {
    this.#store = store;
    this.#prefix = prefix;
    this.#after = after;
    this.#on = on;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#stopObserving = store.observe(
      () => this.#look(),
      () => this.end({ reason: 'disconnected', error: disconnected() }),
    );
    this.#look();
  }

  close(): void {
    this.end({ reason: 'closed', error: undefined });
  }

  end(end: WatchEnd): void {
    if (this.#lifecycle.move('ended')) this.#resolveEnded(end);
  }

  #look(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#lifecycle.state === 'watching') this.#deliver();
    });
  }

  #deliver(): void {
    const changes = this.#store.changesAfter(this.#after, this.#prefix);
    if (changes === undefined) {
      const message = `the changes after revision ${this.#after} are no longer known`;
      return this.end({ reason: 'compacted', error: unavailable(message, 'not-sent') });
    }
    for (const change of changes) {
      if (this.#lifecycle.state === 'ended') return;
      this.#after = change.revision;
      try {
        this.#on(change);
      } catch (error) {
        throwUncaught(error);
      }
    }
  }
}

export function disconnected(): Error {
  return unavailable('the connection to the registry in memory has ended', 'not-sent');
}
