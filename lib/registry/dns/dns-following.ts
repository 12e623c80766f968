import { promises } from 'node:dns';
import { outsideContexts } from '../../async-context.js';
import { messageOf, RpcCode, RpcError } from '../../errors.js';
import type { ServerEntry } from '../../server-info.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import type { RosterFollower, RosterFollowing } from '../roster-source.js';
import { type FoundPlace, lookUp } from './look-up.js';
import { MIN_INTERVAL_MS, type ResolvedDnsOptions } from './options.js';

/**
 * Time for the first try of a question; node:dns takes up to twice as long, and doubles the time for each further try. An answer that
 * is late is worth less than a new question. Unit: ms
 */
const TRY_MS = 1_000;
const TRIES = 2;

/** Asks a name again and again, and hands the places of its servers to the follower. */
export class DnsFollowing implements RosterFollowing {
  readonly #options: ResolvedDnsOptions;
  readonly #follower: RosterFollower;
  #resolver: promises.Resolver;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ResolvedDnsOptions, follower: RosterFollower) {
    this.#options = options;
    this.#follower = follower;
    this.#resolver = this.#newResolver();
    outsideContexts(() => void this.#ask());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#resolver.cancel();
  }

  async #ask(): Promise<void> {
    const { interval } = this.#options;
    let pause = interval;
    this.#resolver = this.#newResolver();
    try {
      const { places, ttl = interval } = await lookUp(this.#resolver, this.#options);
      if (this.#isClosed) return;
      this.#follower.onList({ servers: places.map((place) => this.#entry(place)) });
      pause = Math.max(MIN_INTERVAL_MS, Math.min(ttl, interval));
    } catch (error) {
      if (this.#isClosed) return;
      this.#follower.onFailure(this.#failure(error));
      pause = MIN_INTERVAL_MS;
    }
    this.#timer = setTimeout(() => void this.#ask(), pause).unref();
  }

  /** The resolver of Node 20.19 keeps an empty answer, without asking again, and so each question has a resolver of its own. */
  #newResolver(): promises.Resolver {
    const resolver = new promises.Resolver({ timeout: TRY_MS, tries: TRIES });
    const { nameServers } = this.#options;
    if (nameServers !== undefined) resolver.setServers(nameServers);
    return resolver;
  }

  #entry({ weight, ...place }: FoundPlace): ServerEntry {
    const { serverType, transport, id } = this.#options;
    return {
      ...place,
      id: id(place),
      serverType,
      ...(weight !== undefined && { weight }),
      ...(transport !== undefined && { transport }),
    };
  }

  #failure(error: unknown): RpcError {
    const { name } = this.#options;
    const servers = this.#resolver.getServers().join(', ');
    const advice = name.includes('.') ? '' : '; give the full name, since search domains are not read';
    const message = `${messageOf(error)}, from ${servers === '' ? 'no name server' : servers}${advice}`;
    return new RpcError(RpcCode.Registry, message, { cause: error });
  }
}
