import { unfit } from '../../lib/options.js';
import { defaultRouter } from '../../router/default-router.js';
import { random } from '../../router/random.js';
import { roundRobin } from '../../router/round-robin.js';
import type { RandomSource, Router } from '../../router/router.js';

export interface RouterOptions {
  /**
   * Source of the random numbers that `rd` and `default` draw: from 0 to 1, exclusive.
   * @default Math.random
   */
  random?: RandomSource | undefined;
}

const STRATEGIES = {
  default: (options: RouterOptions) => defaultRouter(options.random),
  rd: (options: RouterOptions) => random(options.random),
  rr: roundRobin,
} as const satisfies Record<string, (options: RouterOptions) => Router>;

/** Name of a strategy: `default` by the crc32 of `uid`, and in turn without a uid; `rd` random; `rr` round robin. */
export type RouterName = keyof typeof STRATEGIES;

export const ROUTER_NAMES = Object.keys(STRATEGIES) as readonly RouterName[];

/** Makes a router with a state of its own. Throws {@link RpcCode.InvalidArgument} for an unknown name. */
export function createStrategy(name: RouterName, options: RouterOptions): Router {
  if (!Object.hasOwn(STRATEGIES, name)) throw unfit('router', `one of ${ROUTER_NAMES.join(', ')}`, name);
  return STRATEGIES[name](options);
}
