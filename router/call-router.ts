import type { CallStage } from '../lib/call/call-stage.js';
import type { HeldCalls } from '../lib/call/held-calls.js';
import { noServerOfType } from '../lib/call/no-server.js';
import { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RemoteMethod } from '../lib/call/remote-method.js';
import type { RpcError } from '../lib/errors.js';
import type { RosterView } from '../lib/roster-view.js';
import { getRouteTarget } from './get-route-target.js';
import { remaining } from './remaining.js';
import type { ResolvedRouter } from './resolve-router.js';
import type { ServerLoad } from './router.js';

/** Parts that the router works with. */
export interface CallRouterParts {
  /** Stage behind this one: the mail station. */
  readonly next: CallStage;
  readonly roster: RosterView;
  /** Keeps the deadlines of calls whose routers take their time. */
  readonly held: HeldCalls;
  /** Notified once, of the first call whose route parameter is a plain value, which no strategy uses. @default none */
  readonly onPlainRouteParam?: ((call: OutgoingCall, router: string) => void) | undefined;
}

/** Types of values that are probably meant for the method: a caller has forgotten the route parameter. */
const PLAIN = new Set(['string', 'number', 'boolean', 'bigint']);

/** Sends each call to the server that the router of its type chooses, or to the server that the caller named. */
export class CallRouter implements CallStage {
  readonly #next: CallStage;
  readonly #roster: RosterView;
  readonly #held: HeldCalls;
  readonly #default: ResolvedRouter;
  readonly #routeContext: unknown;
  readonly #byType = new Map<string, ResolvedRouter>();
  readonly #load: ServerLoad;
  #onPlainRouteParam: ((call: OutgoingCall, router: string) => void) | undefined;

  constructor(
    { next, roster, held, onPlainRouteParam }: CallRouterParts,
    router: ResolvedRouter,
    routeContext: unknown,
  ) {
    this.#next = next;
    this.#roster = roster;
    this.#held = held;
    this.#onPlainRouteParam = onPlainRouteParam;
    this.#default = router;
    this.#routeContext = routeContext;
    this.#load = { inFlight: (id) => roster.inFlight(id), latency: (id) => roster.latency(id) };
  }

  /** Sets the router of one server type, in place of the default. */
  use(serverType: string, router: ResolvedRouter): void {
    this.#byType.set(serverType, router);
  }

  /**
   * Routes a call in the caller's own tick where the router answers at once, so that calls are sent in the order in
   * which they are made. A server that the call {@link OutgoingCall.excludes} is never chosen: where the router insists
   * on one, the next server of the list is taken.
   */
  send(call: OutgoingCall): void {
    if (call.serverId !== undefined) return this.#next.send(call);
    const router = this.#byType.get(call.serverType) ?? this.#default;
    let target: string | Promise<string>;
    try {
      target = this.#ask(router, call);
    } catch (error) {
      call.fail(error as RpcError);
      return;
    }
    if (typeof target === 'string') this.#sendTo(target, call);
    else this.#await(call, target, router);
  }

  /** Server that a call with these values would go to. Rejects with the error of such a call. */
  async which(serverType: string, routeParam: unknown, args: unknown[]): Promise<string> {
    const router = this.#byType.get(serverType) ?? this.#default;
    const method = new RemoteMethod({ namespace: '', serverType, service: '', method: '' });
    return this.#ask(router, new OutgoingCall(method, args, 1, false, {}, routeParam, () => {}));
  }

  #sendTo(target: string, call: OutgoingCall): void {
    call.serverId = this.#notExcluded(target, call);
    this.#next.send(call);
  }

  #ask(router: ResolvedRouter, call: OutgoingCall): string | Promise<string> {
    const { excludes } = call;
    const all = this.#roster.servers(call.serverType);
    if (all.length === 0 && router.kind === 'strategy') {
      const { serverType } = call;
      throw noServerOfType(call.method.name, serverType, this.#roster);
    }
    if (this.#onPlainRouteParam !== undefined) this.#note(call, router);
    let servers = this.#roster.candidates(call.serverType);
    if (excludes.size > 0) {
      servers = remaining(servers, excludes);
      if (servers.length === 0) servers = remaining(all, excludes);
    }
    if (servers !== all && servers.length > 0 && router.kind === 'strategy' && router.strategy.isKeyed === true) {
      const target = getRouteTarget(router, all, call, this.#load, this.#routeContext);
      if (typeof target === 'string' && servers.some(({ id }) => id === target)) return target;
    }
    return getRouteTarget(router, servers, call, this.#load, this.#routeContext);
  }

  #note(call: OutgoingCall, router: ResolvedRouter): void {
    if (router.kind !== 'strategy' || !router.isBuiltIn || !PLAIN.has(typeof call.routeParam)) return;
    this.#onPlainRouteParam?.(call, router.name);
    this.#onPlainRouteParam = undefined;
  }

  #notExcluded(target: string, { serverType, excludes }: OutgoingCall): string {
    if (!excludes.has(target)) return target;
    const all = this.#roster.servers(serverType);
    const at = all.findIndex(({ id }) => id === target);
    const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(({ id }) => !excludes.has(id));
    return next?.id ?? target;
  }

  #await(call: OutgoingCall, target: Promise<string>, router: ResolvedRouter): void {
    const isHeld = this.#held.add(call);
    if (isHeld && router.kind === 'function') call.startClock().waitsOn = router.waiting;
    target.then(
      (serverId) => {
        if (isHeld) this.#held.delete(call);
        if (!call.isSettled) this.#sendTo(serverId, call);
      },
      (error: RpcError) => {
        if (isHeld) this.#held.delete(call);
        call.fail(error);
      },
    );
  }
}
