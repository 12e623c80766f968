import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RemoteMethod } from '../lib/call/remote-method.js';
import { type Callback, userCallback } from '../lib/callback.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { listed, nameMeant } from '../lib/known-names.js';
import { nextTick } from '../lib/timers.js';
import { createMethodProxy, type MethodCaller } from './method-proxy.js';
import { callStream } from './stream-caller.js';
import type { UntypedMethod } from './typed-method.js';

/** Times of a stream that is never called. */
const NO_TIMES = { timeout: 1 };

/** Kinds of names in a path, from the outside in. */
const KINDS = ['namespace', 'server type', 'module', 'method'] as const;

/** Path of a proxy: namespace, server type, module, method, as far as read. */
export type ProxyPath = readonly string[];

/** Text for a path whose name at `depth` does not exist. `known`: the names that exist there. */
export function explainMissingProxy(path: ProxyPath, depth: number, known: readonly string[], why?: string): string {
  const [namespace = '', serverType = 'test'] = path;
  const name = path[depth] ?? '';
  const read = `client.proxies.${path.join('.')} does not exist`;
  if (why !== undefined) return `${read}: ${why}`;
  if (depth === 0 && known.length === 0)
    return `${read}: no proxies were added. Call client.addProxies([{ namespace: '${namespace}', serverType: '${serverType}' }]) before`;
  const where = depth === 0 ? 'there is' : `${path.slice(0, depth).join('.')} has`;
  const cure = nameMeant(name, known, 'Correct the name, or add the proxies with client.addProxies()');
  return `${read}: ${where} no ${KINDS[depth]} ${name}, only ${listed(known)}. ${cure}`;
}

/**
 * Makes a method that does not exist. Every form of a call fails with {@link RpcCode.NoProxy}. Such a call is reported as well:
 * a tool that calls whatever it finds must not end the process by a rejection that nothing handles.
 */
export function createMissingMethod(path: ProxyPath, why: string, report: (error: RpcError) => void): UntypedMethod {
  const [namespace = '', serverType = '', service = '', method = ''] = path;
  const name = new RemoteMethod({ namespace, serverType, service, method });
  const reject = (args: unknown[]): Promise<never> => {
    const error = new RpcError(RpcCode.NoProxy, why, { method: name.name, delivery: 'not-sent' });
    const rejected = Promise.reject<never>(error);
    rejected.catch(report);
    const callback = args.at(-1);
    if (typeof callback === 'function') nextTick(userCallback(callback as Callback<[]>), error);
    return rejected;
  };
  const answered = (args: unknown[]): Promise<never> | undefined => {
    const rejected = reject(args);
    return typeof args.at(-1) === 'function' ? undefined : rejected;
  };
  const caller: MethodCaller = {
    routed: (_method, _routeParam, args) => answered(args),
    toServer: (_method, _serverId, args) => answered(args),
    toAll: (_method, args) => answered(args),
    oneway: (_method, _routeParam, args) => reject(args),
    onewayToServer: (_method, _serverId, args) => reject(args),
    stream: (_method, target, args, options) => {
      const fail = (call: OutgoingCall): void => void call.fail(call.error(RpcCode.NoProxy, why, 'not-sent'));
      return callStream({ send: fail }, name, target, args, options, NO_TIMES);
    },
  };
  return createMethodProxy(caller, name, {});
}
