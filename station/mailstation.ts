import type { ServerInfo } from '../lib/call.js';
import { debug } from '../lib/diagnostics.js';
import { Emitter } from '../lib/emitter.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { Lifecycle, type Transitions } from '../lib/lifecycle.js';
import { invalid } from '../lib/options.js';
import type { CallOptions, OutgoingCall } from '../lib/transport/outgoing-call.js';
import { ForeignMailBox, LineMailBox, type MailBox, type MailBoxState } from '../mailbox/index.js';
import { type Filter, type Filtered, runFilters } from './filters.js';
import { HeldCalls } from './held-calls.js';
import type { ResolvedMailStationOptions } from './options.js';
import { Roster, type RosterChange, sameAddress } from './roster.js';

export type MailStationEvents = {
  addServer: [id: string];
  removeServer: [id: string];
  /** An entry with the same id took another's place. */
  replaceServer: [id: string, now: ServerInfo, old: ServerInfo];
  /** A connection that stood was lost or closed. */
  close: [id: string, reason: RpcError | undefined];
  /** A mailbox moved: for those who want to watch connections come and go. */
  mailbox: [id: string, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined];
};

/** What a filter's failure is reported to, beside its call's caller. Source: pomelo-rpc, `setErrorHandler`. */
export type ErrorHandler = (error: RpcError, serverId: string, msg: OutgoingCall['msg'], opts: CallOptions) => void;

