import type { ServerEntry, ServerInfo } from '../../lib/server-info.js';
import { isEqual } from '../lib/compare.js';
import { readEntry } from './roster-entry.js';

/** Change of one server's entry. `old` is the entry that is gone, and `now` the entry that is new. */
export interface RosterChange {
  readonly id: string;
  readonly old: ServerInfo | undefined;
  readonly now: ServerInfo | undefined;
}

/** The servers that are known, in the order in which they were added. Lists that it hands out are frozen. */
export class Roster {
  #byId: ReadonlyMap<string, ServerInfo> = new Map();
  /** Lists of {@link ofType} since the last change, so that routers may keep what they derive from one. */
  #lists = new Map<string, readonly ServerInfo[]>();

  get(id: string): ServerInfo | undefined {
    return this.#byId.get(id);
  }

  /** Ids of all servers. */
  ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  all(): readonly ServerInfo[] {
    return [...this.#byId.values()];
  }

  types(): readonly string[] {
    return [...new Set(this.all().map(({ serverType }) => serverType))];
  }

  ofType(serverType: string): readonly ServerInfo[] {
    let list = this.#lists.get(serverType);
    if (list === undefined) {
      list = Object.freeze(this.all().filter((server) => server.serverType === serverType));
      this.#lists.set(serverType, list);
    }
    return list;
  }

  /** A page knows no servers that cannot be called. */
  uncallable(_id: string): undefined {
    return undefined;
  }

  /** Reads all before it adds any. Throws on an entry that is none. */
  addAll(given: readonly ServerEntry[]): readonly RosterChange[] {
    return this.#become(new Map([...this.#byId, ...read(given)]));
  }

  remove(id: string): readonly RosterChange[] {
    return this.#become(new Map([...this.#byId].filter(([known]) => known !== id)));
  }

  /** Makes the roster hold exactly these, in their order. What stays the same is not touched. */
  replace(given: readonly ServerEntry[]): readonly RosterChange[] {
    return this.#become(new Map(read(given)));
  }

  #become(wanted: ReadonlyMap<string, ServerInfo>): readonly RosterChange[] {
    const before = this.#byId;
    const changes: RosterChange[] = [];
    for (const [id, old] of before) if (!wanted.has(id)) changes.push({ id, old, now: undefined });
    for (const [id, now] of wanted) if (!isEqual(before.get(id), now)) changes.push({ id, old: before.get(id), now });
    this.#byId = wanted;
    this.#lists = new Map();
    return changes;
  }
}

function read(given: readonly ServerEntry[]): [string, ServerInfo][] {
  return given.map(readEntry).map((server) => [server.id, server]);
}
