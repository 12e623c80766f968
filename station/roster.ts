import { groupBy, isEqual } from '../lib/compare.js';
import type { HostTransport } from '../lib/endpoint-forms.js';
import { messageOf } from '../lib/errors.js';
import { getOrMake } from '../lib/maps.js';
import type { ServerEntry, ServerInfo } from '../lib/server-info.js';
import { readAnyEntry, readEntry, Uncallable, withTransport } from './roster-entry.js';

const NONE: readonly ServerInfo[] = Object.freeze([]);

/** Change of one server's entry. */
export interface RosterChange {
  readonly id: string;
  readonly kind: 'added' | 'replaced' | 'removed';
  /** The entry that is gone. */
  readonly old: ServerInfo | undefined;
  /** The entry that is new. */
  readonly now: ServerInfo | undefined;
}

/** How a roster reads its entries. */
export interface RosterOptions {
  /** In a list, an entry that does not fit is an entry of a server that cannot be called, as in pomelo-rpc. @default false */
  readonly takesAll?: boolean;
  /** Transport of entries that name none. @default that of an entry, 'tcp' */
  readonly transport?: HostTransport | undefined;
  /** Notified of each entry that was left out, or is not callable, once as long as the entry stays the same. */
  readonly onUncallable?: (server: Uncallable | string) => void;
  /** Notified of each weight that was left out, once for the same weight of a server. Only with {@link takesAll}. */
  readonly onWeight?: (why: string) => void;
}

/**
 * The servers that are known, by id and by type, in the order in which they were added.
 *
 * What it hands out are snapshots: frozen, and a new array whenever a type's membership has changed, so that routers
 * may keep what they derive from one.
 */
export class Roster {
  readonly #byId = new Map<string, ServerInfo>();
  readonly #byType = new Map<string, Map<string, ServerInfo>>();
  readonly #snapshots = new Map<string, readonly ServerInfo[]>();
  /** Servers that are known and cannot be called, by id. */
  readonly #uncallable = new Map<string, Uncallable>();
  /** Frozen entries that were given, as they were read. */
  readonly #frozen = new WeakMap<ServerEntry, ServerInfo | Uncallable>();
  readonly #takesAll: boolean;
  readonly #transport: HostTransport | undefined;
  readonly #onUncallable: (server: Uncallable | string) => void;
  readonly #onWeight: (why: string) => void;
  /** Reasons that were reported. A program for pomelo gives the same list again and again. */
  readonly #reported = new Set<string>();

  constructor({ takesAll = false, transport, onUncallable = () => {}, onWeight = () => {} }: RosterOptions = {}) {
    this.#takesAll = takesAll;
    this.#transport = transport;
    this.#onUncallable = onUncallable;
    this.#onWeight = onWeight;
  }

  get(id: string): ServerInfo | undefined {
    return this.#byId.get(id);
  }

  /** Ids of the servers that can be called. */
  ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  ofType(serverType: string): readonly ServerInfo[] {
    const known = this.#snapshots.get(serverType);
    if (known !== undefined) return known;
    const servers = this.#byType.get(serverType);
    if (servers === undefined) return NONE;
    // Made when asked for, and not at each change: adding 10,000 servers one by one copies nothing.
    const snapshot = Object.freeze([...servers.values()]);
    this.#snapshots.set(serverType, snapshot);
    return snapshot;
  }

