import type { WaitsOn } from '../lib/call/call-clock.js';
import { unfit } from '../lib/options.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { Router } from './router.js';
import { createStrategy, ROUTER_NAMES, type RouterName, type RouterOptions } from './strategies.js';

/**
 * Callback of a route function: takes the id of a server, or what failed. Any truthy error counts, whatever comes with
 * it.
 */
export type RouteCallback = (error?: unknown, serverId?: string | number) => void;

/** Object with a route function, as pomelo's users write one. Source: pomelo-rpc. */
interface RouteObject {
  /** Called with the object as `this`. Declared as a method, so that narrower parameter types are accepted. */
  route(
    routeParam: unknown,
    msg: RpcMessage,
    routeContext: unknown,
    callback: RouteCallback,
    // biome-ignore lint/suspicious/noConfusingVoidType: what an async function gives that answers through the callback
  ): string | number | void | PromiseLike<string | number | void>;
}

/**
 * Function that names a server in one of three ways: through the callback, by returning an id, or by returning a
 * promise of an id. The first answer counts; a later one, an error included, is ignored. A number stands for its text,
 * since projects for pomelo number their servers.
 *
 * A function that declares the callback (four parameters) may answer later through it. A value that such a function
 * returns counts only when it is a non-empty string, or a promise of one, since `(..., cb) => waiting.push(cb)` returns
 * something too. A function without the callback answers by what it returns, and `undefined` is an error. Source:
 * pomelo-rpc.
 */
export type RouteFunction = RouteObject['route'];

/**
 * Router in any accepted form: the name of a strategy, a {@link Router}, a route function, or an object with `route`.
 */
export type RouterLike = RouterName | Router | RouteFunction | RouteObject;

/** A checked {@link RouterLike}, made once and kept, since strategies have state. */
export type ResolvedRouter = StrategyRouter | FunctionRouter;

/** A {@link Router}, with its name in errors. */
interface StrategyRouter {
  readonly kind: 'strategy';
  readonly name: string;
  readonly strategy: Router;
  /** True for a strategy of this package: of the route parameter it reads at most the uid. */
  readonly isBuiltIn: boolean;
}

/** A route function, with its name in errors and the object that it is called on. */
export interface FunctionRouter {
  readonly kind: 'function';
  readonly name: string;
  readonly route: RouteFunction;
  readonly self: unknown;
  readonly declaresCallback: boolean;
  /** Says what the function has not done yet, for the error of a call that is late. One object for all calls. */
  readonly waiting: WaitsOn;
}

/**
 * Checks a router. Without one, the result is the default router. `options` are those of the strategies, and
 * `option` is the name of the option that has the router, for errors. An object with both `pick` and `route` counts as a
 * {@link Router}. Throws {@link RpcCode.InvalidArgument}.
 */
export function resolveRouter(
  given: RouterLike = 'default',
  options: RouterOptions = {},
  option = 'router',
): ResolvedRouter {
  if (typeof given === 'string') return fromStrategy(createStrategy(given, options, option), true);
  if (typeof given === 'function') return fromFunction(given, undefined, given.name);
  if (typeof given === 'object' && given !== null) {
    if ('pick' in given && typeof given.pick === 'function') return fromStrategy(given, false);
    if ('route' in given && typeof given.route === 'function') {
      return fromFunction(given.route, given, 'name' in given ? given.name : given.route.name);
    }
  }
  const names = ROUTER_NAMES.join(', ');
  throw unfit(option, `one of ${names}, a function, or an object with pick or route`, given);
}

function fromStrategy(strategy: Router, isBuiltIn: boolean): StrategyRouter {
  return { kind: 'strategy', name: nameOf(strategy.name), strategy, isBuiltIn };
}

function fromFunction(route: RouteFunction, self: unknown, given: unknown): FunctionRouter {
  const name = nameOf(given);
  const declaresCallback = route.length >= 4;
  const step = declaresCallback ? 'called its callback' : 'settled its promise';
  const waiting = { current: { stillPending: `router '${name}' has not ${step}` } };
  return { kind: 'function', name, route, self, declaresCallback, waiting };
}

function nameOf(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name : 'anonymous';
}
