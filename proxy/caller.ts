import { type Callback, userCallback } from '../lib/callback.js';
import { messageOf, RpcCode, RpcError } from '../lib/errors.js';
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
    return this.#make(method, args, options, (call) => this.#route(call), routeParam);
  }

  toServer(method: RemoteMethod, serverId: string, args: unknown[], options: CallOptions): Promise<unknown> | undefined {
    if (serverId === '*') return this.toAll(method, args, options);
    return this.#make(method, args, options, (call) => this.#sendTo(call, serverId));
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
    return this.#makeOneway(method, args, options, (call) => this.#route(call), routeParam);
  }

  onewayToServer(method: RemoteMethod, serverId: string, args: unknown[], options: CallOptions): Promise<void> {
    return this.#makeOneway(method, args, options, (call) => this.#sendTo(call, serverId));
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

  #make(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    send: (call: OutgoingCall) => void,
    routeParam?: unknown,
  ): Promise<unknown> | undefined {
    const callback = takeCallback(args);
    const timeout = options.timeout ?? this.#options.timeout;
    const spec = { method, args, timeout, oneway: false, options, routeParam };
    if (callback !== undefined) {
      const settle: Settle = (error, results) => (error === undefined ? callback(null, ...results) : callback(error));
      send(new OutgoingCall({ ...spec, settle }));
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const settle: Settle = (error, results) => (error === undefined ? resolve(results[0]) : reject(error));
      send(new OutgoingCall({ method, args, timeout, oneway: false, options, routeParam, settle }));
    });
  }

  #makeOneway(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    send: (call: OutgoingCall) => void,
    routeParam?: unknown,
  ): Promise<void> {
    const timeout = options.timeout ?? this.#options.timeout;
    const sent = new Promise<void>((resolve, reject) => {
      const settle: Settle = (error) => (error === undefined ? resolve() : reject(error));
      send(new OutgoingCall({ method, args, timeout, oneway: true, options, routeParam, settle }));
    });
    sent.catch(this.#onOnewayFailure);
    return sent;
  }

  #sendTo(call: OutgoingCall, serverId: unknown): void {
    if (typeof serverId !== 'string' || serverId === '') {
      const why = `the id of a server must be a non-empty string, got ${messageOf(serverId)}`;
      call.fail(call.error(RpcCode.InvalidArgument, why, 'not-sent'));
      return;
    }
    if (this.#station.admit(call)) this.#station.dispatch(call, serverId);
  }

  #route(call: OutgoingCall): void {
    const station = this.#station;
    if (!station.admit(call)) return;
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
