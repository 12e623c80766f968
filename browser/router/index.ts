export type { RandomSource, RouteRequest, Router, ServerLoad } from '../../router/router.js';
export { CallRouter } from './call-router.js';
export { type ResolvedRouter, type RouterLike, resolveRouter } from './resolve-router.js';
export type { RouterName, RouterOptions } from './strategies.js';
