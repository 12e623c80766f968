import { outsideContexts } from '../lib/async-context.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { debug } from '../lib/diagnostics.js';
import { Emitter } from '../lib/emitter.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { Lifecycle } from '../lib/lifecycle.js';
import type { ServerInfo } from '../lib/server-info.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';
import { type ConnectAttempts, DialAttempts } from './dial-attempts.js';
import type { MailBox, MailBoxEvents } from './mailbox.js';
import { MAILBOX_TRANSITIONS, type MailBoxState } from './state.js';

/** States, events, timer and end that all kinds of mailboxes have in common. */
export abstract class BaseMailBox extends Emitter<MailBoxEvents> implements MailBox {
  readonly server: ServerInfo;
  protected readonly dialAttempts = new DialAttempts();
  readonly #kind: string;
  readonly #lifecycle = new Lifecycle<MailBoxState>('idle', MAILBOX_TRANSITIONS, (to, from, reason) =>
    this.#onMove(to, from, reason as RpcError | undefined),
  );
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `kind` of the mailbox is for debug lines. */
  constructor(server: ServerInfo, kind: string) {
    super();
    this.server = server;
    this.#kind = kind;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  abstract get inFlight(): number;
  abstract get isFull(): boolean;
  abstract get latency(): number | undefined;
  abstract get generation(): string | undefined;
  abstract send(call: OutgoingCall): void;

  /** True while a close has to wait for answers. */
  protected abstract get hasToDrain(): boolean;
  /** Begins the work of a state other than `closed`. The timer of the last state is cleared already. */
  protected abstract onEnter(to: MailBoxState, reason: RpcError | undefined): void;
  /** Begins a drain, which ends with a move to `closed`, and is cut off after `timeoutMs`. */
  protected abstract onDrain(reason: RpcError, timeoutMs: number): void;
  /** Ends everything at once: the mailbox is closed. */
  protected abstract onDestroy(reason: RpcError): void;

  get state(): MailBoxState {
    return this.#lifecycle.state;
  }

  get lastFailure(): RpcError | undefined {
    return this.dialAttempts.lastFailure;
  }

  get attempts(): ConnectAttempts {
    return this.dialAttempts.made;
  }

  connect(): void {
    if (this.#lifecycle.state === 'idle') this.move('connecting');
  }

  close(reason: RpcError, timeoutMs: number): Promise<void> {
    if (timeoutMs <= 0 || !this.hasToDrain) this.move('closed', reason);
    else if (this.move('draining', reason)) {
      this.setStateTimer(() => this.move('closed', reason), timeoutMs);
      this.onDrain(reason, timeoutMs);
    }
    return this.#closed;
  }

  /** A connection is no caller's: not the one's whose call needed it first. */
  protected move(to: MailBoxState, reason?: RpcError): boolean {
    return outsideContexts(() => this.#lifecycle.move(to, reason));
  }

  /** Sets the one timer of this state, which the next move clears. */
  protected setStateTimer(onDue: () => void, ms: number): NodeJS.Timeout {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onDue, ms);
    return this.#timer;
  }

  /** Fails a call that was sent in a state in which the mailbox takes no calls. */
  protected refuse(call: OutgoingCall): void {
    call.fail(call.error(RpcCode.Closed, `the mailbox is ${this.state} and takes no calls`, 'not-sent'));
  }

  #onMove(to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    debug.mailbox('%s (%s): %s -> %s %s', this.server.id, this.#kind, from, to, reason?.message ?? '');
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (to !== 'closed') this.onEnter(to, reason);
    else this.#end(reason ?? new RpcError(RpcCode.Closed, `the mailbox of ${this.server.id} was closed`));
    this.emit('state', to, from, reason);
    if (to === 'closed') this.emit('close', this.server.id);
  }

  #end(reason: RpcError): void {
    this.onDestroy(reason);
    this.#resolveClosed();
  }
}
