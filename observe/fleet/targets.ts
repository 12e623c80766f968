import { endpointOf, urlOf } from '../../lib/endpoint.js';
import { RpcCode } from '../../lib/errors.js';
import { etcd } from '../../lib/machine/etcd-registry.js';
import { invalid, timeoutMs } from '../../lib/options.js';
import { quoted } from '../../lib/quoted.js';
import type { EtcdOptions } from '../../lib/registry/etcd/etcd-options.js';
import { type Client, type ClientOptions, createClient } from '../../node-client.js';
import type { StatsReport } from '../../server/stats.js';
import { type Address, readAddress } from './address.js';
import { type FindingOptions, findingOptions, findServer } from './find-server.js';
import { inParallel } from './in-parallel.js';
import type { UnknownServer, UnknownServers } from './poller.js';
import { ask, failureOf } from './questions.js';
import type { SampleFailure } from './sample.js';

/** The servers that are meant: addresses, the servers of an etcd, or both. */
export interface FleetTargets {
  /** Addresses in the forms of {@link readAddress}. @default none */
  readonly addresses?: readonly string[] | undefined;
  /** The etcd in which servers register. @default none */
  readonly etcd?: EtcdOptions | undefined;
  /** Options of the client, such as `secret` and `tls`. An address without a scheme means TLS where `tls` is given. */
  readonly client?: ClientOptions | undefined;
  /** Time for the question which server listens at an address, and for each call. Unit: ms. @default 5_000 */
  readonly timeout?: number | undefined;
}

/** A set of servers with a client that calls them. */
export interface Fleet extends UnknownServers {
  /** Started. The roster has the servers that were found, and those of the etcd. */
  readonly client: Client;
  /** Addresses of which no server is known yet. */
  readonly unknown: readonly UnknownServer[];
  /** Ends all connections. */
  stop(): Promise<void>;
}

const DEFAULT_TIMEOUT = 5_000;
const AT_ONCE = 32;

/**
 * Makes a started client of the targets. An address whose server cannot be found is in `unknown`, with the reason, and
 * {@link UnknownServers.lookAgain} tries such an address again.
 * @throws {@link RpcCode.InvalidArgument} for an address out of form, and where there is no target; {@link RpcCode.Registry} where the
 *   etcd gives no list
 */
export async function openFleet(targets: FleetTargets): Promise<Fleet> {
  const { addresses = [], etcd: from, client: options = {} } = targets;
  const timeout = timeoutMs('timeout', targets.timeout, DEFAULT_TIMEOUT);
  if (addresses.length === 0 && from === undefined) throw invalid('no server is named: give an address, or an etcd');
  const places = addresses.map((address) => readAddress(address, options.tls !== undefined));
  const found = findingOptions(options, timeout);
  const client = createClient({
    ...{ timeout, connectTimeout: Math.min(timeout, 3_000), registryTimeout: timeout, drainTimeout: 0 },
    ...options,
    ...(from && { registry: etcd(from) }),
  });
  await client.start();
  const fleet = new AddressedFleet(client, places, found);
  await fleet.lookAgain();
  return fleet;
}

class AddressedFleet implements Fleet {
  readonly client: Client;
  readonly #finding: FindingOptions;
  #unknown: readonly UnknownServer[];
  #places: readonly Address[];

  constructor(client: Client, places: readonly Address[], finding: FindingOptions) {
    this.client = client;
    this.#finding = finding;
    this.#places = places;
    const failure = { code: RpcCode.NotStarted, message: 'not asked yet' };
    this.#unknown = places.map(({ address, url }) => ({ address, url, failure }));
  }

  get unknown(): readonly UnknownServer[] {
    return this.#unknown;
  }

  async lookAgain(): Promise<void> {
    const places = this.#places;
    const failures = await inParallel(places, AT_ONCE, (place) => this.#find(place));
    if (this.client.state !== 'started') return;
    this.#places = places.filter((_, at) => failures[at] !== undefined);
    this.#unknown = places.flatMap(({ address, url }, at) => {
      const failure = failures[at];
      return failure === undefined ? [] : [{ address, url, failure }];
    });
  }

  stop(): Promise<void> {
    return this.client.stop(true);
  }

  /** Adds the server at a place to the roster. Resolves to the reason where there is none, and never rejects. */
  async #find(place: Address): Promise<SampleFailure | undefined> {
    try {
      const id = place.id ?? (await findServer(place, this.#finding));
      if (this.client.state !== 'started') return undefined;
      const known = this.client.servers[id];
      const other = known === undefined ? place.url : urlOf(endpointOf(known));
      if (other !== place.url)
        throw invalid(
          `${quoted(place.address)} leads to the server ${quoted(id)}, which is in the list at ${other} already`,
        );
      this.client.addServer({ id, serverType: known?.serverType ?? '', url: place.url });
      await this.#learnType(id, place.url);
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Servers that answer no questions stay without a type. */
  async #learnType(id: string, url: string): Promise<void> {
    try {
      const { server } = (await ask(this.client, id, 'stats', 'read', { limit: 1 })) as StatsReport;
      const serverType = server?.serverType;
      if (typeof serverType === 'string' && serverType !== '' && this.client.servers[id]?.url === url)
        this.client.addServer({ id, serverType, url });
    } catch {
      // The samples of the server have the reason.
    }
  }
}