const TRANSITIONS = {
  idle: ['started', 'closed'],
  started: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'started' | 'draining' | 'closed'>;
export type MailStationState = keyof typeof TRANSITIONS;

/**
 * All mailboxes, and the one place that knows the servers. Sends a routed call through the before filters to its
 * server's mailbox, connects lazily, holds calls while a connection is being made, and passes answers through the
 * after filters.
 *
 * Order: calls to one server are sent in the order in which they left the before filters.
 */
export class MailStation extends Emitter<MailStationEvents> {
  readonly #options: ResolvedMailStationOptions;
  readonly #lifecycle = new Lifecycle<MailStationState>('idle', TRANSITIONS, (to, from) => debug.station('%s -> %s', from, to));
  readonly #roster = new Roster();
  readonly #mailboxes = new Map<string, MailBox>();
  /** Mailboxes of servers that were removed or replaced, until their last answers are in. */
  readonly #leaving = new Set<MailBox>();
  readonly #held = new HeldCalls((call) => this.#onDue(call));
  /** Calls that wait for a connection, by server, in the order of sending; all of them are in `#held` too. */
  readonly #pending = new Map<string, Set<OutgoingCall>>();
  #befores: readonly Filter[] = [];
  #afters: readonly Filter[] = [];
  #errorHandler: ErrorHandler | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ResolvedMailStationOptions) {
    super();
    this.#options = options;
  }

  get state(): MailStationState {
    return this.#lifecycle.state;
  }

  /** Connects nothing: connections are made when first needed. False when it was started before. */
  start(): boolean {
    return this.#lifecycle.move('started');
  }

  /**
   * New calls are refused; what is under way has `drainTimeout` to settle, and is then rejected. `force`: at once.
   * Resolves when all connections are closed. Again: the same promise.
   */
  stop(force = false): Promise<void> {
    if (force) this.#lifecycle.move('closed');
    this.#stopped ??= this.#stop();
    if (force) this.#closeAll(true);
    return this.#stopped;
  }

  servers(serverType: string): readonly ServerInfo[] {
    return this.#roster.ofType(serverType);
  }

  server(id: string): ServerInfo | undefined {
    return this.#roster.get(id);
  }

  /** Calls for a server that were sent and are not answered, or wait for its connection. */
  inFlight(id: string): number {
    return (this.#mailboxes.get(id)?.inFlight ?? 0) + (this.#pending.get(id)?.size ?? 0);
  }

  mailboxState(id: string): MailBoxState | undefined {
    return this.#mailboxes.get(id)?.state;
  }

  addServer(server: ServerInfo): void {
    this.#apply(this.#roster.add(server));
  }

  removeServer(id: string): void {
    this.#apply(this.#roster.remove(id));
  }

  /** The roster becomes exactly this list; servers that stay keep their connections. */
  replaceServers(servers: readonly ServerInfo[]): void {
    for (const change of this.#roster.replace(servers)) this.#apply(change);
  }

  before(filters: Filter | readonly Filter[]): void {
    this.#befores = [...this.#befores, ...checkFilters(filters)];
  }

  after(filters: Filter | readonly Filter[]): void {
    this.#afters = [...this.#afters, ...checkFilters(filters)];
  }

  setErrorHandler(handler: ErrorHandler): void {
    this.#errorHandler = handler;
  }

  /** True when the call may go on; otherwise it has been failed. */
  admit(call: OutgoingCall): boolean {
    const state = this.#lifecycle.state;
    if (state === 'started') return true;
    const [code, why] = state === 'idle' ? [RpcCode.NotStarted, 'not started'] : [RpcCode.Closed, 'stopped'];
    call.fail(call.error(code, `the client is ${why}`, 'not-sent'));
    return false;
  }

  /** Keeps a call's deadline while its router takes its time. False, and the call has failed, when too many do. */
  hold(call: OutgoingCall): boolean {
    if (this.#held.size >= this.#options.pendingSize && call.stage !== 'waiting for a connection') {
      call.fail(call.error(RpcCode.PendingFull, `${this.#held.size} calls wait already, pendingSize is ${this.#options.pendingSize}`, 'not-sent'));
      return false;
    }
    this.#held.add(call);
    return true;
  }

  release(call: OutgoingCall): void {
    this.#held.delete(call);
  }

  /** Sends a call, which was admitted, to the server that its router chose. */
  dispatch(call: OutgoingCall, serverId: string): void {
    call.serverId = serverId;
    if (this.#lifecycle.state === 'closed') {
      call.fail(call.error(RpcCode.Closed, 'the client is stopped', 'not-sent'));
      return;
    }
    if (this.#befores.length > 0) this.#filterBefore(call, serverId);
    else this.#forward(call, serverId);
  }

  #filterBefore(call: OutgoingCall, serverId: string): void {
    const filtered: Filtered = { serverId, msg: call.msg, opts: call.options };
    let isDone = false;
    call.stage = 'before filters';
    runFilters(this.#befores, 'before', filtered, (error) => {
      isDone = true;
      this.#held.delete(call);
      if (call.isSettled) return; // its deadline passed meanwhile
      call.serverId = filtered.serverId;
      call.msg = filtered.msg;
      call.options = filtered.opts;
      if (error !== undefined) this.#failFiltered(call, call.error(RpcCode.Filter, error.message, 'not-sent', error.cause));
      else this.#forward(call, filtered.serverId);
    });
    if (!isDone) this.hold(call);
  }

  #forward(call: OutgoingCall, serverId: string): void {
    const mailbox = this.#mailboxes.get(serverId) ?? this.#openMailbox(serverId);
    if (mailbox === undefined) {
      call.fail(call.error(RpcCode.NoServer, `no server with the id "${serverId}" is known`, 'not-sent'));
      return;
    }
    if (this.#afters.length > 0 && !call.oneway) this.#filterAfter(call);
    // While a mailbox is ready none of its calls wait: they were all sent when it became so.
    if (mailbox.state === 'ready') mailbox.send(call);
    else this.#wait(call, serverId, mailbox);
  }

  #wait(call: OutgoingCall, serverId: string, mailbox: MailBox): void {
    let waiting = this.#pending.get(serverId);
    if (waiting === undefined) this.#pending.set(serverId, (waiting = new Set()));
    if (waiting.size >= this.#options.pendingSize) {
      const why = `${waiting.size} calls wait for a connection already, pendingSize is ${this.#options.pendingSize}`;
      call.fail(call.error(RpcCode.PendingFull, why, 'not-sent', mailbox.lastFailure));
      return;
    }
    call.stage = 'waiting for a connection';
    waiting.add(call);
    this.hold(call);
    mailbox.connect();
  }

  #openMailbox(serverId: string): MailBox | undefined {
    const server = this.#roster.get(serverId);
    if (server === undefined) return undefined;
    const { mailboxFactory, mailbox: options } = this.#options;
    const mailbox = mailboxFactory === undefined ? new LineMailBox(server, options) : new ForeignMailBox(server, mailboxFactory, options);
    this.#mailboxes.set(serverId, mailbox);
    mailbox.on('state', (to, from, reason) => this.#onMailboxState(mailbox, to, from, reason));
    return mailbox;
  }

  #onMailboxState(mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    const { id } = mailbox.server;
    if (to === 'ready' && this.#mailboxes.get(id) === mailbox) this.#sendPending(id, mailbox);
    this.emit('mailbox', id, to, from, reason);
    if (from === 'ready') this.emit('close', id, reason);
  }

  #sendPending(id: string, mailbox: MailBox): void {
    for (const call of this.#takePending(id)) mailbox.send(call);
  }

  #takePending(id: string): OutgoingCall[] {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return [];
    this.#pending.delete(id);
    const calls = [...waiting];
    for (const call of calls) this.#held.delete(call);
    return calls;
  }

  /** A held call's deadline has passed. */
  #onDue(call: OutgoingCall): void {
    const { serverId } = call;
    if (call.stage !== 'waiting for a connection' || serverId === undefined) return call.expire();
    this.#pending.get(serverId)?.delete(call);
    const failure = this.#mailboxes.get(serverId)?.lastFailure;
    if (failure === undefined) return call.expire();
    call.fail(call.error(RpcCode.Connect, `not connected after ${call.timeout} ms; the last attempt: ${failure.message}`, 'not-sent', failure));
  }

  /** The after filters stand between the answer and the caller; an error passes them by, as in pomelo-rpc. */
  #filterAfter(call: OutgoingCall): void {
    call.intercept((settle) => (error, results) => {
      if (error !== undefined) return settle(error, results);
      const filtered: Filtered = { serverId: call.serverId ?? '', msg: call.msg, opts: call.options };
      let isDone = false;
      // Its own settling is over; what may still end it are the filters or, if they take too long, the deadline.
      const waiting = call.renew((lateError, lateResults) => settle(lateError, lateResults));
      waiting.stage = 'after filters';
      runFilters(this.#afters, 'after', filtered, (failure) => {
        isDone = true;
        this.#held.delete(waiting);
        if (failure === undefined) waiting.succeed(results);
        else this.#failFiltered(waiting, waiting.error(RpcCode.Filter, failure.message, 'answered', failure.cause));
      });
      if (!isDone) this.#held.add(waiting);
    });
  }

  #failFiltered(call: OutgoingCall, error: RpcError): void {
    if (!call.fail(error)) return;
    this.#errorHandler?.(error, call.serverId ?? '', call.msg, call.options);
  }

  #apply(change: RosterChange | undefined): void {
    if (change === undefined) return;
    const { id, kind, old, now } = change;
    const mailbox = this.#mailboxes.get(id);
    if (kind === 'removed') {
      const reason = new RpcError(RpcCode.ServerRemoved, `server ${id} was removed`, { serverId: id });
      for (const call of this.#takePending(id)) call.fail(call.error(RpcCode.ServerRemoved, 'the server was removed', 'not-sent', reason));
      if (mailbox !== undefined) this.#retire(mailbox, reason);
      this.emit('removeServer', id);
    } else if (kind === 'replaced' && old !== undefined && now !== undefined) {
      if (mailbox !== undefined && !sameAddress(old, now)) this.#moveMailbox(id, mailbox);
      this.emit('replaceServer', id, now, old);
    } else {
      this.emit('addServer', id);
    }
  }

  /** The same server at another address: what waits goes to the new one, what was sent is answered by the old one. */
  #moveMailbox(id: string, mailbox: MailBox): void {
    this.#retire(mailbox, new RpcError(RpcCode.ServerRemoved, `server ${id} moved to another address`, { serverId: id }));
    if ((this.#pending.get(id)?.size ?? 0) > 0) this.#openMailbox(id)?.connect();
  }

  #retire(mailbox: MailBox, reason: RpcError): void {
    this.#mailboxes.delete(mailbox.server.id);
    this.#leaving.add(mailbox);
    void mailbox.close(reason).finally(() => this.#leaving.delete(mailbox));
  }

  async #stop(): Promise<void> {
    if (this.#lifecycle.move('draining')) await settledWithin(this.#held.whenEmpty(), this.#options.drainTimeout);
    await this.#closeAll(this.#lifecycle.state === 'closed');
    this.#lifecycle.move('closed');
  }

  async #closeAll(force: boolean): Promise<void> {
    const reason = new RpcError(RpcCode.Closed, 'the client was stopped');
    for (const call of this.#held.takeAll()) {
      call.fail(call.error(RpcCode.Closed, 'the client was stopped', call.stage === 'after filters' ? 'answered' : 'not-sent', reason));
    }
    this.#pending.clear();
    await Promise.all([...this.#mailboxes.values(), ...this.#leaving].map((mailbox) => mailbox.close(reason, force)));
  }
}

function checkFilters(given: Filter | readonly Filter[]): readonly Filter[] {
  const filters = (Array.isArray(given) ? given : [given]) as readonly Filter[];
  for (const filter of filters) {
    const fits = typeof filter === 'function' || (typeof filter === 'object' && filter !== null);
    if (!fits) throw invalid(`a filter must be a function or an object with before or after, got ${String(filter)}`);
  }
  return filters;
}

async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
