import { StationView } from './client/station-view.js';
import { BareClient, type ClientOptions, type ClientParts } from './client.js';
import { resolveSecrets } from './lib/auth/secrets.js';
import { pomeloClientOptions } from './lib/compat/option-names.js';
import type { ServerAtUrl, ServerInfo } from './lib/server-info.js';
import { loadModuleNames } from './lib/service/module-names.js';
import { TlsMaterial } from './lib/transport/tls-material.js';
import { shareMailBoxes } from './mailbox/shared/share.js';
import type { Any, ProxyRecord } from './proxy/index.js';

export type { ClientReport, KnownServer } from './client/client-report.js';
export type { ClientOptions } from './client.js';

/** Parts that Node has and a browser does not. */
const PARTS: ClientParts = {
  loadModules: loadModuleNames,
  shareMailBoxes,
  readSecret: resolveSecrets,
  readTls: (given, name) => new TlsMaterial(given, name),
};

/**
 * Calls methods of servers: proxies, routers and the mail station, put together. {@link createClient} makes one.
 * @example
 * ```ts
 * import { Client } from 'mailstation';
 *
 * const client = new Client({ router: 'la', timeout: 5_000 });
 * client.on('close', (serverId, reason) => console.warn(`the connection to ${serverId} is gone: ${reason?.message}`));
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * client.addServer({ id: 'chat-1', serverType: 'chat', host: '127.0.0.1', port: 3333 });
 * ```
 */
export class Client<Remotes = Any> extends BareClient<Remotes> {
  /**
   * Makes a client whose methods are called as those of pomelo-rpc are: the options `callbacks` and `router` have the
   * values `true` and 'df', unless given. Lists of servers are taken as pomelo-rpc takes them: an entry that does not fit is
   * logged, and the others count. Source: pomelo-rpc.
   */
  static create<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
    return RpcClient.create(options);
  }

  /**
   * Makes a client that is not started. No connection is made.
   * @throws {@link RpcCode.InvalidArgument} when an option is out of range
   */
  constructor(options: ClientOptions = {}) {
    super(options, isForPomelo(new.target) ? { ...PARTS, takesAnyList: true } : PARTS);
  }
}

/**
 * A client for programs of pomelo and pinus. Lists of servers and of records may be missing, an entry that does not fit is
 * logged while the others count, and the tables of the mail station can be read.
 */
export class RpcClient<Remotes = Any> extends Client<Remotes> {
  /** The tables and events of the mail station, for programs that read `client._station.servers`. */
  readonly _station: StationView = new StationView(this, () => this.entries());

  /** Makes a client in pomelo-rpc's form; see {@link Client.create}. Source: pomelo-rpc. */
  static override create<Remotes = Any>(options: ClientOptions = {}): RpcClient<Remotes> {
    return new RpcClient(pomeloClientOptions(options));
  }

  /** Adds the proxies of one record. A missing record adds none. */
  override addProxy(record: ProxyRecord): void {
    if ((record ?? undefined) !== undefined) super.addProxy(record);
  }

  /** Adds a server to the roster. A missing entry adds none. */
  override addServer(server: ServerInfo | ServerAtUrl): void {
    if ((server ?? undefined) !== undefined) super.addServer(server);
  }

  /** Removes a server. A value that is no id removes none, and the other ids of a list count. */
  override removeServer(id: string): void {
    if (typeof id === 'number' || (typeof id === 'string' && id !== '')) super.removeServer(id);
  }
}

function isForPomelo(made: typeof Client): boolean {
  return made === RpcClient || made.prototype instanceof RpcClient;
}

/**
 * Makes a client that is not started. docs/options.md has the options.
 * @throws {@link RpcCode.InvalidArgument} when an option is out of range
 * @example
 * ```ts
 * import { createClient, createServer } from 'mailstation';
 *
 * const services = { user: { rooms: { greet: async (name: string) => `hello, ${name}` } } };
 * const server = createServer({ id: 'chat-1', port: 0, services });
 * await server.start();
 *
 * const client = createClient();
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * client.addServer({ id: 'chat-1', serverType: 'chat', port: server.port });
 * await client.start();
 *
 * const routeParam = { uid: 'anna' };
 * console.log(await client.proxies.user.chat.rooms.greet(routeParam, 'Anna')); // hello, Anna
 *
 * await client.stop();
 * await server.stop();
 * ```
 */
export function createClient<Remotes = Any>(options: ClientOptions = {}): Client<Remotes> {
  return new Client(options);
}
