import { randomBytes } from 'node:crypto';
import { clearTimeout, setTimeout } from '../../timers.js';
import type { Change, ChangeEvent, Commit, Condition, Entry, Operation, Snapshot } from '../engine.js';
import { leaseLost } from '../engine-errors.js';

/** Changes that are kept for watches that begin in the past. */
const MAX_HISTORY = 10_000;

/** Answers, before an engine says by which connection they came. */
export type StoreSnapshot = Omit<Snapshot, 'connection'>;
export type StoreCommit = Omit<Commit, 'connection'>;

interface StoredLease {
  readonly ttl: number;
  readonly keys: Set<string>;
  timer: NodeJS.Timeout;
}

/**
 * Keys, leases and revisions in the memory of this process, as etcd has them. Engines are opened on a store, see
 * {@link MemoryEngine}: several of them on one store are what several processes are on one etcd.
 */
export class MemoryStore {
  #id = randomId();
  #revision = 1;
  #compacted = 0;
  #history: Change[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #leases = new Map<string, StoredLease>();
  readonly #onChange = new Set<() => void>();
  readonly #onRestart = new Set<() => void>();

  get id(): string {
    return this.#id;
  }

  get revision(): number {
    return this.#revision;
  }

  grant(ttl: number): string {
    const id = randomId();
    this.#leases.set(id, { ttl, keys: new Set(), timer: this.#expire(id, ttl) });
    return id;
  }

  /** Returns false where there is no such lease. */
  renew(id: string): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    clearTimeout(lease.timer);
    lease.timer = this.#expire(id, lease.ttl);
    return true;
  }

  /** Removes the lease with its keys, at one revision. */
  revoke(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    clearTimeout(lease.timer);
    this.#leases.delete(id);
    this.#run([...lease.keys].map((key) => ({ type: 'delete', key })));
  }

  list(prefix: string): StoreSnapshot {
    return { store: this.#id, revision: this.#revision, entries: this.#below(prefix) };
  }

  commit(when: readonly Condition[], then: readonly Operation[], otherwise: readonly Operation[]): StoreCommit {
    const done = when.every((condition) => this.#holds(condition));
    const operations = done ? then : otherwise;
    for (const operation of operations) {
      if (operation.type !== 'put' || operation.lease === undefined) continue;
      if (!this.#leases.has(operation.lease.id)) throw leaseLost(operation.lease.id);
    }
    const entries = this.#run(operations);
    return { store: this.#id, revision: this.#revision, done, entries };
  }

  /** Changes after the revision, each with the events below the prefix; undefined where they are no longer known. */
  changesAfter(revision: number, prefix: string): Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#history
      .filter((change) => change.revision > revision)
      .map((change) => ({ ...change, events: change.events.filter((event) => keyOf(event).startsWith(prefix)) }))
      .filter(({ events }) => events.length > 0);
  }

  /** Calls `changed` after each change, and `restarted` when connections break. Returns the function that ends both. */
  observe(changed: () => void, restarted: () => void): () => void {
    this.#onChange.add(changed);
    this.#onRestart.add(restarted);
    return () => {
      this.#onChange.delete(changed);
      this.#onRestart.delete(restarted);
    };
  }

  /** Forgets the changes so far, as etcd does in the course of time. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#history = [];
  }

  /** Empties the store, as if etcd was started with an empty disk. */
  wipe(): void {
    for (const { timer } of this.#leases.values()) clearTimeout(timer);
    this.#leases.clear();
    this.#entries.clear();
    this.#history = [];
    this.#compacted = 0;
    this.#revision = 1;
    this.#id = randomId();
    this.restart();
  }

  /** Ends the connections of all engines, as a restart of etcd does. */
  restart(): void {
    for (const restarted of [...this.#onRestart]) restarted();
  }

  #expire(id: string, ttl: number): NodeJS.Timeout {
    return setTimeout(() => this.revoke(id), ttl).unref();
  }

  #holds(condition: Condition): boolean {
    const entry = this.#entries.get(condition.key);
    return 'created' in condition
      ? (entry?.created ?? 0) === condition.created
      : (entry?.modified ?? 0) === condition.modified;
  }

  #below(prefix: string): Entry[] {
    return [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }

  /** Does the operations in order, and all changes at one revision. Returns what was read. */
  #run(operations: readonly Operation[]): Entry[] {
    const revision = this.#revision + 1;
    const events: ChangeEvent[] = [];
    const entries: Entry[] = [];
    for (const operation of operations) {
      if (operation.type === 'put') events.push(this.#put(operation, revision));
      else if (operation.type === 'delete') events.push(...this.#delete(operation.key));
      else entries.push(...this.#read(operation));
    }
    if (events.length > 0) this.#changed({ revision, events });
    return entries;
  }

  #changed(change: Change): void {
    this.#revision = change.revision;
    this.#history.push(change);
    if (this.#history.length > MAX_HISTORY) this.#compacted = this.#history.shift()?.revision ?? 0;
    for (const changed of [...this.#onChange]) changed();
  }

  #read(operation: Operation & { type: 'get' | 'list' }): readonly Entry[] {
    if (operation.type === 'list') return this.#below(operation.prefix);
    const entry = this.#entries.get(operation.key);
    return entry === undefined ? [] : [entry];
  }

  #put({ key, value, lease }: Operation & { type: 'put' }, revision: number): ChangeEvent {
    const before = this.#entries.get(key);
    if (before?.lease !== undefined) this.#leases.get(before.lease)?.keys.delete(key);
    if (lease !== undefined) this.#leases.get(lease.id)?.keys.add(key);
    const entry = { key, value, created: before?.created ?? revision, modified: revision, lease: lease?.id };
    this.#entries.set(key, entry);
    return { type: 'put', entry };
  }

  #delete(key: string): ChangeEvent[] {
    const before = this.#entries.get(key);
    if (before === undefined) return [];
    if (before.lease !== undefined) this.#leases.get(before.lease)?.keys.delete(key);
    this.#entries.delete(key);
    return [{ type: 'delete', key }];
  }
}

function keyOf(event: ChangeEvent): string {
  return event.type === 'put' ? event.entry.key : event.key;
}

function randomId(): string {
  return randomBytes(8).toString('hex');
}
