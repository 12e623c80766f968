import type { CallOptions } from '../lib/call/call-contract.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { Caller } from './caller.js';
import type { UntypedMethod } from './typed-method.js';

/** A function that makes a call, with its other forms beside it. */
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
