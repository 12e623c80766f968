import { delay } from '../timers.js';
import type { Change, Engine, Entry, Snapshot, Watching } from './engine.js';

/** Pause before the record is read again, so that many servers do not read at once. Unit: ms */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;

export interface WatchedRecord {
  readonly key: string;
  /** Id of the lease under which the record is. */
  readonly lease: string;
  /** Answer after which the watch begins. */
  readonly after: Snapshot;
}

/**
 * Watches the record of a server in the store. People, other servers and a store that was emptied can take a record away
 * while its lease lives. After the end of a watch, the record is read.
 */
export class RecordWatch {
  readonly #engine: Engine;
  readonly #record: WatchedRecord;
  readonly #onLost: (why: string) => void;
  readonly #closing = new AbortController();
  readonly #waiting = new Map<number, () => void>();
  #watching: Watching | undefined;
  /** Latest revision of the record that was seen. */
  #seen = 0;

  /** `onLost` is called once, with the reason in words, when the record is no longer the one under the lease. */
  constructor(engine: Engine, record: WatchedRecord, onLost: (why: string) => void) {
    this.#engine = engine;
    this.#record = record;
    this.#onLost = onLost;
    void this.#run(record.after);
  }

  /** Resolves when a change of the record with the revision was seen. */
  seen(revision: number): Promise<void> {
    if (this.#seen >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(revision, resolve));
  }

  close(): void {
    this.#closing.abort();
    this.#watching?.close();
  }

  async #run(first: Snapshot): Promise<void> {
    let after: Snapshot | undefined = first;
    while (after !== undefined && !this.#closing.signal.aborted) {
      this.#watching = this.#engine.watch(this.#record.key, after, (change) => this.#onChange(change));
      await this.#watching.ended;
      after = await this.#readAgain();
    }
  }

  /** Undefined when the watch is over. */
  async #readAgain(): Promise<Snapshot | undefined> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await delay(RETRY_MS + Math.random() * RETRY_JITTER_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        const snapshot = await this.#engine.list(this.#record.key);
        this.#look(snapshot.entries.find(({ key }) => key === this.#record.key));
        return snapshot;
      } catch {
        // Away: the lease says for how long the record can be relied on.
      }
    }
    return undefined;
  }

  #onChange({ events }: Change): void {
    for (const event of events) {
      if (event.type === 'delete' && event.key === this.#record.key) this.#look(undefined);
      if (event.type === 'put' && event.entry.key === this.#record.key) this.#look(event.entry);
    }
  }

  #look(entry: Entry | undefined): void {
    if (this.#closing.signal.aborted) return;
    if (entry?.lease === this.#record.lease) {
      this.#seen = entry.modified;
      for (const [revision, resolve] of this.#waiting) if (revision <= entry.modified) resolve();
      return;
    }
    const why = entry === undefined ? 'its record was removed' : 'its record was replaced by another one';
    this.close();
    this.#onLost(why);
  }
}
