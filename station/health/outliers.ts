import { debug } from '../../lib/diagnostics.js';
import type { RpcError } from '../../lib/errors.js';
import type { Filled } from '../../lib/options.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { performance } from '../../lib/timers.js';
import { DeadlineTimer, scanDue } from '../../lib/transport/deadline-timer.js';
import type { EjectionOptions } from './options.js';
import { ServerHealth, type ServerHealthReport } from './server-health.js';

/** Reason why routers choose from a server again: the time of the ejection is over, or a connection succeeded. */
export type Readmission = 'time' | 'connection';

export interface OutliersHandler {
  servers(serverType: string): readonly ServerInfo[];
  onEject(serverId: string, reason: RpcError, ms: number): void;
  onReadmit(serverId: string, by: Readmission): void;
}

/** A type's servers without the ejected ones, and the list that they were taken from. */
interface Admitted {
  readonly of: readonly ServerInfo[];
  readonly servers: readonly ServerInfo[];
}

/**
 * Servers that fail so often that routers do not get them for a while. Calls that name such a server still go there,
 * and so do those that wait for it already.
 *
 * A server comes back when its time is over; one that could not be connected to as soon as it can, since its mailbox
 * goes on dialling. That a server which times out takes connections proves nothing about it.
 */
export class Outliers {
  readonly #options: Filled<EjectionOptions>;
  readonly #handler: OutliersHandler;
  readonly #byId = new Map<string, ServerHealth>();
  readonly #ejected = new Set<ServerHealth>();
  /** By type; remade when its servers, or who of them is ejected, have changed. */
  readonly #admitted = new Map<string, Admitted>();
  readonly #timer = new DeadlineTimer((now) => this.#readmitDue(now));

  constructor(options: Filled<EjectionOptions>, handler: OutliersHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  of(server: ServerInfo): ServerHealth {
    return this.#byId.get(server.id) ?? this.#meet(server);
  }

  /** Undefined where nothing is known. */
  report(serverId: string): ServerHealthReport | undefined {
    return this.#byId.get(serverId)?.report(performance.now());
  }

  /** All of the list that are not ejected; the same array as long as nothing changes. */
  admitted(serverType: string, all: readonly ServerInfo[]): readonly ServerInfo[] {
    if (this.#ejected.size === 0) return all;
    const known = this.#admitted.get(serverType);
    if (known?.of === all) return known.servers;
    const left = all.filter(({ id }) => this.#byId.get(id)?.isEjected !== true);
    // Where too many are ejected health is ignored: the few that are left would go under as well.
    const isPanic = left.length === 0 || all.length - left.length > this.#most(all.length);
    const servers = isPanic || left.length === all.length ? all : Object.freeze(left);
    this.#admitted.set(serverType, { of: all, servers });
    return servers;
  }

  connected(serverId: string): void {
    const health = this.#byId.get(serverId);
    if (health?.isEjected && health.isOutOfReach) this.#readmit(health, 'connection', performance.now());
  }

  /** Removed, or now at another address: whatever is known is about another server. */
  forget(serverId: string): void {
    const health = this.#byId.get(serverId);
    if (health === undefined) return;
    this.#byId.delete(serverId);
    this.#ejected.delete(health);
    this.#admitted.delete(health.serverType);
  }

  stop(): void {
    this.#timer.stop();
  }

  readonly #outlierHandler = {
    onOutlier: (health: ServerHealth, reason: RpcError): void => this.#eject(health, reason),
  };

  #meet({ id, serverType }: ServerInfo): ServerHealth {
    const health = new ServerHealth(id, serverType, this.#options, this.#outlierHandler);
    this.#byId.set(id, health);
    return health;
  }

  #eject(health: ServerHealth, reason: RpcError): void {
    const { serverId, serverType } = health;
    if (this.#byId.get(serverId) !== health) return; // it was removed, and its last calls are failing
    const all = this.#handler.servers(serverType);
    const others = all.filter(({ id }) => id !== serverId && this.#byId.get(id)?.isEjected !== true);
    if (all.length - others.length > this.#most(all.length)) return;
    // Where most of them fail it is no outlier: they are overloaded, and would be the more so with one less.
    const well = others.filter(({ id }) => this.#byId.get(id)?.isWell !== false).length;
    if (well * 2 < others.length) return;
    const ms = health.eject(performance.now(), reason);
    this.#ejected.add(health);
    this.#admitted.delete(serverType);
    this.#timer.note(health.until);
    debug.station('%s is ejected for %d ms: %s', serverId, ms, reason.message);
    this.#handler.onEject(serverId, reason, ms);
  }

  #readmit(health: ServerHealth, by: Readmission, now: number): void {
    health.readmit(now);
    this.#ejected.delete(health);
    this.#admitted.delete(health.serverType);
    if (this.#ejected.size === 0) this.#timer.stop();
    debug.station('%s is readmitted: %s', health.serverId, by);
    this.#handler.onReadmit(health.serverId, by);
  }

  #readmitDue(now: number): number {
    const until = (health: ServerHealth): number => health.until;
    return scanDue(this.#ejected, now, until, (health) => this.#readmit(health, 'time', now));
  }

  /** How many of so many servers may be ejected: never all. */
  #most(count: number): number {
    return Math.min(count - 1, Math.floor((count * this.#options.maxEjectionPercent) / 100));
  }
}
