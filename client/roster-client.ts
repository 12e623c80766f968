import { idOfNumber } from '../lib/compat/numbers.js';
import type { Logger } from '../lib/diagnostics.js';
import { nonEmptyString } from '../lib/options.js';
import type { ServerAtUrl, ServerEntry, ServerInfo } from '../lib/server-info.js';
import type { FromData, ServerAtUrlOf, ServerInfoOf } from '../proxy/index.js';
import type { MailBoxState, MailStation, ServerHealthReport } from '../station/index.js';
import { checkList, takeList } from './arguments.js';
import { HookedClient } from './hooked-client.js';

/** How a client takes the lists that the user gives. */
export interface ListRules {
  readonly logger: Logger;
  /** True for programs of pomelo, see {@link takeList}. */
  readonly takesAnyList: boolean;
}

/** The part of a client that knows the servers: adds, removes and shows them. */
export abstract class RosterClient<Remotes> extends HookedClient<Remotes> {
  readonly #station: MailStation;
  readonly #rules: ListRules;

  constructor(station: MailStation, rules: ListRules) {
    super(station);
    this.#station = station;
    this.#rules = rules;
  }

  /** Adds a server to the roster. An entry with the same id is replaced, and calls that wait go to the new address. */
  addServer<const Given extends ServerInfo | ServerAtUrl>(server: Given & FromData<Given['serverType']>): void;
  addServer(server: ServerInfoOf<Remotes> | ServerAtUrlOf<Remotes>): void;
  addServer(server: ServerInfo | ServerAtUrl): void {
    this.#station.addServer(server);
  }

  /**
   * Adds all servers of the list, or none when one of them is out of shape. An entry without a port is that of a server that
   * is known and cannot be called: calls to it fail at once with {@link RpcCode.NoServer}.
   */
  addServers<const Given extends ServerInfo | ServerAtUrl>(
    servers: readonly Given[] & FromData<Given['serverType']>,
  ): void;
  addServers(servers: readonly (ServerInfoOf<Remotes> | ServerAtUrlOf<Remotes>)[]): void;
  addServers(servers: readonly (ServerInfo | ServerAtUrl)[]): void {
    this.#station.addServers(this.list('addServers', servers));
  }

  /**
   * Removes a server. Calls that wait for its connection are rejected; calls that were sent have `drainTimeout` to
   * settle.
   */
  removeServer(id: string): void {
    this.#station.removeServer(nonEmptyString('the id of a server', idOfNumber(id)));
  }

  /** Removes several servers; see {@link BareClient.removeServer}. */
  removeServers(ids: readonly string[]): void {
    for (const id of this.list('removeServers', ids)) this.removeServer(id);
  }

  /** Makes the roster exactly this list. Servers that stay keep their connections. */
  replaceServers<const Given extends ServerInfo | ServerAtUrl>(
    servers: readonly Given[] & FromData<Given['serverType']>,
  ): void;
  replaceServers(servers: readonly (ServerInfoOf<Remotes> | ServerAtUrlOf<Remotes>)[]): void;
  replaceServers(servers: readonly (ServerInfo | ServerAtUrl)[]): void {
    this.#station.replaceServers(this.list('replaceServers', servers));
  }

  /**
   * Servers of a type that calls may be routed to, in the order in which they were added: all of them or, with
   * `ejection`, those that are not ejected. The array is frozen, and a new one after each change.
   */
  getServersByType(serverType: string): readonly ServerInfo[] {
    return this.#station.candidates(serverType);
  }

  /** Health of a server, with `ejection`. Undefined before the first call to the server, and without that option. */
  health(serverId: string): ServerHealthReport | undefined {
    return this.#station.health(serverId);
  }

  /** Servers of the roster that can be called, by id. A copy. */
  get servers(): Readonly<Record<string, ServerInfo>> {
    return Object.fromEntries(this.#station.allServers().map((server) => [server.id, server]));
  }

  /** pomelo-rpc's table: 1 for every server of the roster. A copy. Source: pomelo-rpc. */
  get onlines(): Readonly<Record<string, 1>> {
    return Object.fromEntries(this.#station.allServers().map(({ id }) => [id, 1]));
  }

  /** State of each connection that was ever needed, by the id of the server. A copy. */
  get mailboxes(): Readonly<Record<string, MailBoxState>> {
    const states = this.#station.allServers().map(({ id }) => [id, this.#station.mailboxState(id)] as const);
    return Object.fromEntries(states.filter((entry): entry is [string, MailBoxState] => entry[1] !== undefined));
  }

  /** Entries of all servers of the roster, also of those that cannot be called. For the tables of pomelo-rpc. */
  protected entries(): readonly ServerEntry[] {
    return this.#station.entries();
  }

  /** The list in the form that this client takes. */
  protected list<T>(what: Parameters<typeof checkList>[0], given: readonly T[]): readonly T[] {
    return this.#rules.takesAnyList ? takeList(what, given, this.#rules.logger) : checkList(what, given);
  }
}
