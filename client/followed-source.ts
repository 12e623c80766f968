import type { Logger } from '../lib/diagnostics.js';
import type { RpcError } from '../lib/errors.js';
import { Lifecycle } from '../lib/lifecycle.js';
import { printable } from '../lib/quoted.js';
import type { RosterReport } from '../lib/registry/roster-report.js';
import type { RosterFollower, RosterFollowing, RosterList, RosterSource } from '../lib/registry/roster-source.js';
import { ROSTER_TRANSITIONS, type RosterState } from '../lib/registry/roster-state.js';
import type { ServerEntry } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';
import { LostServers } from './lost-servers.js';

/** Outages that are over sooner are not logged: a registry that restarts is back within about a second. */
const MIN_OUTAGE_MS = 1_000;

export interface FollowedSourceHandler {
  /** Called when the servers of the source have changed. Throws where one of them is out of shape. */
  onChange(): void;
  /** Called at each move of the list. */
  onMove(source: string, to: RosterState, reason: RpcError | undefined): void;
  /** Called when the source fails before the first list, for a reason that waiting does not mend. */
  onRefused(source: FollowedSource, reason: RpcError): void;
  /** True while there is a connection to the server. */
  isConnected(serverId: string): boolean;
}

/** A failure of the source that is not over. */
interface Outage {
  /** Time of `performance.now()`. Unit: ms */
  readonly since: number;
  readonly reason: RpcError;
  isLogged: boolean;
}

/** One source of a client, its last list, and the servers that have vanished from the list while their connections stand. */
export class FollowedSource implements RosterFollower {
  readonly logger: Logger;
  readonly #source: RosterSource;
  readonly #handler: FollowedSourceHandler;
  readonly #lifecycle = new Lifecycle<RosterState>('waiting', ROSTER_TRANSITIONS, (to, _from, reason) =>
    this.#handler.onMove(this.#source.description, to, reason as RpcError | undefined),
  );
  readonly #lost: LostServers;
  #servers: ReadonlyMap<string, ServerEntry> = new Map();
  #draining: ReadonlySet<string> = new Set();
  #following: RosterFollowing | undefined;
  #outage: Outage | undefined;

  constructor(source: RosterSource, handler: FollowedSourceHandler, logger: Logger) {
    this.#source = source;
    this.#handler = handler;
    this.logger = logger;
    this.#lost = new LostServers(() => handler.onChange());
  }

  get description(): string {
    return this.#source.description;
  }

  get state(): RosterState {
    return this.#lifecycle.state;
  }

  get reason(): RpcError | undefined {
    return this.#outage?.reason;
  }

  /** Why there is no list yet, in words. */
  get obstacle(): string {
    return this.reason?.message ?? this.#following?.obstacle ?? 'no answer';
  }

  get servers(): ReadonlyMap<string, ServerEntry> {
    return this.#servers;
  }

  get draining(): ReadonlySet<string> {
    return this.#draining;
  }

  get lost(): ReadonlyMap<string, ServerEntry> {
    return this.#lost.entries;
  }

  /** The source with its list, in the middle of a sentence: `etcd at http://etcd-1:2379, which has 3 servers`. */
  get words(): string {
    const { size } = this.#servers;
    const count = size === 1 ? '1 server' : `${size} servers`;
    if (this.state === 'current') return `${this.description}, which has ${count}`;
    if (this.state === 'waiting')
      return `${this.description}, which has given no list yet: ${printable(this.obstacle)}`;
    const seconds = (this.#age / 1_000).toFixed(1);
    return `${this.description}, whose list of ${count} is ${seconds} s old: ${printable(this.obstacle)}`;
  }

  get report(): RosterReport {
    return {
      source: this.description,
      state: this.state,
      age: this.#age,
      servers: [...this.#servers.keys()],
      draining: [...this.#draining],
      lost: [...this.lost.keys()],
      reason: this.reason,
    };
  }

  follow(): void {
    const following = this.#source.follow(this);
    if (this.state === 'closed') following.close();
    else this.#following = following;
  }

  close(): void {
    if (!this.#lifecycle.move('closed')) return;
    this.#lost.clear();
    this.#following?.close();
  }

  /** The connection to a server has ended: a lost server goes with it. */
  onDisconnected(serverId: string): void {
    this.#lost.onDisconnected(serverId);
  }

  // Functions of the object: a source may take them out of the follower.
  readonly onList = ({ servers, draining = new Set() }: RosterList): void => {
    if (this.state === 'closed') return;
    const last = { servers: this.#servers, draining: this.#draining };
    this.#servers = new Map(servers.map((server) => [server?.id, server]));
    this.#draining = draining;
    const vanished = this.#vanished(last.servers, last.draining);
    for (const server of vanished) this.#lost.add(server);
    try {
      this.#handler.onChange();
    } catch (error) {
      for (const { id } of vanished) this.#lost.delete(id);
      this.#servers = last.servers;
      this.#draining = last.draining;
      throw error;
    }
    for (const id of this.#servers.keys()) this.#lost.delete(id);
    this.#endOutage();
    this.#lifecycle.move('current');
  };

  readonly onFailure = (reason: RpcError, isFinal = false): void => {
    if (this.state === 'closed') return;
    const { since, isLogged } = this.#outage ?? { since: performance.now(), isLogged: false };
    this.#outage = { since, reason, isLogged };
    this.#lifecycle.move('stale', reason);
    if (isFinal && this.state === 'waiting') this.#handler.onRefused(this, reason);
    if (isLogged || performance.now() - since < MIN_OUTAGE_MS) return;
    this.#outage.isLogged = true;
    const stays =
      this.#servers.size === 1 ? 'the last list, of 1 server,' : `the last list, of ${this.#servers.size} servers,`;
    const effect = this.state === 'waiting' ? 'no server is known yet' : `${stays} stays`;
    this.logger.warn(`mailstation: ${this.description} cannot be read: ${printable(reason.message)}; ${effect}`);
  };

  /** Unit: ms */
  get #age(): number {
    return this.#outage === undefined ? 0 : Math.round(performance.now() - this.#outage.since);
  }

  /** Servers that are missing now and may still be alive. */
  #vanished(last: ReadonlyMap<string, ServerEntry>, draining: ReadonlySet<string>): ServerEntry[] {
    if (this.#source.onVanish === 'left') return [];
    return [...last.values()].filter(
      ({ id }) => !this.#servers.has(id) && !draining.has(id) && this.#handler.isConnected(id),
    );
  }

  #endOutage(): void {
    const outage = this.#outage;
    this.#outage = undefined;
    if (outage?.isLogged !== true) return;
    const seconds = ((performance.now() - outage.since) / 1_000).toFixed(1);
    this.logger.warn(`mailstation: ${this.description} can be read again, after ${seconds} s`);
  }
}
