import type { CallOptions } from '../lib/call/call-contract.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { addPinusCalls } from '../lib/compat/pinus-calls.js';
import { Caller } from './caller.js';
import { createStreamProxy } from './stream-proxy.js';
import type { UntypedMethod } from './typed-method.js';

/** Forms of a call that a proxy makes. */
export type MethodCaller = Pick<Caller, 'routed' | 'toServer' | 'toAll' | 'oneway' | 'onewayToServer' | 'stream'>;

/** Makes the proxy of a method: a function that makes a call, with the other forms of the call as its properties. */
export function createMethodProxy(caller: MethodCaller, method: RemoteMethod, options: CallOptions): UntypedMethod {
  const routed = (routeParam: unknown, ...args: unknown[]) => caller.routed(method, routeParam, args, options);
  const forms = {
    toServer: (serverId: string, ...args: unknown[]) => caller.toServer(method, serverId, args, options),
    with: (more: CallOptions) => createMethodProxy(caller, method, { ...options, ...Caller.checkOptions(more) }),
    oneway: (routeParam: unknown, ...args: unknown[]) => caller.oneway(method, routeParam, args, options),
    broadcast: (...args: unknown[]) => caller.toAll(method, args, options),
  };
  const proxy = Object.assign(routed, addPinusCalls(forms, caller, method, options));
  let stream: ReturnType<typeof createStreamProxy> | undefined;
  // Made at the first use: most methods have no stream.
  const get = () => {
    stream ??= createStreamProxy(caller, method, options);
    return stream;
  };
  return Object.defineProperty(proxy, 'stream', { get, enumerable: true, configurable: true }) as UntypedMethod;
}
