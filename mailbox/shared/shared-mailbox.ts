import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { debug } from '../../lib/diagnostics.js';
import { Emitter } from '../../lib/emitter.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Latency } from '../../lib/follower/latency.js';
import { Lifecycle } from '../../lib/lifecycle.js';
import type { ServerInfo } from '../../lib/server-info.js';
import {
  type ConnectAttempts,
  DialAttempts,
  MAILBOX_TRANSITIONS,
  type MailBox,
  type MailBoxEvents,
  type MailBoxState,
} from '../index.js';
import type { Upstream, UpstreamStatus, UpstreamUser } from './upstream.js';

/** What a shared mailbox needs of the share that it belongs to. */
export interface UpstreamSource {
  /** The way to a server as things stand; undefined while nobody leads. */
  target(server: ServerInfo, user: UpstreamUser): Upstream | undefined;
  /** Why nobody leads whom this process could follow, where that is known. */
  readonly obstacle: RpcError | undefined;
  onClosed(mailbox: SharedMailBox): void;
}

/**
 * A server's mailbox in one of several processes that share the connection to it. Its state is that of the real one,
 * wherever that is, so that what is called while it is not ready waits in the process that calls, and goes on by itself
 * when another process leads.
 */
export class SharedMailBox extends Emitter<MailBoxEvents> implements MailBox, UpstreamUser {
  readonly server: ServerInfo;
  readonly #source: UpstreamSource;
  readonly #lifecycle = new Lifecycle<MailBoxState>('idle', MAILBOX_TRANSITIONS, (to, from, reason) =>
    this.#onMove(to, from, reason as RpcError | undefined),
  );
  readonly #latency = new Latency();
  /** The real mailbox's, as far as they were told here. */
  readonly #attempts = new DialAttempts();
  /** This process's own, sent and not settled. */
  readonly #sent = new Set<OutgoingCall>();
  /** Those that have come back unsent: how they end is told here already. */
  readonly #returned = new WeakSet<OutgoingCall>();
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;
  #target: Upstream | undefined;
  #lastFailure: RpcError | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: ServerInfo, source: UpstreamSource) {
    super();
    this.server = server;
    this.#source = source;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): MailBoxState {
    return this.#lifecycle.state;
  }

  get inFlight(): number {
    return this.#sent.size;
  }

  get isFull(): boolean {
    return this.#target?.isFull === true;
  }

  get latency(): number | undefined {
    return this.#latency.ms;
  }

  get lastFailure(): RpcError | undefined {
    return this.#target === undefined ? this.#source.obstacle : this.#lastFailure;
  }

  get attempts(): ConnectAttempts {
    return this.#attempts.made;
  }

  connect(): void {
    // Never ready before this has returned: whoever connects is about to wait for it.
    if (this.state === 'idle' && this.#lifecycle.move('connecting')) process.nextTick(() => this.attach());
  }

  send(call: OutgoingCall): void {
    const target = this.#target;
    if (target === undefined || this.state !== 'ready') {
      call.fail(call.error(RpcCode.Closed, `its mailbox is ${this.state}`, 'not-sent'));
      return;
    }
    this.#sent.add(call);
    if (!this.#returned.has(call)) this.#watch(call);
    target.send(call);
  }

  close(reason: RpcError, timeoutMs: number): Promise<void> {
    if (timeoutMs > 0 && this.#sent.size > 0) this.#drain(reason, timeoutMs);
    else this.#lifecycle.move('closed', reason);
    return this.#closed;
  }

  /** Somebody leads now, or may. */
  attach(): void {
    if (this.state === 'backoff' && this.#target === undefined) this.#lifecycle.move('connecting');
    if (this.state !== 'connecting') return;
    this.#target ??= this.#source.target(this.server, this);
    this.#target?.connect();
  }

  /** Who led is gone. What was sent by way of it is settled by its line. */
  detach(reason: RpcError): void {
    this.#target = undefined;
    this.#lastFailure = undefined;
    if (this.state === 'ready' || this.state === 'connecting') this.#lifecycle.move('backoff', reason);
  }

  onNews({ state, reason, lastFailure }: UpstreamStatus): void {
    this.#lastFailure = lastFailure;
    if (this.state === state) return;
    // It may have gone through states that were not told, since it is in others' hands too.
    if (state === 'connecting' && this.state === 'ready') this.#lifecycle.move('backoff', reason);
    if (state === 'ready' || state === 'backoff') this.#lifecycle.move('connecting');
    this.#lifecycle.move(state, reason);
  }

  onDrained(): void {
    this.emit('drained');
  }

  onReturned(call: OutgoingCall): void {
    this.#sent.delete(call);
    this.#returned.add(call);
    call.via = undefined;
    call.wait(); // what it is sent with from now on is the time that is left
    if (this.state === 'closed' || this.state === 'draining') {
      call.fail(call.error(RpcCode.Closed, `its mailbox is ${this.state}`, 'not-sent'));
    } else this.emit('returned', call);
    this.#lookIfDone();
  }

  #onMove(to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    debug.mailbox('%s (shared): %s -> %s %s', this.server.id, from, to, reason?.message ?? '');
    if (to === 'connecting') this.#attempts.begin();
    if (to === 'ready') this.#attempts.succeeded();
    this.emit('state', to, from, reason);
    if (to === 'closed') this.#end(reason ?? new RpcError(RpcCode.Closed, 'the mailbox was closed'));
  }

  /** Once a call, however often it comes back: what stands between it and its caller is one layer, and not a tower. */
  #watch(call: OutgoingCall): void {
    call.intercept((settle) => (error, results) => {
      this.#onSettled(call, error);
      settle(error, results);
    });
  }

  #onSettled(call: OutgoingCall, error: RpcError | undefined): void {
    this.#sent.delete(call);
    if (error === undefined || error.delivery === 'answered') this.#latency.answered(call.sentAt);
    this.#lookIfDone();
  }

  #lookIfDone(): void {
    if (this.state === 'draining' && this.#sent.size === 0) process.nextTick(() => this.#lifecycle.move('closed'));
  }

  #drain(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move('draining', reason)) return;
    this.#timer = setTimeout(() => this.#lifecycle.move('closed', reason), timeoutMs);
  }

  #end(reason: RpcError): void {
    clearTimeout(this.#timer);
    for (const call of [...this.#sent]) call.lost(reason, 'unknown');
    this.#target?.release();
    this.#target = undefined;
    this.#source.onClosed(this);
    this.#resolveClosed();
    this.emit('close', this.server.id);
  }
}
