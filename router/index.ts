export { CallRouter } from './call-router.js';
export { getRouteTarget } from './get-route-target.js';
export {
  type ResolvedRouter,
  type RouteFunction,
  type RouterLike,
  resolveRouter,
} from './resolve-router.js';
export type { RandomSource, RouteRequest, Router, ServerLoad } from './router.js';
export type { RouterName, RouterOptions } from './strategies.js';
