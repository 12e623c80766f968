import { quoted } from '../quoted.js';
import type { ServerEntry } from '../server-info.js';
import type { Change, Entry, Snapshot } from './engine.js';
import { entryOf, type NodeRecord, readRecord } from './record.js';
import type { RosterList } from './roster-source.js';

/** A key of the store: its record, or the last record that could be read. */
interface Node {
  /** Revision of the entry that was read. */
  readonly modified: number;
  /** Undefined where no record could be read under the key yet. */
  readonly record: NodeRecord | undefined;
  /** Entry of the record in the rosters of clients: the same object in each list, so that clients need not read it again. */
  readonly entry: ServerEntry | undefined;
}

/**
 * The records of all servers, as the store has them. A record that cannot be read leaves the last one of its key in place, and is
 * reported once.
 */
export class NodeList {
  readonly #maxServers: number;
  readonly #report: (line: string) => void;
  #nodes = new Map<string, Node>();
  /** Records of a store that was emptied, until their servers have had time to register in the new one. */
  #carried = new Map<string, Node>();
  #store: string | undefined;
  /** Keys that are in the list, so that a list that is full keeps what it has. */
  #listed: ReadonlySet<string> = new Set();
  #isFull = false;
  /** Keys whose ids another key has, and that were reported. */
  readonly #doubled = new Set<string>();

  constructor(maxServers: number, report: (line: string) => void) {
    this.#maxServers = maxServers;
    this.#report = report;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Takes what the store has. Returns true where the store is another one than before, and records of the old one are carried on. */
  replace({ store, entries }: Snapshot): boolean {
    const last = this.#nodes;
    const isOther = this.#store !== undefined && this.#store !== store;
    this.#store = store;
    this.#nodes = new Map();
    for (const entry of entries) this.#take(entry, isOther ? undefined : last.get(entry.key), last.get(entry.key));
    if (isOther)
      this.#carried = new Map(
        [...this.#carried, ...last].filter(([key, { record }]) => !this.#nodes.has(key) && record?.state === 'ready'),
      );
    return isOther && this.#carried.size > 0;
  }

  apply({ events }: Change): void {
    for (const event of events) {
      if (event.type === 'delete') this.#nodes.delete(event.key);
      else this.#take(event.entry, undefined, this.#nodes.get(event.entry.key));
    }
  }

  /** Forgets the records of the old store. Returns false where there were none. */
  dropCarried(): boolean {
    const had = this.#carried.size > 0;
    this.#carried = new Map();
    return had;
  }

  list(): RosterList {
    const servers = new Map<string, Node>();
    const keys = new Set<string>();
    for (const [key, node] of this.#ordered()) {
      const { record } = node;
      if (record === undefined) continue;
      if (servers.has(record.id)) {
        this.#reportDouble(key, record);
        continue;
      }
      if (servers.size >= this.#maxServers) {
        this.#reportFull();
        break;
      }
      servers.set(record.id, node);
      keys.add(key);
    }
    if (servers.size < this.#maxServers) this.#isFull = false;
    this.#listed = keys;
    const entries = [...servers.values()].flatMap(({ entry }) => entry ?? []);
    const draining = new Set([...servers].filter(([, { record }]) => record?.state === 'draining').map(([id]) => id));
    return { servers: entries, draining };
  }

  /** Servers that were in the last list come first, so that a full list loses none of them. */
  #ordered(): [string, Node][] {
    const all = [...this.#nodes, ...[...this.#carried].filter(([key]) => !this.#nodes.has(key))];
    if (all.length <= this.#maxServers) return all;
    return [...all.filter(([key]) => this.#listed.has(key)), ...all.filter(([key]) => !this.#listed.has(key))];
  }

  /** `same`: the node that was read of the key, where the revisions can be compared. `last`: the node to fall back on. */
  #take({ key, value, modified }: Entry, same: Node | undefined, last: Node | undefined): void {
    if (same?.modified === modified) {
      this.#nodes.set(key, same);
      return;
    }
    const read = readRecord(key, value);
    if (typeof read === 'string') {
      const stays = last?.record === undefined ? 'is left out' : 'keeps its last record';
      this.#report(`the value of the key ${quoted(key)} ${read}: the server ${stays}`);
    }
    const record = typeof read === 'string' ? last?.record : read;
    this.#nodes.set(key, { modified, record, entry: record && Object.freeze(entryOf(record)) });
  }

  #reportDouble(key: string, { id }: NodeRecord): void {
    if (this.#doubled.has(key)) return;
    this.#doubled.add(key);
    this.#report(
      `two servers have the id ${quoted(id)}, and an id is unique over all types: that of the key ${quoted(key)} is left out`,
    );
  }

  #reportFull(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#report(
      `${this.#nodes.size} servers are registered, and maxServers is ${this.#maxServers}: the others are left out`,
    );
  }
}
