import type { RosterFollower, RosterFollowing, RosterSource } from '../roster-source.js';
import { DnsFollowing } from './dns-following.js';
import { type DnsOptions, type ResolvedDnsOptions, resolveDnsOptions } from './options.js';

/**
 * Asks the name service for the servers, for the option `registry` of `createClient`: the addresses of a name, or its records of type
 * SRV. A headless service of Kubernetes is such a name. An empty answer and a failure keep the last list. A server that is missing in
 * a new answer is called last, as long as its connection stands.
 * @throws {@link RpcCode.InvalidArgument} for an option out of range
 * @example
 * ```ts
 * import { createClient, dns } from 'mailstation';
 *
 * const client = createClient({
 *   registry: dns({ name: 'chat.default.svc.cluster.local', serverType: 'chat', port: 3333 }),
 * });
 * client.addProxy({ namespace: 'user', serverType: 'chat' });
 * ```
 */
export function dns(options: DnsOptions): RosterSource {
  return new DnsSource(resolveDnsOptions(options));
}

class DnsSource implements RosterSource {
  readonly description: string;
  /** A server that is not ready, or busy, is left out of an answer as one that has ended is. */
  readonly onVanish = 'lost';
  readonly #options: ResolvedDnsOptions;

  constructor(options: ResolvedDnsOptions) {
    this.#options = options;
    this.description = `the name ${options.name}`;
  }

  follow(follower: RosterFollower): RosterFollowing {
    return new DnsFollowing(this.#options, follower);
  }
}
