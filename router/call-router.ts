import type { ServerInfo } from '../lib/call.js';
import type { RpcError } from '../lib/errors.js';
import type { OutgoingCall } from '../lib/transport/outgoing-call.js';
import { getRouteTarget } from './get-route-target.js';
import type { ResolvedRouter } from './resolve-router.js';
import type { ServerLoad } from './router.js';

/** Whoever knows the servers and sends the calls: the mail station. */
export interface RoutedCalls {
  servers(serverType: string): readonly ServerInfo[];
  /** Calls for a server that are not settled. */
  inFlight(serverId: string): number;
  /** Recent latency of a server, ms; undefined where nothing is known. */
  latency(serverId: string): number | undefined;
  /** Keeps a call's deadline while its router takes its time. False: the call has failed instead. */
  hold(call: OutgoingCall): boolean;
  release(call: OutgoingCall): void;
  dispatch(call: OutgoingCall, serverId: string): void;
}

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

  /** In the caller's own tick where the router answers at once, so that the order of calling is the order of sending. */
  route(call: OutgoingCall): void {
    const { serverType } = call;
    const router = this.#byType.get(serverType) ?? this.#default;
    let target: string | Promise<string>;
    try {
      target = getRouteTarget(router, this.#station.servers(serverType), call, this.#load, this.#routeContext);
    } catch (error) {
      call.fail(error as RpcError);
      return;
    }
    if (typeof target === 'string') this.#station.dispatch(call, target);
    else this.#await(call, target);
  }

  #await(call: OutgoingCall, target: Promise<string>): void {
    const station = this.#station;
    const isHeld = station.hold(call);
    target.then(
      (serverId) => {
        if (isHeld) station.release(call);
        if (!call.isSettled) station.dispatch(call, serverId);
      },
      (error: RpcError) => {
        if (isHeld) station.release(call);
        call.fail(error);
      },
    );
  }
}
