import { outsideContexts } from '../async-context.js';
import { delay } from '../timers.js';
import { announcedUrl } from './candidate-text.js';
import type { ElectedLeader, LeaderObserver, Observation } from './election.js';
import type { Entry, Snapshot } from './engine.js';
import { asRegistryError, mayPass } from './engine-errors.js';
import type { EngineUse, SharedEngine } from './shared-engine.js';

/** Pause before the candidates are read again, so that many observers do not read at once. Unit: ms */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;
/** Pause after a failure that no waiting mends, such as a refused password. Unit: ms */
const REFUSED_MS = 2_000;

/**
 * Follows who leads an election. The key that was made first is that of the Leader; only that key is watched, and everything is read again
 * after each change of it. While the registry is away, the last Leader stays.
 */
export class LeaderWatch implements Observation {
  readonly #prefix: string;
  readonly #observer: LeaderObserver;
  readonly #use: EngineUse;
  readonly #closing = new AbortController();

  constructor(engine: SharedEngine, prefix: string, observer: LeaderObserver) {
    this.#prefix = prefix;
    this.#observer = observer;
    this.#use = engine.use();
    outsideContexts(() => void this.#run());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#use.release();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let pause = RETRY_MS + Math.random() * RETRY_JITTER_MS;
      try {
        const snapshot = await this.#use.engine.list(this.#prefix);
        if (signal.aborted) return;
        const first = firstOf(snapshot);
        this.#observer.onLeader(first && leaderOf(first, snapshot));
        if (await this.#hasChanged(first, snapshot)) pause = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) pause += REFUSED_MS;
        this.#observer.onObstacle(asRegistryError(error));
      }
      if (pause > 0) await delay(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Resolves to true when the key of the Leader has changed, and to false when the watch is over. Without a Leader, any key counts. */
  async #hasChanged(first: Entry | undefined, after: Snapshot): Promise<boolean> {
    let wake = (_changed: boolean): void => {};
    const changed = new Promise<boolean>((resolve) => {
      wake = resolve;
    });
    const watching = this.#use.engine.watch(first?.key ?? this.#prefix, after, () => wake(true));
    const onClose = (): void => wake(false);
    this.#closing.signal.addEventListener('abort', onClose, { once: true });
    try {
      return await Promise.race([changed, watching.ended.then(() => false)]);
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose);
      watching.close();
    }
  }
}

function firstOf({ entries }: Snapshot): Entry | undefined {
  return entries.toSorted((one, other) => one.created - other.created)[0];
}

function leaderOf({ created, value }: Entry, { store }: Snapshot): ElectedLeader {
  return { term: Object.freeze({ store, revision: created }), url: announcedUrl(value) };
}
