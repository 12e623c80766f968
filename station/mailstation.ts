import { outsideContexts } from '../lib/async-context.js';
import type { CallStage } from '../lib/call/call-stage.js';
import { HeldCalls } from '../lib/call/held-calls.js';
import { whyNoServer } from '../lib/call/no-server.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { debug } from '../lib/diagnostics.js';
import { Emitter } from '../lib/emitter.js';
import { endpointOf, sameEndpoint } from '../lib/endpoint.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { Lifecycle } from '../lib/lifecycle.js';
import type { RosterView } from '../lib/roster-view.js';
import type { ServerEntry, ServerInfo } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';
import {
  type ConnectHook,
  ConnectHooks,
  DEFAULT_PENDING_SIZE,
  type MailBox,
  type MailBoxState,
} from '../mailbox/index.js';
import type { MailBoxSharing, MakeMailBoxSharing, SharingState } from '../mailbox/shared/sharing.js';
import { Admission } from './admission.js';
import { CallFilters, type ErrorHandler } from './call-filters.js';
import { CallTracer } from './call-tracer.js';
import { ClientStop } from './client-stop.js';
import type { MailStationEvents } from './events.js';
import type { Filter } from './filters.js';
import { OutageLog, ServerChoice, type ServerHealthReport } from './health/index.js';
import { type ResolvedMailStationOptions, transportOf } from './options.js';
import { Outbox, type OutboxHandler } from './outbox.js';
import type { Presence } from './presence.js';
import { Roster, type RosterChange } from './roster.js';
import { rosterLogs, type Uncallable, warnOfMistypedFields } from './roster-entry.js';
import { type MailStationState, STATION_TRANSITIONS } from './state.js';

/**
 * The last stage before the connections, and the one place that knows the servers: sends a routed call through the before
 * filters to its server's mailbox, connects lazily, holds calls while a connection is being made, and passes answers
 * through the after filters.
 *
 * Order: calls to one server are sent in the order in which they left the before filters.
 */
