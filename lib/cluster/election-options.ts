import type { Endpoint } from '../endpoint.js';
import { endpointOf } from '../endpoint.js';
import { hostOption, listeningHost } from '../host.js';
import { boolean, integer, invalid, nonEmptyString, unfit } from '../options.js';
import { type Advertised, advertisedUrl, resolveAdvertise } from '../registry/advertise.js';
import type { Election } from '../registry/election.js';
import { type ClusterShareOptions, type ResolvedClusterShare, resolveClusterShare } from './share-options.js';

/** Options of a shared client for the processes of several machines. */
export interface ClusterElectionOptions {
  /**
   * Election of a registry that decides which process has the real client, over all machines: `registry.election('config')`. The elected process
   * listens and announces its place in the registry, and the others connect there. Source: mailstation.
   * @default the processes of one machine compete for a port
   */
  election?: Election | undefined;
  /**
   * With `election`: address or name that the elected process listens on. Any address beyond loopback needs the option `tls`,
   * `secret` or `insecure`. Source: mailstation.
   * @default '127.0.0.1'
   */
  host?: string | undefined;
  /**
   * With `election`: address, name or URL at which the other processes reach this one while it leads, such as `10.0.0.5`. Needed for a
   * host of `0.0.0.0` or `::`. Source: mailstation.
   * @default the address that the process listens on
   */
  advertise?: string | undefined;
  /**
   * With `election`: listens beyond loopback without TLS and without a secret. Only for a network that you trust. Source: mailstation.
   * @default false
   */
  insecure?: boolean | undefined;
  /**
   * With `election`: the processes of this machine have one connection to the elected process together. Source: mailstation.
   * @default each process connects by itself
   */
  share?: ClusterShareOptions | undefined;
}

export const CLUSTER_ELECTION_DEFAULTS = Object.freeze({
  host: '127.0.0.1',
  insecure: false,
}) satisfies ClusterElectionOptions;

/** The same, checked. */
export interface ResolvedClusterElection {
  readonly election: Election;
  /** Place at which the elected process listens. A port of 0 is chosen by the system. */
  readonly endpoint: Endpoint;
  readonly advertised: Advertised;
  readonly insecure: boolean;
  /** Place of the machine; undefined where each process connects by itself. */
  readonly share: ResolvedClusterShare | undefined;
}

/** Options of a shared client that an election changes, or that do not fit an election. */
export interface LocalOptions {
  readonly port?: unknown;
  readonly path?: unknown;
  readonly tls?: unknown;
  readonly isLeader?: unknown;
  readonly singleMode?: unknown;
}

/** Undefined without the option `election`. Throws {@link RpcCode.InvalidArgument}. */
export function resolveClusterElection(
  given: ClusterElectionOptions & LocalOptions,
): ResolvedClusterElection | undefined {
  const { election, host, advertise, insecure, port, path, tls, isLeader, singleMode, share } = given;
  if (election === undefined) {
    for (const [name, value] of Object.entries({ host, advertise, insecure, share }))
      if (value !== undefined)
        throw invalid(
          `${name} needs the option election: the processes of one machine meet at the options port or path`,
        );
    return undefined;
  }
  const { candidate, observe } = (election ?? {}) as Partial<Election>;
  if (typeof candidate !== 'function' || typeof observe !== 'function')
    throw unfit('election', 'an election of a registry, as registry.election(name) makes it', election);
  if (path !== undefined)
    throw invalid('election cannot be combined with path: other machines do not reach a unix socket');
  if (isLeader === true)
    throw invalid('election cannot be combined with isLeader: true: the registry decides who leads');
  if (singleMode === true) throw invalid('election cannot be combined with singleMode, which has one process');
  const endpoint = endpointOf({
    transport: tls === undefined ? 'tcp' : 'tls',
    host: listeningHost(hostOption('host', host ?? CLUSTER_ELECTION_DEFAULTS.host)),
    port: integer('port', port, 0, 0, 65_535),
  });
  const advertised = advertisedAt(advertise);
  advertisedUrl([endpoint], advertised); // an address that no process can dial is an error now
  return {
    election,
    endpoint,
    advertised,
    insecure: boolean('insecure', insecure, CLUSTER_ELECTION_DEFAULTS.insecure),
    share: share === undefined ? undefined : resolveClusterShare(share),
  };
}

function advertisedAt(given: unknown): Advertised {
  if (given === undefined) return resolveAdvertise(undefined);
  const text = nonEmptyString('advertise', given);
  return resolveAdvertise(text.includes('://') ? { url: text } : { host: text });
}
