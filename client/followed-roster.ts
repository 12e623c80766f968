import type { Logger } from '../lib/diagnostics.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import type { RosterReport } from '../lib/registry/roster-report.js';
import type { RosterSource } from '../lib/registry/roster-source.js';
import type { RosterState } from '../lib/registry/roster-state.js';
import type { ServerEntry } from '../lib/server-info.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import type { Presence } from '../station/index.js';
import { FollowedSource } from './followed-source.js';

/** The mail station, as far as its servers follow a source. */
export interface FollowedStation {
  entries(): readonly ServerEntry[];
  replaceServers(servers: readonly ServerEntry[]): void;
  setPresences(byId: ReadonlyMap<string, Presence>): void;
  isConnected(serverId: string): boolean;
}

export interface FollowedRosterOptions {
  readonly sources: readonly RosterSource[];
  readonly logger: Logger;
  /** Longest wait for the first list of each source. Unit: ms */
  readonly timeout: number;
  /** Called at each move of the list of a source. */
  onMove(source: string, to: RosterState, reason: RpcError | undefined): void;
}

/** The wait of a start for the first lists. */
interface Waiting {
  resolve(): void;
  reject(reason: RpcError): void;
}

/**
 * Makes the servers of a station those of its sources, beside the servers that the user has added. All clients that follow one
 * source have its servers in the same order, by their ids, so that keyed routers of all clients choose alike.
 */
export class FollowedRoster {
  readonly #sources: readonly FollowedSource[];
  readonly #station: FollowedStation;
  readonly #timeout: number;
  /** Ids of the servers that came from the sources. */
  #followed: ReadonlySet<string> = new Set();
  #waiting: Waiting | undefined;

  constructor(station: FollowedStation, { sources, logger, timeout, onMove }: FollowedRosterOptions) {
    this.#station = station;
    this.#timeout = timeout;
    const handler = {
      onChange: () => this.#apply(),
      isConnected: (id: string) => station.isConnected(id),
      onRefused: ({ description }: FollowedSource, reason: RpcError) =>
        this.#waiting?.reject(refused(description, reason)),
      onMove: (source: string, to: RosterState, reason: RpcError | undefined) => {
        this.#endWait();
        onMove(source, to, reason);
      },
    };
    this.#sources = sources.map((source) => new FollowedSource(source, handler, logger));
  }

  get reports(): readonly RosterReport[] {
    return this.#sources.map(({ report }) => report);
  }

  /** Each source with its list, in words. */
  get words(): readonly string[] {
    return this.#sources.map(({ words }) => words);
  }

  /**
   * Follows the sources. Resolves when each has given a list. Rejects with {@link RpcCode.Registry} where one has not within the
   * time, and with {@link RpcCode.Closed} after {@link FollowedRoster.close}.
   */
  async start(): Promise<void> {
    const first = new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    const late = setTimeout(() => this.#waiting?.reject(this.#noList()), this.#timeout);
    try {
      for (const source of this.#sources) source.follow();
      this.#endWait();
      await first;
    } finally {
      clearTimeout(late);
      this.#waiting = undefined;
    }
  }

  /** The connection to a server has ended. */
  onDisconnected(serverId: string): void {
    for (const source of this.#sources) source.onDisconnected(serverId);
  }

  close(): void {
    for (const source of this.#sources) source.close();
    this.#waiting?.reject(new RpcError(RpcCode.Closed, 'the client was stopped while it waited for a list of servers'));
  }

  #endWait(): void {
    if (this.#sources.every(({ state }) => state === 'current' || state === 'stale')) this.#waiting?.resolve();
  }

  #apply(): void {
    const wanted = new Map<string, ServerEntry>();
    const presences = new Map<string, Presence>();
    const take = (
      servers: ReadonlyMap<string, ServerEntry>,
      presenceOf: (id: string) => Presence | undefined,
    ): void => {
      for (const [id, server] of servers) {
        if (wanted.has(id)) continue;
        wanted.set(id, server);
        const presence = presenceOf(id);
        if (presence !== undefined) presences.set(id, presence);
      }
    };
    for (const { servers, draining } of this.#sources)
      take(servers, (id) => (draining.has(id) ? 'draining' : undefined));
    for (const { lost } of this.#sources) take(lost, () => 'lost');
    const others = this.#station.entries().filter(({ id }) => !wanted.has(id) && !this.#followed.has(id));
    const followed = [...wanted.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#station.replaceServers([...others, ...followed]);
    this.#followed = new Set(wanted.keys());
    this.#station.setPresences(presences);
  }

  #noList(): RpcError {
    const waiting = this.#sources.filter(({ state }) => state === 'waiting');
    const reasons = waiting.map(({ description, obstacle }) => `${description}: ${obstacle}`);
    const message = `the client cannot start, since no list of servers came within ${this.#timeout} ms: ${reasons.join('; ')}`;
    return new RpcError(RpcCode.Registry, message, { cause: waiting[0]?.reason });
  }
}

function refused(description: string, cause: RpcError): RpcError {
  return new RpcError(cause.code, `the client cannot start: ${description}: ${cause.message}`, { cause });
}
