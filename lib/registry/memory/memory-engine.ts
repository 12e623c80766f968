import { randomBytes } from 'node:crypto';
import type { Delivery } from '../../errors.js';
import { clearTimeout, delay, setImmediate, setTimeout } from '../../timers.js';
import { checkCommit } from '../check-commit.js';
import { type Clock, systemClock } from '../clock.js';
import {
  CALL_DEADLINE_MS,
  type Change,
  type Commit,
  type Condition,
  type EngineState,
  type Granted,
  type Lease,
  type Operation,
  type OwnEngine,
  type Snapshot,
  type Watching,
} from '../engine.js';
import { engineClosed, unavailable } from '../engine-errors.js';
import { HeldLeases } from '../held-leases.js';
import { News } from '../news.js';
import { MemoryStore, type StoreSnapshot } from './memory-store.js';
import { disconnected, MemoryWatch } from './memory-watch.js';

/**
 * - `open`: calls reach the store, and answers come back.
 * - `cut`: the connection ends, and none can be made.
 * - `swallowed`: calls do not arrive, and nothing ends.
 * - `no-answers`: calls arrive and are done; answers are lost.
 */
export type MemoryLink = 'open' | 'cut' | 'swallowed' | 'no-answers';

const ENDPOINT = 'memory';
/** A link without answers is noticed after this time, as the pulse of a real connection does. */
const PULSE_MS = 1_000;

/** {@link OwnEngine} on a {@link MemoryStore}: for tests, and for programs of one process. */
export class MemoryEngine implements OwnEngine {
  readonly #store: MemoryStore;
  readonly #clock: Clock;
  readonly #leases: HeldLeases;
  readonly #watches = new Set<MemoryWatch>();
  readonly #news = new News();
  readonly #stopObserving: () => void;
  readonly #waiting: (() => void)[] = [];
  #link: MemoryLink = 'open';
  #since: number;
  #pulse: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Id of the connection of now: a watch begins only after an answer that came by it. */
  #connection = newConnection();

  constructor(store: MemoryStore = new MemoryStore(), clock: Clock = systemClock) {
    this.#store = store;
    this.#clock = clock;
    this.#since = clock.now();
    this.#leases = new HeldLeases(this, clock);
    this.#stopObserving = store.observe(
      () => {},
      () => this.#disconnect(),
    );
  }

  get state(): EngineState {
    const connected = !this.#isClosed && this.#link !== 'cut';
    const obstacle = connected ? undefined : this.#isClosed ? 'the registry was closed' : 'the connection is cut';
    return { connected, endpoint: ENDPOINT, since: this.#since, store: this.#store.id, obstacle };
  }

  /** State of the connection to the store. Tests set it to what they want to see survived. */
  get link(): MemoryLink {
    return this.#link;
  }

  set link(link: MemoryLink) {
    if (link === this.#link) return;
    this.#link = link;
    this.#since = this.#clock.now();
    this.#news.tell();
    clearTimeout(this.#pulse);
    if (link === 'cut') this.#disconnect();
    else this.#wakeWaiting();
    if (link === 'swallowed' || link === 'no-answers')
      this.#pulse = setTimeout(() => this.#disconnect(), PULSE_MS).unref();
  }

  changed(): Promise<void> {
    return this.#news.next();
  }

  lease(ttl: number): Promise<Lease> {
    return this.#leases.take(ttl);
  }

  async grant(ttl: number): Promise<Granted> {
    const sentAt = this.#clock.now();
    const id = await this.#call(CALL_DEADLINE_MS, () => this.#store.grant(ttl));
    return { id, ttl, sentAt };
  }

  renew(id: string, timeout: number): Promise<boolean> {
    return this.#call(timeout, () => this.#store.renew(id));
  }

  revoke(id: string): Promise<void> {
    return this.#call(CALL_DEADLINE_MS, () => this.#store.revoke(id));
  }

  list(prefix: string): Promise<Snapshot> {
    return this.#answer(() => this.#store.list(prefix));
  }

  async commit(
    when: readonly Condition[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [],
  ): Promise<Commit> {
    checkCommit(when, then, otherwise);
    return this.#answer(() => this.#store.commit(when, then, otherwise));
  }

  watch(prefix: string, after: Snapshot, on: (change: Change) => void): Watching {
    const watch = new MemoryWatch(this.#store, prefix, after.revision, on);
    if (this.#isClosed) watch.close();
    else if (after.connection !== this.#connection) watch.end({ reason: 'disconnected', error: disconnected() });
    this.#watches.add(watch);
    void watch.ended.then(() => this.#watches.delete(watch));
    return watch;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#since = this.#clock.now();
    clearTimeout(this.#pulse);
    this.#stopObserving();
    this.#wakeWaiting();
    this.#news.tell();
    this.#leases.close();
    for (const watch of this.#watches) watch.close();
  }

  #answer<T extends StoreSnapshot>(work: () => T): Promise<T & Pick<Snapshot, 'connection'>> {
    return this.#call(CALL_DEADLINE_MS, () => ({ ...work(), connection: this.#connection }));
  }

  /** Does the work at the store, in a turn of its own, or rejects as the link wants it. */
  async #call<T>(timeout: number, work: () => T): Promise<T> {
    await turn();
    if (this.#link === 'cut') await this.#opened(timeout);
    if (this.#isClosed) throw engineClosed();
    if (this.#link === 'cut') throw noAnswer(timeout, 'not-sent');
    if (this.#link === 'open') {
      const result = work();
      await turn();
      return result;
    }
    if (this.#link === 'no-answers') work();
    await delay(timeout, undefined, { ref: false });
    if (this.#isClosed) throw engineClosed();
    throw noAnswer(timeout, 'unknown');
  }

  /** Resolves when the link is no longer cut, or when the time is over. */
  #opened(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(), timeout).unref();
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #disconnect(): void {
    this.#connection = newConnection();
    this.#news.tell();
    for (const watch of this.#watches) watch.end({ reason: 'disconnected', error: disconnected() });
  }
}

function newConnection(): string {
  return randomBytes(8).toString('hex');
}

function noAnswer(timeout: number, delivery: Delivery): Error {
  return unavailable(`the registry in memory did not answer within ${timeout} ms`, delivery);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
