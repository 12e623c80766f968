import { getOrMake } from '../lib/maps.js';
import type { RosterView } from '../lib/roster-view.js';

/** Calls for which no server can be reached wait here, and are woken when one of their type may be. */
export class Reachability {
  readonly #roster: RosterView;
  /** By server type, in the order in which they came. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Failure of the last attempt to connect to a server, where the roster has them: see {@link RosterView.lastFailure}. */
  readonly lastFailure: RosterView['lastFailure'];

  constructor(roster: RosterView) {
    this.lastFailure = roster.lastFailure;
    this.#roster = roster;
    roster.onReachable((serverId) => this.#changed(serverId));
  }

  /** Number of servers of the type beside those that were tried. */
  untried(serverType: string, tried: ReadonlySet<string>): number {
    const servers = this.#roster.servers(serverType);
    return tried.size === 0 ? servers.length : servers.filter(({ id }) => !tried.has(id)).length;
  }

  /** True when at least one of these servers has a connection. */
  isAnyConnected(serverIds: ReadonlySet<string>): boolean {
    return [...serverIds].some((id) => this.#roster.isConnected(id));
  }

  /** Calls `wake` once, when a server of the type was added or its connection was made. Returns how to stop waiting. */
  whenChanged(serverType: string, wake: () => void): () => void {
    const waiting = getOrMake(this.#waiting, serverType, () => new Set<() => void>());
    waiting.add(wake);
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(serverType) === waiting) this.#waiting.delete(serverType);
    };
  }

  #changed(id: string): void {
    for (const [serverType, waiting] of [...this.#waiting]) {
      if (!this.#roster.servers(serverType).some((server) => server.id === id)) continue;
      this.#waiting.delete(serverType); // a call that has to go on waiting registers anew
      for (const wake of waiting) wake();
    }
  }
}
