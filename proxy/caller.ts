import { type Callback, userCallback } from '../lib/callback.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { invalid, timeoutMs } from '../lib/options.js';
import { type CallOptions, OutgoingCall, type Settle } from '../lib/transport/outgoing-call.js';
import type { RemoteMethod } from '../lib/transport/remote-method.js';
import { getRouteTarget, type ResolvedRouter, type ServerLoad } from '../router/index.js';
import type { MailStation } from '../station/index.js';
import { type Outcome, toAll } from './broadcast.js';

export interface CallerOptions {
  /** ms */
  readonly timeout: number;
  readonly routeContext: unknown;
  routerOf(serverType: string): ResolvedRouter;
}

/** What a one-way call that fails is reported to: nobody waits for it. */
export type OnewayFailure = (error: RpcError) => void;

const BY_ROUTER = Symbol('by router');
/** The id of a server, or that the router is to choose one. */
type Target = string | typeof BY_ROUTER;

/**
 * Makes calls out of what a proxy was called with. Its three ways of finding servers: routed, one named, all of a type.
 *
 * A function as the last argument is the callback, since no codec carries functions; then nothing is returned.
 */
export class Caller {
  readonly #station: MailStation;
  readonly #options: CallerOptions;
  readonly #load: ServerLoad;
  readonly #onOnewayFailure: OnewayFailure;

  constructor(station: MailStation, options: CallerOptions, onOnewayFailure: OnewayFailure) {
    this.#station = station;
    this.#options = options;
    this.#load = { inFlight: (id) => station.inFlight(id), latency: () => undefined };
    this.#onOnewayFailure = onOnewayFailure;
  }

  /** Checks the options of one call; throws {@link RpcCode.InvalidArgument}. */
  static checkOptions(options: CallOptions): CallOptions {
    if (typeof options !== 'object' || options === null) throw invalid('the options of a call must be an object');
    timeoutMs('timeout', options.timeout, 1);
    return options;
  }

  routed(method: RemoteMethod, routeParam: unknown, args: unknown[], options: CallOptions): Promise<unknown> | undefined {
    return this.#make(method, args, options, routeParam, BY_ROUTER);
  }

  toServer(method: RemoteMethod, serverId: string, args: unknown[], options: CallOptions): Promise<unknown> | undefined {
    if (serverId === '*') return this.toAll(method, args, options);
    return this.#make(method, args, options, undefined, serverId);
  }

  /** Resolves to every server's outcome. A callback gets the first failure, if there was one, and the outcomes. */
  toAll(method: RemoteMethod, args: unknown[], options: CallOptions): Promise<Outcome[]> | undefined {
    const callback = takeCallback(args);
    const outcomes = this.#broadcast(method, args, options);
    if (callback === undefined) return outcomes;
    outcomes.then(
      (all) => callback(all.find((outcome) => outcome.status === 'rejected')?.reason ?? null, all),
      (error: Error) => callback(error),
    );
    return undefined;
  }

  /**
   * Settles when the call was handed to the connection; there is no answer. A failure is reported, and need not be
   * caught as well.
   */
  oneway(method: RemoteMethod, routeParam: unknown, args: unknown[], options: CallOptions): Promise<void> {
    return this.#makeOneway(method, args, options, routeParam, BY_ROUTER);
  }

  onewayToServer(method: RemoteMethod, serverId: string, args: unknown[], options: CallOptions): Promise<void> {
    return this.#makeOneway(method, args, options, undefined, serverId);
  }

  async #broadcast(method: RemoteMethod, args: unknown[], options: CallOptions): Promise<Outcome[]> {
    const servers = this.#station.servers(method.serverType);
    if (servers.length === 0) {
      const message = `${method.name}: no server of type '${method.serverType}' is known`;
      throw new RpcError(RpcCode.NoServer, message, { method: method.name, delivery: 'not-sent' });
    }
    // Each call has arguments of its own: a filter that rewrites one server's must not reach the others'.
    return toAll(servers, (serverId) => this.toServer(method, serverId, [...args], options) as Promise<unknown>);
  }

  /** The outcome is the callback's, or else the promise's. */
  #make(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    routeParam: unknown,
    target: Target,
  ): Promise<unknown> | undefined {
    const timeout = options.timeout ?? this.#options.timeout;
    const callback = takeCallback(args);
    if (callback !== undefined) {
      const settle: Settle = (error, results) => (error === undefined ? callback(null, ...results) : callback(error));
      this.#send(new OutgoingCall(method, args, timeout, false, options, routeParam, settle), target);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const settle: Settle = (error, results) => (error === undefined ? resolve(results[0]) : reject(error));
      this.#send(new OutgoingCall(method, args, timeout, false, options, routeParam, settle), target);
    });
  }

  #makeOneway(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    routeParam: unknown,
    target: Target,
  ): Promise<void> {
    const timeout = options.timeout ?? this.#options.timeout;
    const sent = new Promise<void>((resolve, reject) => {
      const settle: Settle = (error) => (error === undefined ? resolve() : reject(error));
      this.#send(new OutgoingCall(method, args, timeout, true, options, routeParam, settle), target);
    });
    sent.catch(this.#onOnewayFailure);
    return sent;
  }

  #send(call: OutgoingCall, target: Target): void {
    if (!this.#station.admit(call)) return;
    if (target === BY_ROUTER) this.#route(call);
    else if (typeof target === 'string' && target !== '') this.#station.dispatch(call, target);
    else call.fail(call.error(RpcCode.InvalidArgument, 'the id of a server must be a non-empty string', 'not-sent'));
  }

  #route(call: OutgoingCall): void {
    const station = this.#station;
    const { routeContext } = this.#options;
    const { serverType } = call;
    let target: string | Promise<string>;
    try {
      target = getRouteTarget(this.#options.routerOf(serverType), station.servers(serverType), call, this.#load, routeContext);
    } catch (error) {
      call.fail(error as RpcError);
      return;
    }
    if (typeof target === 'string') station.dispatch(call, target);
    else this.#awaitRoute(call, target);
  }

  #awaitRoute(call: OutgoingCall, target: Promise<string>): void {
    const station = this.#station;
    station.hold(call);
    target.then(
      (serverId) => {
        station.release(call);
        if (!call.isSettled) station.dispatch(call, serverId);
      },
      (error: RpcError) => {
        station.release(call);
        call.fail(error);
      },
    );
  }
}

function takeCallback(args: unknown[]): Callback<unknown[]> | undefined {
  if (typeof args.at(-1) !== 'function') return undefined;
  return userCallback(args.pop() as Callback<unknown[]>);
}
