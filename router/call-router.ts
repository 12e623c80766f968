import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';
import { getRouteTarget } from './get-route-target.js';
import { remaining } from './remaining.js';
import type { ResolvedRouter } from './resolve-router.js';
import type { ServerLoad } from './router.js';

/** Whoever knows the servers and sends the calls: the mail station. */
export interface RoutedCalls {
  servers(serverType: string): readonly ServerInfo[];
  /** Those of them that are to be chosen from; the same array where that is all. */
  candidates(serverType: string): readonly ServerInfo[];
  /** Calls for a server that are not settled. */
  inFlight(serverId: string): number;
  /** Recent latency of a server, ms; undefined where nothing is known. */
  latency(serverId: string): number | undefined;
  /** Keeps a call's deadline while its router takes its time. False: the call has failed instead. */
  hold(call: OutgoingCall): boolean;
  release(call: OutgoingCall): void;
  dispatch(call: OutgoingCall, serverId: string): void;
}

const NONE: ReadonlySet<string> = new Set();

/** Sends each call to the server that its type's router chooses. */
export class CallRouter {
  readonly #station: RoutedCalls;
  readonly #default: ResolvedRouter;
  readonly #routeContext: unknown;
  readonly #byType = new Map<string, ResolvedRouter>();
  readonly #load: ServerLoad;

  constructor(station: RoutedCalls, router: ResolvedRouter, routeContext: unknown) {
    this.#station = station;
    this.#default = router;
    this.#routeContext = routeContext;
    this.#load = { inFlight: (id) => station.inFlight(id), latency: (id) => station.latency(id) };
  }

  /** A router for one server type, in place of the default. */
  use(serverType: string, router: ResolvedRouter): void {
    this.#byType.set(serverType, router);
  }

  /**
   * In the caller's own tick where the router answers at once, so that the order of calling is the order of sending.
   * Never to a server that was `tried`: where the router insists on one, the next in the list is taken.
   */
  route(call: OutgoingCall, tried: ReadonlySet<string> = NONE): void {
    const { serverType } = call;
    const router = this.#byType.get(serverType) ?? this.#default;
    let target: string | Promise<string>;
    try {
      target = this.#ask(router, call, tried);
    } catch (error) {
      call.fail(error as RpcError);
      return;
    }
    if (typeof target === 'string') this.#station.dispatch(call, this.#untried(target, call, tried));
    else this.#await(call, target, tried);
  }

  #ask(router: ResolvedRouter, call: OutgoingCall, tried: ReadonlySet<string>): string | Promise<string> {
    const all = this.#station.servers(call.serverType);
    let servers = this.#station.candidates(call.serverType);
    if (tried.size > 0) {
      servers = remaining(servers, tried);
      if (servers.length === 0) servers = remaining(all, tried);
    }
    if (servers !== all && servers.length > 0 && router.kind === 'strategy' && router.strategy.isKeyed === true) {
      const target = getRouteTarget(router, all, call, this.#load, this.#routeContext);
      if (typeof target === 'string' && servers.some(({ id }) => id === target)) return target;
    }
    return getRouteTarget(router, servers, call, this.#load, this.#routeContext);
  }

  #untried(target: string, { serverType }: OutgoingCall, tried: ReadonlySet<string>): string {
    if (!tried.has(target)) return target;
    const all = this.#station.servers(serverType);
    const at = all.findIndex(({ id }) => id === target);
    const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(({ id }) => !tried.has(id));
    return next?.id ?? target;
  }

  #await(call: OutgoingCall, target: Promise<string>, tried: ReadonlySet<string>): void {
    const station = this.#station;
    const isHeld = station.hold(call);
    target.then(
      (serverId) => {
        if (isHeld) station.release(call);
        if (!call.isSettled) station.dispatch(call, this.#untried(serverId, call, tried));
      },
      (error: RpcError) => {
        if (isHeld) station.release(call);
        call.fail(error);
      },
    );
  }
}
