import type { CallAdmission, CallStage } from '../../lib/call/call-stage.js';
import { HeldCalls } from '../../lib/call/held-calls.js';
import { whyNoServer } from '../../lib/call/no-server.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Lifecycle } from '../../lib/lifecycle.js';
import type { RosterView } from '../../lib/roster-view.js';
import type { ServerEntry, ServerInfo } from '../../lib/server-info.js';
import type { MailBox } from '../../mailbox/mailbox.js';
import { DEFAULT_PENDING_SIZE } from '../../mailbox/options.js';
import type { MailBoxState } from '../../mailbox/state.js';
import { ClientStop } from '../../station/client-stop.js';
import { Outbox } from '../../station/outbox.js';
import { type MailStationState, STATION_TRANSITIONS } from '../../station/state.js';
import { Emitter } from '../lib/emitter.js';
import { endpointOf, sameEndpoint } from '../lib/endpoint.js';
import { performance } from '../lib/timers.js';
import type { ResolvedMailStationOptions } from './options.js';
import { Roster, type RosterChange } from './roster.js';

/** Events of a client, each with its arguments. */
export type MailStationEvents = {
  /** A server was added to the roster. */
  addServer: [id: string];
  /** A server was removed from the roster. */
  removeServer: [id: string];
  /** An entry of the roster was replaced by another with the same id. */
  replaceServer: [id: string, now: ServerInfo, old: ServerInfo];
  /**
   * The state of the connection to one server has changed. `generation` is given while connected: the text differs where another
   * server, such as the next process, has the address now.
   */
  mailbox: [
    id: string,
    to: MailBoxState,
    from: MailBoxState,
    reason: RpcError | undefined,
    generation: string | undefined,
  ];
};

/**
 * The last stage before the connections, and the one place that knows the servers. A page's station has no filters, no hooks,
 * no ejection, no tracing and no shared mailboxes; see station/mailstation.ts.
 */
export class MailStation extends Emitter<MailStationEvents> implements CallStage, RosterView {
  /** Decides which new calls may set out. */
  readonly admission: CallAdmission = { admit: (call) => this.#admit(call) };
  /** Calls whose next attempt takes its time. */
  readonly held: HeldCalls;
  readonly #options: ResolvedMailStationOptions;
  readonly #lifecycle = new Lifecycle<MailStationState>('idle', STATION_TRANSITIONS, () => {});
  readonly #roster = new Roster();
  readonly #outbox: Outbox;
  readonly #ending: ClientStop;
  #stopped: Promise<void> | undefined;

  constructor(options: ResolvedMailStationOptions) {
    super();
    this.#options = options;
    this.#outbox = new Outbox(options, {
      onState: (mailbox, to, from, reason) =>
        void this.emit('mailbox', mailbox.server.id, to, from, reason, mailbox.generation),
    });
    this.held = new HeldCalls((call) => call.expire(), options.pendingSize || DEFAULT_PENDING_SIZE);
    this.#ending = new ClientStop({ held: this.held, outbox: this.#outbox, sharing: undefined });
  }

  get state(): MailStationState {
    return this.#lifecycle.state;
  }

  /** Connects nothing: connections are made when first needed. False when it was started before. */
  start(): boolean {
    return this.#lifecycle.move('started');
  }

  /** Stops the station; see station/mailstation.ts. */
  stop(force = false): Promise<void> {
    if (force || this.state === 'idle') this.#lifecycle.move('closed');
    this.#stopped ??= this.#stop();
    if (force) void this.#ending.destroy();
    return this.#stopped;
  }

  servers(serverType: string): readonly ServerInfo[] {
    return this.#roster.ofType(serverType);
  }

  candidates(serverType: string): readonly ServerInfo[] {
    return this.#roster.ofType(serverType);
  }

  server(id: string): ServerInfo | undefined {
    return this.#roster.get(id);
  }

  allServers(): readonly ServerInfo[] {
    return this.#roster.all();
  }

  readonly serverTypes = (): readonly string[] => this.#roster.types();

  uncallableOfType(_serverType: string): undefined {
    return undefined;
  }

  inFlight(id: string): number {
    return this.#outbox.inFlight(id);
  }

  latency(id: string): number | undefined {
    return this.#outbox.mailbox(id)?.latency;
  }

  mailboxState(id: string): MailBoxState | undefined {
    return this.#outbox.mailbox(id)?.state;
  }

  /** Adds all of them or, where one entry is invalid, none. */
  addServers(servers: readonly ServerEntry[]): void {
    this.#apply(this.#roster.addAll(servers));
  }

  removeServer(id: string): void {
    this.#apply(this.#roster.remove(id));
  }

  /** The roster becomes exactly this list; servers that stay keep their connections. */
  replaceServers(servers: readonly ServerEntry[]): void {
    this.#apply(this.#roster.replace(servers));
  }

  isConnected(id: string): boolean {
    return this.mailboxState(id) === 'ready';
  }

  onReachable(listener: (serverId: string) => void): void {
    this.on('mailbox', (id, to) => {
      if (to === 'ready') listener(id);
    });
    this.on('addServer', listener);
    this.on('replaceServer', listener);
  }

  /** Sends an admitted call to the server that its router chose. */
  send(call: OutgoingCall): void {
    if (call.isSettled) return;
    const serverId = call.serverId ?? '';
    const mailbox = this.#outbox.mailbox(serverId) ?? this.#openMailbox(serverId);
    if (mailbox !== undefined) this.#outbox.send(call, mailbox);
    else call.fail(call.error(RpcCode.NoServer, whyNoServer(serverId, this.#roster), 'not-sent'));
  }

  #admit(call: OutgoingCall): boolean {
    const { state } = this;
    if (state === 'started') return true;
    const [code, why] =
      state === 'idle'
        ? [RpcCode.NotStarted, 'the client is not started: await client.start() before the call']
        : [RpcCode.Closed, 'the client is stopped: make another client for further calls'];
    call.fail(call.error(code, why, 'not-sent'));
    return false;
  }

  #openMailbox(serverId: string): MailBox | undefined {
    const server = this.server(serverId);
    return server && this.state !== 'closed' ? this.#outbox.open(server) : undefined;
  }

  /** Makes all changes before it reports any: a listener that throws prevents none. */
  #apply(changes: readonly RosterChange[]): void {
    for (const { id, old, now } of changes) {
      const reason = (why: string) => new RpcError(RpcCode.ServerRemoved, `server ${id} ${why}`, { serverId: id });
      if (now === undefined) this.#outbox.remove(id, reason('was removed'));
      else if (old !== undefined && !sameEndpoint(endpointOf(old), endpointOf(now)))
        this.#outbox.move(now, reason('moved to another address'));
    }
    for (const { id, old, now } of changes) {
      if (now === undefined) this.emit('removeServer', id);
      else if (old !== undefined) this.emit('replaceServer', id, now, old);
      else this.emit('addServer', id);
    }
  }

  async #stop(): Promise<void> {
    const drainTimeout = this.#lifecycle.move('draining') ? this.#options.drainTimeout : 0;
    const endAt = performance.now() + drainTimeout;
    await this.#ending.drain(() => (this.state === 'closed' ? 0 : Math.max(0, endAt - performance.now())));
    this.#lifecycle.move('closed');
    await this.#ending.destroy();
  }
}
