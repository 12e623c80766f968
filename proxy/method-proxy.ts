import type { CallOptions } from '../lib/transport/outgoing-call.js';
import type { RemoteMethod } from '../lib/transport/remote-method.js';
import type { Outcome } from './broadcast.js';
import { Caller } from './caller.js';

/**
 * A remote method as it is called when nothing is known of its types: {@link MethodProxy} has them where they are.
 * In every form a function as the last argument is a callback, `(error, ...results)`, and nothing is returned then.
 */
// biome-ignore lint/suspicious/noExplicitAny: an untyped remote has untyped results
type Any = any;

export interface UntypedMethod {
  /** To the server that the router chooses by `routeParam`. */
  (routeParam: unknown, ...args: Any[]): Promise<Any>;
  /** To the server with this id; `'*'`: to all of the type, as {@link UntypedMethod.broadcast}. */
  toServer(serverId: string, ...args: Any[]): Promise<Any>;
  /** The same method, called with these options. */
  with(options: CallOptions): UntypedMethod;
  /** Without an answer: resolves when the call was handed to the connection. */
  oneway(routeParam: unknown, ...args: Any[]): Promise<void>;
  /** pinus's `toServer`. With `notify`, one-way. */
  to(serverId: string, notify?: boolean): (...args: Any[]) => Promise<Any>;
  /** pinus's way to give the route parameter. With `notify`, one-way. */
  route(routeParam: unknown, notify?: boolean): (...args: Any[]) => Promise<Any>;
  /** pinus's call without a route parameter. */
  defaultRoute(...args: Any[]): Promise<Any>;
  /** To all servers of the type: every server's outcome, never rejected for the failure of some. */
  broadcast(...args: Any[]): Promise<Outcome<Any>[]>;
}

export function createMethodProxy(caller: Caller, method: RemoteMethod, options: CallOptions): UntypedMethod {
  const routed = (routeParam: unknown, ...args: unknown[]) => caller.routed(method, routeParam, args, options);
  const forms = {
    toServer: (serverId: string, ...args: unknown[]) => caller.toServer(method, serverId, args, options),
    with: (more: CallOptions) => createMethodProxy(caller, method, { ...options, ...Caller.checkOptions(more) }),
    oneway: (routeParam: unknown, ...args: unknown[]) => caller.oneway(method, routeParam, args, options),
    to: (serverId: string, notify = false) =>
      notify
        ? (...args: unknown[]) => caller.onewayToServer(method, serverId, args, options)
        : (...args: unknown[]) => caller.toServer(method, serverId, args, options),
    route: (routeParam: unknown, notify = false) =>
      notify
        ? (...args: unknown[]) => caller.oneway(method, routeParam, args, options)
        : (...args: unknown[]) => caller.routed(method, routeParam, args, options),
    defaultRoute: (...args: unknown[]) => caller.routed(method, undefined, args, options),
    broadcast: (...args: unknown[]) => caller.toAll(method, args, options),
  };
  return Object.assign(routed, forms) as UntypedMethod;
}
