import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { describeEndpoint, endpointOf } from '../lib/endpoint.js';
import { RpcCode, type RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';
import { codeOutOfReach, type MailBox, type MailBoxState, notConnected } from '../mailbox/index.js';
import { Backlog } from './backlog.js';
import type { MakeMailBoxParts } from './mailbox-maker.js';
import { MailBoxes } from './mailboxes.js';
import type { ResolvedMailStationOptions } from './options.js';

export interface OutboxHandler {
  /** A mailbox changed its state. Where it is `ready` now, the calls that waited for it were sent before. */
  onState(mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void;
}

/**
 * The mailboxes, and the calls that wait for them. Sends each call to its server at once where the mailbox takes calls,
 * else holds the call until it does, and connects lazily.
 *
 * Order: calls to one server leave in the order in which they came.
 */
export class Outbox {
  readonly #options: ResolvedMailStationOptions;
  readonly #handler: OutboxHandler;
  readonly #mailboxes: MailBoxes;
  readonly #backlog: Backlog;
  /** The mailbox that is just being sent the calls that waited for it. */
  #flushing: MailBox | undefined;

  constructor(options: ResolvedMailStationOptions, handler: OutboxHandler, parts?: MakeMailBoxParts) {
    this.#options = options;
    this.#handler = handler;
    const mailboxesHandler = {
      onState: (mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined) =>
        this.#onMailboxState(mailbox, to, from, reason),
      onDrained: (mailbox: MailBox) => this.#sendPending(mailbox),
      onReturned: (mailbox: MailBox, call: OutgoingCall) => this.#onReturned(call, mailbox),
    };
    this.#mailboxes = new MailBoxes(options, mailboxesHandler, parts);
    this.#backlog = new Backlog(options.pendingSize, (call) => this.#onBacklogDue(call));
  }

  /** Mailbox of a server; undefined where none was needed yet. */
  mailbox(serverId: string): MailBox | undefined {
    return this.#mailboxes.get(serverId);
  }

  /** Makes the mailbox of a server that has none. The mailbox connects when it is first sent a call. */
  open(server: ServerInfo): MailBox {
    return this.#mailboxes.open(server);
  }

  /** Calls for a server that were sent and are not answered, or wait for its connection. */
  inFlight(serverId: string): number {
    return (this.#mailboxes.get(serverId)?.inFlight ?? 0) + this.#backlog.size(serverId);
  }

  /** Calls that wait, over all servers. */
  get waiting(): number {
    return this.#backlog.total;
  }

  /** Resolves when no call waits. */
  whenNoneWaits(): Promise<void> {
    return this.#backlog.whenEmpty();
  }

  /** Sends the call to its server, or holds the call, or fails it where too many are held. */
  send(call: OutgoingCall, mailbox: MailBox): void {
    // While a mailbox takes calls, none wait for it. A call that comes while the waiting ones are being sent goes behind them.
    if (mailbox.state === 'ready' && !mailbox.isFull && mailbox !== this.#flushing) mailbox.send(call);
    else if (mailbox.takesOfHook?.(call) !== true) this.#wait(call, mailbox);
  }

  /** The server was removed: waiting calls fail for this reason, and sent ones have `drainTimeout` to be answered. */
  remove(serverId: string, reason: RpcError): void {
    const waiting = this.#backlog.take(serverId);
    const mailbox = this.#mailboxes.get(serverId);
    if (mailbox !== undefined) this.#mailboxes.drain(mailbox, reason);
    for (const call of waiting) call.fail(call.error(reason.code, 'the server was removed', 'not-sent', reason));
  }

  /** The server has a new address: waiting calls go there, and sent ones are answered by the old address. */
  move(server: ServerInfo, reason: RpcError): void {
    const mailbox = this.#mailboxes.get(server.id);
    if (mailbox === undefined) return;
    this.#mailboxes.drain(mailbox, reason);
    if (this.#backlog.size(server.id) > 0) this.open(server).connect();
  }

  /** Takes the waiting calls out; the caller of this method settles them. */
  takeWaiting(): OutgoingCall[] {
    return this.#backlog.takeAll();
  }

  /** Closes all connections, each when its calls are answered: after `timeoutMs` at the latest. */
  closeAll(reason: RpcError, timeoutMs: number): Promise<void> {
    return this.#mailboxes.closeAll(reason, timeoutMs);
  }

  #wait(call: OutgoingCall, mailbox: MailBox): void {
    mailbox.connect();
    const { lastFailure } = mailbox;
    if (lastFailure !== undefined && !call.waitForReady) return outOfReach(call, lastFailure);
    call.move('queued', mailbox.state === 'ready' ? 'room' : 'connection');
    if (this.#backlog.add(call, mailbox.server.id)) return;
    const why = pendingFull(this.#options.pendingSize, mailbox);
    call.fail(call.error(RpcCode.PendingFull, why, 'not-sent', lastFailure));
  }

  /** Sends a returned call anew. Its server may have moved or been removed since. */
  #onReturned(call: OutgoingCall, mailbox: MailBox): void {
    if (call.isSettled) return;
    const current = this.#mailboxes.get(mailbox.server.id);
    if (current !== undefined) this.send(call, current);
    else call.fail(call.error(RpcCode.ServerRemoved, 'the server was removed', 'not-sent'));
  }

  #onMailboxState(mailbox: MailBox, to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    if (to === 'ready') this.#sendPending(mailbox);
    this.#handler.onState(mailbox, to, from, reason);
    if (to === 'backoff' && from !== 'ready') this.#failUnreachable(mailbox);
    // The connection became idle while a hook was running for longer than `idleTimeout`.
    if (to === 'idle' && from === 'preparing' && this.#backlog.size(mailbox.server.id) > 0) mailbox.connect();
  }

  #failUnreachable({ server: { id }, lastFailure }: MailBox): void {
    if (lastFailure === undefined || this.#backlog.size(id) === 0) return;
    for (const call of this.#backlog.takeWhere(id, doesNotWait)) outOfReach(call, lastFailure);
  }

  /**
   * Sends the calls that wait. Calls that come meanwhile join the end of the queue. A mailbox may report that it has room
   * while it is being replaced (after a goaway, or where its server has moved): waiting calls are not for it then.
   */
  #sendPending(mailbox: MailBox): void {
    const takesCalls = (): boolean =>
      this.#mailboxes.isCurrent(mailbox) && mailbox.state === 'ready' && !mailbox.isFull;
    if (!takesCalls()) return;
    const outer = this.#flushing;
    this.#flushing = mailbox;
    try {
      for (const call of this.#backlog.drain(mailbox.server.id)) {
        mailbox.send(call);
        if (!takesCalls()) break;
      }
    } finally {
      this.#flushing = outer;
    }
  }

  #onBacklogDue(call: OutgoingCall): void {
    call.fail(notConnected(call, this.#mailboxes.get(call.serverId ?? '')));
  }
}

function doesNotWait(call: OutgoingCall): boolean {
  return !call.waitForReady;
}

function outOfReach(call: OutgoingCall, failure: RpcError): void {
  call.fail(call.error(codeOutOfReach(failure), `not connected: ${failure.message}`, 'not-sent', failure));
}

function pendingFull(pendingSize: number, { server, state, lastFailure }: MailBox): string {
  const to = `to ${server.id} at ${describeEndpoint(endpointOf(server))}`;
  const [wanted, isMissing] =
    state === 'ready'
      ? [`room on the connection ${to}`, `the connection ${to} is full`]
      : [`a connection ${to}`, `there is no connection ${to}`];
  const failure = lastFailure === undefined ? '' : ` (the last attempt failed: ${lastFailure.message})`;
  if (pendingSize === 0) return `not sent: ${isMissing}, and pendingSize is 0${failure}`;
  const waiting = pendingSize === 1 ? '1 call already waits' : `${pendingSize} calls already wait`;
  const advice = 'call less often, or raise pendingSize';
  return `not sent: ${waiting} for ${wanted}, and pendingSize allows no more${failure}; ${advice}`;
}
