import type { RpcError } from '../lib/errors.js';
import { dispatch } from '../lib/service/dispatcher.js';
import type { ServiceRegistry } from '../lib/service/service-registry.js';
import type { CallFailures } from '../lib/serving/call-failures.js';
import { type Channel, withAsyncContext } from '../lib/serving/channel.js';
import { traceCalls } from '../lib/serving/trace-calls.js';
import type { ResolvedServerOptions } from './resolve.js';

/** Makes the channel of a server: calls go to the methods of the registry, and failed calls are reported. */
export function serviceChannel(name: string | undefined, services: ServiceRegistry, failures: CallFailures): Channel {
  return {
    name,
    missing: services.missing,
    hasReturned: services.hasReturned,
    failed: (failure) => failures.report(failure),
    invoke: (call) => {
      const method = services.lookup(call.method);
      if (method !== undefined) dispatch(method, call.args, call, failures.logger);
      else call.refuse(services.missing(call.method) as RpcError);
    },
  };
}

/** The channel with a log line for each call, and with an async context for each, where the options ask for that. */
export function withTracing(
  channel: Channel,
  name: string,
  { rpcDebugLog, services, logger }: Pick<ResolvedServerOptions, 'rpcDebugLog' | 'services' | 'logger'>,
): Channel {
  const traced = rpcDebugLog ? traceCalls(channel, name, logger) : channel;
  return services.asyncContext ? withAsyncContext(traced) : traced;
}