export class MailStation extends Emitter<MailStationEvents> implements CallStage, RosterView {
  /** Decides which new calls may set out. */
  readonly admission: Admission;
  /** Calls whose router, filters or next attempt take their time. */
  readonly held: HeldCalls;
  readonly #options: ResolvedMailStationOptions;
  readonly #lifecycle = new Lifecycle<MailStationState>('idle', STATION_TRANSITIONS, (to, from) =>
    debug.station('%s -> %s', from, to),
  );
  readonly #roster: Roster;
  readonly #hooks = new ConnectHooks();
  readonly #sharing: MailBoxSharing | undefined;
  readonly #outbox: Outbox;
  readonly #filters: CallFilters;
  readonly #choice: ServerChoice;
  readonly #outages: OutageLog;
  readonly #ending: ClientStop;
  #stopped: Promise<void> | undefined;

  /**
   * `makeSharing` is given where the mailboxes are shared with other processes. `takesAll`: no entry of a list makes the
   * station throw; see {@link RosterOptions}.
   */
  constructor(options: ResolvedMailStationOptions, makeSharing?: MakeMailBoxSharing, takesAll = false) {
    super();
    this.#roster = new Roster({ takesAll, transport: transportOf(options), ...rosterLogs(options.logger) });
    this.#options = options;
    const sharing = makeSharing?.((to) => this.emit('share', to));
    this.#sharing = sharing;
    const handler: OutboxHandler = {
      onState: (mailbox, to, from, reason) => this.#onMailboxState(mailbox, to, from, reason),
    };
    const make = sharing && ((server: ServerInfo) => sharing.open(server));
    this.#outbox = new Outbox(options, handler, { make, hooks: this.#hooks });
    this.held = new HeldCalls((call) => call.expire(), options.pendingSize || DEFAULT_PENDING_SIZE);
    this.#filters = new CallFilters(this.held);
    this.#outages = new OutageLog(options.logger);
    this.#ending = new ClientStop({ held: this.held, outbox: this.#outbox, sharing });
    const { trace } = options;
    const tracer = trace && new CallTracer(trace.source, trace.logger, (step) => this.emit('trace', step));
    this.admission = new Admission(this, tracer);
    this.#choice = new ServerChoice(options.ejection, {
      servers: (serverType) => this.servers(serverType),
      onEject: (id, reason, ms) => this.emit('eject', id, reason, ms),
      onReadmit: (id, by) => this.emit('readmit', id, by),
    });
  }

  get state(): MailStationState {
    return this.#lifecycle.state;
  }

  /** Undefined: the mailboxes are this station's own. */
  get sharing(): SharingState | undefined {
    return this.#sharing?.state;
  }

  /** Takes no calls yet: the first list of servers is awaited. False when the station was started or stopped before. */
  begin(): boolean {
    return this.#lifecycle.move('starting');
  }

  /**
   * Connects nothing: connections are made when first needed. What shares mailboxes begins to compete for them. False
   * when it was started before.
   */
  start(): boolean {
    if (!this.#lifecycle.move('started')) return false;
    this.#hooks.close();
    outsideContexts(() => this.#sharing?.start());
    return true;
  }

  /**
   * Stops the station: refuses new calls. Calls in flight have `drainTimeout` to settle, and are then rejected; with
   * `force`, they are rejected at once. Resolves when all connections are closed. A second call returns the same promise.
   */
  stop(force = false): Promise<void> {
    // A station that was not started has nothing to wait for: a start that follows is refused.
    if (force || this.state === 'idle' || this.state === 'starting') this.#lifecycle.move('closed');
    this.#stopped ??= this.#stop();
    if (force) void this.#ending.destroy();
    return this.#stopped;
  }

  servers(serverType: string): readonly ServerInfo[] {
    return this.#roster.ofType(serverType);
  }

  /** Servers that routers choose from: without those that are ejected or leave. The same array as long as nothing changes. */
  candidates(serverType: string): readonly ServerInfo[] {
    return this.#choice.of(serverType, this.#roster.ofType(serverType));
  }

  /** Sets all servers that are chosen last, by id. */
  setPresences(byId: ReadonlyMap<string, Presence>): void {
    this.#choice.setPresences(byId);
  }

  /** Undefined where nothing is known of the server, and without `ejection`. */
  health(id: string): ServerHealthReport | undefined {
    return this.#choice.report(id);
  }

  server(id: string): ServerInfo | undefined {
    return this.#roster.get(id);
  }

  /** Servers that can be called. */
  allServers(): readonly ServerInfo[] {
    return this.#roster.all();
  }

  /** Entries of all servers, also of those that cannot be called. */
  entries(): readonly ServerEntry[] {
    return this.#roster.entries();
  }

  readonly serverTypes = (): readonly string[] => this.#roster.types();
  /** Set by a client that follows sources. */
  sources: NonNullable<RosterView['sources']> = () => [];
  readonly lastFailure = (id: string): RpcError | undefined => this.#outbox.mailbox(id)?.lastFailure;

  uncallableOfType(serverType: string): Uncallable | undefined {
    return this.#roster.uncallableOfType(serverType);
  }

  /** Calls for a server that were sent and are not answered, or wait for its connection. */
  inFlight(id: string): number {
    return this.#outbox.inFlight(id);
  }

  /** Recent latency of a server, ms; undefined where nothing is known. */
  latency(id: string): number | undefined {
    return this.#outbox.mailbox(id)?.latency;
  }

  mailboxState(id: string): MailBoxState | undefined {
    return this.#outbox.mailbox(id)?.state;
  }

  addServer(server: ServerEntry): void {
    const change = this.#roster.add(server);
    if (change !== undefined) this.#apply([change]);
  }

  /** Adds all of them or, where one entry is invalid, none. */
  addServers(servers: readonly ServerEntry[]): void {
    this.#apply(this.#roster.addAll(servers));
  }

  removeServer(id: string): void {
    const change = this.#roster.remove(id);
    if (change !== undefined) this.#apply([change]);
  }

  /** The roster becomes exactly this list; servers that stay keep their connections. */
  replaceServers(servers: readonly ServerEntry[]): void {
    this.#apply(this.#roster.replace(servers));
  }

  before(filters: Filter | readonly Filter[]): void {
    this.#filters.addBefore(filters);
  }

  after(filters: Filter | readonly Filter[]): void {
    this.#filters.addAfter(filters);
  }

  setErrorHandler(handler: ErrorHandler): void {
    this.#filters.setErrorHandler(handler);
  }

  /** Adds a hook for fresh connections; only before the start. `serverType` undefined: to servers of all types. */
  onConnect(serverType: string | undefined, hook: ConnectHook): void {
    this.#hooks.add(serverType, hook);
  }

  isConnected(id: string): boolean {
    return this.mailboxState(id) === 'ready';
  }

  onReachable(listener: (serverId: string) => void): void {
    this.on('mailbox', (id, to) => {
      if (to === 'ready') listener(id);
    });
    this.on('addServer', (id) => listener(id));
    this.on('replaceServer', (id) => listener(id));
  }

  /** Sends an admitted call to the server that its router chose. */
  send(call: OutgoingCall): void {
    if (call.isSettled) return; // cancelled by its own router
    if (this.#lifecycle.state === 'closed')
      return void call.fail(call.error(RpcCode.Closed, 'the client was stopped before the call was sent', 'not-sent'));
    if (this.#filters.hasBefore) this.#filters.before(call, this.#forward);
    else this.#forward(call);
  }

  readonly #forward = (call: OutgoingCall): void => {
    const serverId = call.serverId ?? '';
    const mailbox = this.#outbox.mailbox(serverId) ?? this.#openMailbox(serverId);
    if (mailbox === undefined) {
      call.fail(call.error(RpcCode.NoServer, whyNoServer(serverId, this.#roster, this.sources()), 'not-sent'));
      return;
    }
    if (!call.oneway) {
      const watcher = this.#choice.watcherOf(mailbox.server);
      if (watcher !== undefined) call.watcher = watcher;
      if (this.#filters.hasAfter) call.answerStage = this.#filters;
    }
    this.#outbox.send(call, mailbox);
  };

  #openMailbox(serverId: string): MailBox | undefined {
    const server = this.server(serverId);
    // The mailbox lives longer than the call that needs it first, and so would the caller's store in its promises.
    return server && outsideContexts(() => this.#outbox.open(server));
  }

  #onMailboxState(mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    const { id } = mailbox.server;
    this.#outages.onMove(mailbox, to, reason);
    this.#choice.onMailbox(id, this.#roster.get(id), to, from, reason);
    this.emit('mailbox', id, to, from, reason, mailbox.generation);
    if (from === 'ready') this.emit('close', id, reason);
  }

  /** Makes all changes before it reports any: a listener that throws prevents none. */
  #apply(changes: readonly RosterChange[]): void {
    for (const change of changes) this.#follow(change);
    for (const { id, kind, old, now } of changes) {
      if (kind === 'removed') this.emit('removeServer', id);
      else if (old !== undefined && now !== undefined) this.emit('replaceServer', id, now, old);
      else this.emit('addServer', id);
    }
  }

  #follow({ id, kind, old, now }: RosterChange): void {
    if (now !== undefined) warnOfMistypedFields(now, this.#options.logger);
    const isElsewhere = old !== undefined && now !== undefined && !sameEndpoint(endpointOf(old), endpointOf(now));
    if (kind === 'removed' || isElsewhere || old?.serverType !== now?.serverType) this.#choice.forget(id);
    const reason = (why: string) => new RpcError(RpcCode.ServerRemoved, `server ${id} ${why}`, { serverId: id });
    if (kind === 'removed') this.#hooks.forget(id);
    if (kind === 'removed') this.#outbox.remove(id, reason('was removed'));
    else if (isElsewhere) this.#outbox.move(now, reason('moved to another address'));
    this.#options.terms.trust(id, now?.['term']);
  }

  async #stop(): Promise<void> {
    const drainTimeout = this.#lifecycle.move('draining') ? this.#options.drainTimeout : 0;
    const endAt = performance.now() + drainTimeout;
    await this.#ending.drain(() => (this.state === 'closed' ? 0 : Math.max(0, endAt - performance.now())));
    this.#lifecycle.move('closed');
    this.#choice.stop();
    await this.#ending.destroy();
  }
}
