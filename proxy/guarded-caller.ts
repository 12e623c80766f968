import { UnusedPromise } from '../lib/compat/unused-promise.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import type { MethodCaller } from './method-proxy.js';

/**
 * Makes calls of a method whose name tools may call on any object. A call as tools make it is not sent: without any argument,
 * or with a stream to write to. A failure that no caller takes is reported, and does not end the process.
 */
export function guardedCaller(caller: MethodCaller, report: (error: RpcError) => void): MethodCaller {
  const guard = <T>(answer: Promise<T> | undefined): Promise<T> | undefined =>
    answer && UnusedPromise.of(answer, report);
  return {
    routed: (method, routeParam, args, options) => {
      if (args.length > 0 || !(routeParam === undefined || isWritable(routeParam)))
        return guard(caller.routed(method, routeParam, args, options));
      const why = `${method.name} was called as tools call what they find: without a route parameter, or with a stream. Pass the route parameter, or null, as the first argument`;
      const error = new RpcError(RpcCode.InvalidArgument, why, { method: method.name, delivery: 'not-sent' });
      return guard(Promise.reject<never>(error));
    },
    toServer: (...given) => guard(caller.toServer(...given)),
    toAll: (...given) => guard(caller.toAll(...given)),
    oneway: (...given) => caller.oneway(...given),
    onewayToServer: (...given) => caller.onewayToServer(...given),
    stream: (...given) => caller.stream(...given),
  };
}

function isWritable(value: unknown): boolean {
  const { write, end } = (value ?? {}) as { write?: unknown; end?: unknown };
  return typeof write === 'function' && typeof end === 'function';
}
