export { CallRouter } from './call-router.js';
export type { ConsistentHashOptions } from './consistent-hash.js';
export { getRouteTarget } from './get-route-target.js';
export {
  type ResolvedRouter,
  type RouteCallback,
  type RouteFunction,
  type RouteObject,
  type RouterLike,
  resolveRouter,
} from './resolve-router.js';
export type { RandomSource, RouteRequest, Router, ServerLoad } from './router.js';
export { createStrategy, ROUTER_NAMES, type RouterName, type RouterOptions } from './strategies.js';