  /** Types of the servers that can be called, without that of servers that have none. */
  types(): readonly string[] {
    return [...this.#byType.keys()].filter((type) => type !== '');
  }

  /** Servers that can be called. */
  all(): readonly ServerInfo[] {
    return [...this.#byId.values()];
  }

  /** Entries of all servers, also of those that cannot be called. */
  entries(): readonly ServerEntry[] {
    return [...this.#byId.values(), ...[...this.#uncallable.values()].map(({ entry }) => entry)];
  }

  /** A known server that cannot be called; undefined for any other id. */
  uncallable(id: string): Uncallable | undefined {
    return this.#uncallable.get(id);
  }

  /** The first server of a type that cannot be called. */
  uncallableOfType(serverType: string): Uncallable | undefined {
    return [...this.#uncallable.values()].find(({ entry }) => entry.serverType === serverType);
  }

  /** Undefined when the same entry is there already. Throws on an entry that is none. */
  add(given: ServerEntry): RosterChange | undefined {
    return this.#take(readEntry(withTransport(given, this.#transport)));
  }

  /** Reads all before it adds any. Throws on an entry that is none, unless the roster takes all. */
  addAll(given: readonly ServerEntry[]): RosterChange[] {
    const read = this.#readAll(given);
    return read.map((server) => this.#take(server)).filter((change) => change !== undefined);
  }

  remove(id: string): RosterChange | undefined {
    this.#uncallable.delete(id);
    const old = this.#byId.get(id);
    if (old === undefined) return undefined;
    this.#drop(old);
    return { id, kind: 'removed', old, now: undefined };
  }

  /**
   * Makes the roster hold exactly these, in their order, so that all who were given one list route alike. What stays
   * the same is not touched. Reads all before it changes any.
   */
  replace(given: readonly ServerEntry[]): RosterChange[] {
    const wanted = new Map(this.#readAll(given).map((server) => [server.id, server]));
    const known = [...this.#byId.keys(), ...this.#uncallable.keys()];
    const removed = known.filter((id) => !wanted.has(id)).map((id) => this.remove(id));
    const added = [...wanted.values()].map((server) => this.#take(server));
    this.#sort([...wanted.keys()]);
    return [...removed, ...added].filter((change) => change !== undefined);
  }

  #readAll(given: readonly ServerEntry[]): (ServerInfo | Uncallable)[] {
    if (!this.#takesAll) return given.map((entry) => this.#read(entry));
    return given.flatMap((entry) => {
      try {
        return [readAnyEntry(withTransport(entry, this.#transport), ({ message }) => this.#reportWeight(message))];
      } catch (error) {
        this.#onUncallable(messageOf(error)); // there is no id to know the server by
        return [];
      }
    });
  }

  /** A source gives the same frozen entries in each of its lists. Reading 500 of them anew costs tens of milliseconds. */
  #read(entry: ServerEntry): ServerInfo | Uncallable {
    if (!Object.isFrozen(entry)) return readEntry(withTransport(entry, this.#transport));
    return getOrMake(this.#frozen, entry, () => readEntry(withTransport(entry, this.#transport)));
  }

  #reportWeight(why: string): void {
    if (this.#reported.has(why)) return;
    this.#reported.add(why);
    this.#onWeight(why);
  }

  #take(read: ServerInfo | Uncallable): RosterChange | undefined {
    if (!(read instanceof Uncallable)) {
      this.#uncallable.delete(read.id);
      return this.#put(read);
    }
    const known = this.#uncallable.get(read.id);
    if (known !== undefined && isEqual(known.entry, read.entry)) return undefined;
    const change = this.remove(read.id);
    this.#uncallable.set(read.id, read);
    this.#onUncallable(read);
    return change;
  }

  #sort(ids: readonly string[]): void {
    const servers = ids.map((id) => this.#byId.get(id)).filter((server) => server !== undefined);
    for (const [serverType, ofType] of Object.entries(groupBy(servers, 'serverType'))) {
      const isSorted = isEqual(
        [...(this.#byType.get(serverType)?.keys() ?? [])],
        ofType.map(({ id }) => id),
      );
      if (isSorted) continue;
      this.#byType.set(serverType, new Map(ofType.map((server) => [server.id, server])));
      this.#snapshots.delete(serverType);
    }
  }

  #put(now: ServerInfo): RosterChange | undefined {
    const old = this.#byId.get(now.id);
    if (old !== undefined) {
      if (old === now || isEqual(old, now)) return undefined;
      if (old.serverType !== now.serverType) this.#drop(old);
    }
    this.#byId.set(now.id, now);
    getOrMake(this.#byType, now.serverType, () => new Map()).set(now.id, now);
    this.#snapshots.delete(now.serverType);
    return { id: now.id, kind: old === undefined ? 'added' : 'replaced', old, now };
  }

  #drop({ id, serverType }: ServerInfo): void {
    this.#byId.delete(id);
    const ofType = this.#byType.get(serverType);
    ofType?.delete(id);
    if (ofType?.size === 0) this.#byType.delete(serverType);
    this.#snapshots.delete(serverType);
  }
}
