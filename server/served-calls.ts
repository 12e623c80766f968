import type { Emitter } from '../lib/emitter.js';
import type { RpcError } from '../lib/errors.js';
import { keepsStrangersOut } from '../lib/leader/safe-door.js';
import type { ServerAcceptor } from '../lib/leader/server-acceptor.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import { dispatch } from '../lib/service/dispatcher.js';
import { ServiceRegistry } from '../lib/service/service-registry.js';
import { notExposed } from '../lib/serving/authorization.js';
import type { CallObserver } from '../lib/serving/call-ends.js';
import { CallFailures } from '../lib/serving/call-failures.js';
import { CallStats } from '../lib/serving/call-stats.js';
import { type Channel, withAsyncContext } from '../lib/serving/channel.js';
import type { IncomingCall } from '../lib/serving/incoming-call.js';
import { ObserverPair } from '../lib/serving/observer-pair.js';
import { traceCalls } from '../lib/serving/trace-calls.js';
import type { Term } from '../lib/term.js';
import { endedCalls } from './ended-calls.js';
import type { ServerEvents } from './events.js';
import { type InspectedServer, Inspection } from './inspection.js';
import { RecentCalls } from './recent-calls.js';
import type { ResolvedServerOptions } from './resolve.js';
import { ServeTraces } from './serve-traces.js';
import { ServerFilters } from './server-filters.js';
import type { ServerState } from './state.js';

/** The server whose calls are served, and the acceptor of now. */
export interface ServingServer {
  readonly server: Emitter<ServerEvents> & { readonly state: ServerState; readonly urls: readonly string[] };
  readonly acceptor: ServerAcceptor;
  /** Term of the server, while an election has made it the Leader. */
  readonly term: Term | undefined;
}

/**
 * Parts of a server that calls go through: the methods, the filters before them, the reports of failures and ends, the counts, and the
 * questions about the server itself.
 */
export class ServedCalls {
  readonly services = new ServiceRegistry();
  readonly filters: ServerFilters;
  readonly inspection: Inspection;
  readonly #options: ResolvedServerOptions;
  readonly #failures: CallFailures;
  readonly #serving: () => ServingServer;
  readonly #isMethod: (name: string) => boolean;
  /** Undefined where calls are not counted. */
  readonly stats: CallStats | undefined;
  /** Undefined where calls are not counted. */
  readonly #recent: RecentCalls | undefined;

  /** Throws {@link RpcCode.InvalidArgument} where `expectedErrors` is no such option. `serving` is not called before the first call. */
  constructor(options: ResolvedServerOptions, serving: () => ServingServer) {
    const { logger, expectedErrors, callStats, slowCall } = options;
    this.#options = options;
    this.#serving = serving;
    this.filters = new ServerFilters(options);
    const onFailed = (failure: ServerEvents['callFailed'][0]): boolean => serving().server.emit('callFailed', failure);
    this.#failures = new CallFailures({ logger, expectedErrors, onFailed });
    const isMethod = (name: string): boolean =>
      (this.services.lookup(name) ?? this.inspection.lookup(name)) !== undefined;
    this.#isMethod = isMethod;
    this.stats = callStats ? new CallStats(isMethod) : undefined;
    this.#recent = callStats ? new RecentCalls(slowCall) : undefined;
    this.inspection = new Inspection(this.#inspected());
  }

  /**
   * Makes the channel of the server, with a log line for each call, and with an async context for each, where the options ask for that.
   * `name`: the name of the server for log lines. `mayStart`: returns the error for which no method may be started any more.
   */
  channel(name: string, mayStart: (() => RpcError | undefined) | undefined): Channel {
    const { rpcDebugLog, logger, services } = this.#options;
    const traces = new ServeTraces(name, this.#isMethod);
    let observer: CallObserver = new ObserverPair(endedCalls(this.#serving().server), traces.observer());
    if (this.stats !== undefined) observer = new ObserverPair(this.stats, observer);
    if (this.#recent !== undefined) observer = new ObserverPair(this.#recent, observer);
    if (rpcDebugLog) observer = new ObserverPair(observer, traceCalls(name, logger));
    const channel = this.#channel(observer, mayStart, traces);
    return services.asyncContext ? withAsyncContext(channel) : channel;
  }

  /** Writes the log lines about calls that are still held back. */
  close(): void {
    this.#failures.close();
  }

  #channel(observer: CallObserver, mayStart: (() => RpcError | undefined) | undefined, traces: ServeTraces): Channel {
    const { services, filters, inspection } = this;
    const { id: name } = this.#options;
    const failures = this.#failures;
    const run = (call: IncomingCall): void => {
      const method = services.lookup(call.method);
      if (method === undefined) this.#inspect(call);
      else if (filters.isEmpty) dispatch(method, call.args, call, failures.logger, mayStart);
      else filters.serve(method, call, failures.logger, mayStart);
    };
    return {
      name,
      missing: (method) =>
        (services.lookup(method) ?? inspection.lookup(method)) ? undefined : services.missing(method),
      hasReturned: services.hasReturned,
      observer,
      failed: (failure) => failures.report(failure),
      invoke: (call) => {
        if (traces.isTraced(call)) traced(traces, call, run);
        else run(call);
      },
    };
  }

  /** Serves a call of a method that is no service's: a question about the server, or a name that does not exist. */
  #inspect(call: IncomingCall): void {
    const method = this.inspection.lookup(call.method);
    if (method === undefined) call.refuse(this.services.missing(call.method) as RpcError);
    else if (this.#mayInspect(call.caller, call.method)) dispatch(method, call.args, call, this.#failures.logger);
    else call.refuse(notExposed());
  }

  #mayInspect(caller: ConnectedPeer | undefined, method: string): boolean {
    const { authorization, listening, hasCustomAcceptor } = this.#options;
    const { endpoints } = this.#serving().acceptor;
    const isClosed = endpoints.every((each, at) => keepsStrangersOut(each, { ...listening, ...listening.doors[at] }));
    return authorization.mayInspect(caller, method, isClosed && !hasCustomAcceptor);
  }

  #inspected(): InspectedServer {
    const { services } = this;
    const { id, serverType, slowCall, inspect: isInspected } = this.#options;
    const serving = this.#serving;
    return {
      ...{ id, serverType, services, isInspected, slowCall, stats: this.stats, recent: this.#recent },
      get state() {
        return serving().server.state;
      },
      get urls() {
        return serving().server.urls;
      },
      get term() {
        return serving().term;
      },
      get callers() {
        return serving().acceptor.callers;
      },
      get limit() {
        return serving().acceptor.limit;
      },
      get connections() {
        return serving().acceptor.connections;
      },
    };
  }
}

/** A function of its own: a closure in the caller would make an object for each call, traced or not. */
function traced(traces: ServeTraces, call: IncomingCall, run: (call: IncomingCall) => void): void {
  traces.serve(call, () => run(call));
}
