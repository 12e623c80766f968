import { invalid, unfit } from '../lib/options.js';
import { type ConsistentHashOptions, consistentHash } from './consistent-hash.js';
import { defaultRouter, pomeloRouter } from './default-router.js';
import { leastActive } from './least-active.js';
import { powerOfTwo } from './power-of-two.js';
import { random } from './random.js';
import { roundRobin } from './round-robin.js';
import type { RandomSource, Router } from './router.js';
import { weightedRoundRobin } from './weighted-round-robin.js';

/** Options of all strategies. Each strategy reads the options that concern it. */
export interface RouterOptions extends ConsistentHashOptions {
  /**
   * Source of the random numbers that `random`, `power-of-two` and `default` draw: from 0 to 1, exclusive.
   * @default Math.random
   */
  random?: RandomSource | undefined;
}

/**
 * Strategies under their full names and under short ones; the short ones are those of pomelo (which has no `p2c`). `df` is
 * pomelo's default, and `default` the one of this package.
 */
const STRATEGIES = {
  df: pomeloRouter,
  default: (options: RouterOptions) => defaultRouter(options.random),
  rd: (options: RouterOptions) => random(options.random),
  random: (options: RouterOptions) => random(options.random),
  rr: roundRobin,
  'round-robin': roundRobin,
  wrr: weightedRoundRobin,
  'weighted-round-robin': weightedRoundRobin,
  la: leastActive,
  'least-active': leastActive,
  ch: consistentHash,
  'consistent-hash': consistentHash,
  p2c: (options: RouterOptions) => powerOfTwo(options.random),
  'power-of-two': (options: RouterOptions) => powerOfTwo(options.random),
} as const satisfies Record<string, (options: RouterOptions) => Router>;

/**
 * Name of a strategy, for {@link ClientOptions.router}: `default` by the crc32 of `uid`, and in turn without a uid; `df` by
 * the crc32 of `uid` in every case, `rd` random, `rr` round robin, `wrr` weighted round robin, `la` fewest calls in flight,
 * `ch` consistent hashing, `p2c` the better of two random servers.
 */
export type RouterName = keyof typeof STRATEGIES;

/** Names of all strategies. */
export const ROUTER_NAMES = Object.keys(STRATEGIES) as readonly RouterName[];

/**
 * Makes a router with a state of its own. Throws {@link RpcCode.InvalidArgument} for an unknown name (pomelo takes an
 * unknown name for "random") and for options out of range.
 */
export function createStrategy(name: RouterName, options: RouterOptions = {}, option = 'router'): Router {
  if (!Object.hasOwn(STRATEGIES, name)) {
    throw unfit(option, `one of ${ROUTER_NAMES.join(', ')}`, name);
  }
  if (options.random !== undefined && typeof options.random !== 'function') {
    throw invalid('random must be a function that returns numbers from 0 to 1, exclusive, as Math.random does');
  }
  return STRATEGIES[name](options);
}
