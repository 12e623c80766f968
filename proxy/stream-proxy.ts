import type { CallOptions } from '../lib/call/call-contract.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { Caller } from './caller.js';
import type { StreamTarget } from './stream-caller.js';
import type { StreamProxy } from './stream-types.js';
import type { Any } from './typed-method.js';

/** Makes the property `stream` of a method's proxy: a function that calls for a stream, with the other forms as its properties. */
export function createStreamProxy(
  caller: Pick<Caller, 'stream'>,
  method: RemoteMethod,
  options: CallOptions,
): StreamProxy<Any[], Any, Any> {
  const call = (target: StreamTarget, args: unknown[]) => caller.stream(method, target, args, options);
  const to =
    (target: StreamTarget) =>
    (...args: unknown[]) =>
      call(target, args);
  const forms = {
    toServer: (serverId: string, ...args: unknown[]) => call({ serverId }, args),
    with: (more: CallOptions) => createStreamProxy(caller, method, { ...options, ...Caller.checkOptions(more) }),
    to: (serverId: string) => to({ serverId }),
    route: (routeParam: unknown) => to({ routeParam }),
    defaultRoute: to({ routeParam: undefined }),
  };
  return Object.assign((routeParam: unknown, ...args: unknown[]) => call({ routeParam }, args), forms);
}
