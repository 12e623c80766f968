import { unfit } from '../../lib/options.js';
import type { Router } from '../../router/router.js';
import { createStrategy, ROUTER_NAMES, type RouterName, type RouterOptions } from './strategies.js';

/** Router of a page: the name of a strategy, or a {@link Router}. */
export type RouterLike = RouterName | Router;
export type ResolvedRouter = Router;

/** Checks a router. Throws {@link RpcCode.InvalidArgument}. */
export function resolveRouter(given: RouterLike = 'default', options: RouterOptions = {}): Router {
  if (typeof given === 'string') return createStrategy(given, options);
  if (typeof given?.pick === 'function') return given;
  throw unfit('router', `one of ${ROUTER_NAMES.join(', ')}, or an object with pick`, given);
}
