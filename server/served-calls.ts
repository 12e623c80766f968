import type { Emitter } from '../lib/emitter.js';
import type { RpcError } from '../lib/errors.js';
import { dispatch } from '../lib/service/dispatcher.js';
import { ServiceRegistry } from '../lib/service/service-registry.js';
import type { CallObserver } from '../lib/serving/call-ends.js';
import { CallFailures } from '../lib/serving/call-failures.js';
import { type Channel, withAsyncContext } from '../lib/serving/channel.js';
import type { IncomingCall } from '../lib/serving/incoming-call.js';
import { joinedObservers, traceCalls } from '../lib/serving/trace-calls.js';
import { endedCalls } from './ended-calls.js';
import type { ServerEvents } from './events.js';
import type { ResolvedServerOptions } from './resolve.js';
import { ServeTraces } from './serve-traces.js';
import type { ServerFilters } from './server-filters.js';

/** Parts of a server that calls go through: the methods, the filters before them, and the reports of failures and ends. */
export class ServedCalls {
  readonly services = new ServiceRegistry();
  readonly #options: ResolvedServerOptions;
  readonly #filters: ServerFilters;
  readonly #failures: CallFailures;
  readonly #observer: CallObserver;

  /** Throws {@link RpcCode.InvalidArgument} where `expectedErrors` is no such option. */
  constructor(options: ResolvedServerOptions, filters: ServerFilters, server: Emitter<ServerEvents>) {
    const { logger, expectedErrors } = options;
    this.#options = options;
    this.#filters = filters;
    const onFailed = (failure: ServerEvents['callFailed'][0]): boolean => server.emit('callFailed', failure);
    this.#failures = new CallFailures({ logger, expectedErrors, onFailed });
    this.#observer = endedCalls(server);
  }

  /**
   * Makes the channel of the server, with a log line for each call, and with an async context for each, where the options ask for that.
   * `name`: the name of the server for log lines. `mayStart`: returns the error for which no method may be started any more.
   */
  channel(name: string, mayStart: (() => RpcError | undefined) | undefined): Channel {
    const { rpcDebugLog, logger, services } = this.#options;
    const traces = new ServeTraces(name);
    const observers = [this.#observer, traces.observer(), ...(rpcDebugLog ? [traceCalls(name, logger)] : [])];
    const channel = this.#channel(joinedObservers(observers), mayStart, traces);
    return services.asyncContext ? withAsyncContext(channel) : channel;
  }

  /** Writes the log lines about calls that are still held back. */
  close(): void {
    this.#failures.close();
  }

  #channel(observer: CallObserver, mayStart: (() => RpcError | undefined) | undefined, traces: ServeTraces): Channel {
    const { services } = this;
    const { id: name } = this.#options;
    const filters = this.#filters;
    const failures = this.#failures;
    const run = (call: IncomingCall): void => {
      const method = services.lookup(call.method);
      if (method === undefined) call.refuse(services.missing(call.method) as RpcError);
      else if (filters.isEmpty) dispatch(method, call.args, call, failures.logger);
      else filters.serve(method, call, failures.logger, mayStart);
    };
    return {
      name,
      missing: services.missing,
      hasReturned: services.hasReturned,
      observer,
      failed: (failure) => failures.report(failure),
      invoke: (call) => {
        if (traces.isTraced(call)) traces.serve(call, () => run(call));
        else run(call);
      },
    };
  }
}
