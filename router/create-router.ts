import { invalid } from '../lib/options.js';
import { type ConsistentHashOptions, consistentHash } from './consistent-hash.js';
import { defaultRouter } from './default-router.js';
import { leastActive } from './least-active.js';
import { powerOfTwo } from './power-of-two.js';
import { random } from './random.js';
import { roundRobin } from './round-robin.js';
import type { RandomSource, Router } from './router.js';
import { weightedRoundRobin } from './weighted-round-robin.js';

/** Each strategy reads what concerns it and passes over the rest. */
export interface RouterOptions extends ConsistentHashOptions {
  /** Where `random` and `power-of-two` draw from. @default Math.random */
  random?: RandomSource | undefined;
}

/** Under its own name, and under the one by which pomelo's `routerType` knows it (p2c has none there). */
const STRATEGIES = {
  df: defaultRouter,
  default: defaultRouter,
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

export type RouterName = keyof typeof STRATEGIES;

export const ROUTER_NAMES = Object.keys(STRATEGIES) as readonly RouterName[];

/**
 * A router of its own: nothing is shared between two that bear the same name.
 * Throws {@link RpcCode.InvalidArgument} for an unknown name (pomelo takes that for "random") and for options out
 * of range.
 */
export function createRouter(name: RouterName, options: RouterOptions = {}): Router {
  if (!Object.hasOwn(STRATEGIES, name)) {
    throw invalid(`router must be one of ${ROUTER_NAMES.join(', ')}, got '${String(name)}'`);
  }
  if (options.random !== undefined && typeof options.random !== 'function') {
    throw invalid('random must be a function that gives numbers from 0 to 1, exclusive');
  }
  return STRATEGIES[name](options);
}
