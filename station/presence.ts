import type { ServerInfo } from '../lib/server-info.js';

/** Why routers choose a server last: the server announced that it stops, or its registry has lost it. */
export type Presence = 'draining' | 'lost';

/** The servers of a type that are chosen first, and the list that they were taken from. */
interface Preferred {
  readonly of: readonly ServerInfo[];
  readonly servers: readonly ServerInfo[];
}

const NONE: ReadonlyMap<string, Presence> = new Map();

/**
 * The order in which routers turn to servers that leave: to those that neither drain nor are lost; where there are none, to
 * those that drain; and to lost ones last.
 */
export class Presences {
  #byId = NONE;
  /** By type; made anew when the servers of the type, or any presence, have changed. */
  readonly #preferred = new Map<string, Preferred>();

  /** Sets all servers that are chosen last, by id. */
  replace(byId: ReadonlyMap<string, Presence>): void {
    this.#byId = byId;
    this.#preferred.clear();
  }

  /** The servers of the list that are chosen first; the same array as long as nothing changes. */
  preferred(serverType: string, all: readonly ServerInfo[]): readonly ServerInfo[] {
    if (this.#byId.size === 0) return all;
    const known = this.#preferred.get(serverType);
    if (known?.of === all) return known.servers;
    const first = this.#only(all, undefined) ?? this.#only(all, 'draining') ?? all;
    const servers = first.length === all.length ? all : Object.freeze(first);
    this.#preferred.set(serverType, { of: all, servers });
    return servers;
  }

  /** Undefined where no server has this presence. */
  #only(all: readonly ServerInfo[], presence: Presence | undefined): readonly ServerInfo[] | undefined {
    const found = all.filter(({ id }) => this.#byId.get(id) === presence);
    return found.length === 0 ? undefined : found;
  }
}
