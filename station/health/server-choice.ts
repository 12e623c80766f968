import type { CallWatcher } from '../../lib/call/call-contract.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import type { Filled } from '../../lib/options.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { MailBoxState } from '../../mailbox/index.js';
import { type Presence, Presences } from '../presence.js';
import type { EjectionOptions } from './options.js';
import { Outliers, type OutliersHandler } from './outliers.js';
import type { ServerHealthReport } from './server-health.js';

/** Servers that routers choose from: of all servers, those that do not leave and, with `ejection`, are not ejected. */
export class ServerChoice {
  readonly #presences = new Presences();
  /** Undefined without `ejection`. */
  readonly #outliers: Outliers | undefined;

  constructor(ejection: Filled<EjectionOptions> | undefined, handler: OutliersHandler) {
    this.#outliers = ejection && new Outliers(ejection, handler);
  }

  /** Sets all servers that are chosen last, by id. */
  setPresences(byId: ReadonlyMap<string, Presence>): void {
    this.#presences.replace(byId);
  }

  /** `all`: the servers of the type. The same array as long as nothing changes. */
  of(serverType: string, all: readonly ServerInfo[]): readonly ServerInfo[] {
    const servers = this.#presences.preferred(serverType, all);
    return this.#outliers === undefined ? servers : this.#outliers.admitted(serverType, servers);
  }

  /** Receives the outcome of each call to the server; undefined without `ejection`. */
  watcherOf(server: ServerInfo): CallWatcher | undefined {
    return this.#outliers?.of(server);
  }

  /** Undefined where nothing is known of the server, and without `ejection`. */
  report(id: string): ServerHealthReport | undefined {
    return this.#outliers?.report(id);
  }

  /** Judges a server by a move of its mailbox. `server`: undefined where the server was removed. */
  onMailbox(
    id: string,
    server: ServerInfo | undefined,
    to: MailBoxState,
    from: MailBoxState,
    reason: RpcError | undefined,
  ): void {
    if (this.#outliers === undefined) return;
    if (to === 'ready') return this.#outliers.connected(id);
    // A server that says goaway has not failed. If no other takes its place, dialling will fail.
    if (to !== 'backoff' || server === undefined || reason === undefined || reason.code === RpcCode.Stopping) return;
    // The user's hook has failed on a connection that stands.
    if (from === 'preparing' && reason.code === RpcCode.Connect) return;
    this.#outliers.of(server).connectionFailed(reason, from === 'connecting');
  }

  /** The server was removed, or has another address now. */
  forget(id: string): void {
    this.#outliers?.forget(id);
  }

  stop(): void {
    this.#outliers?.stop();
  }
}
