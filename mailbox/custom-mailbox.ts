import Bluebird from 'bluebird';
import type { CallOptions } from '../lib/call/call-contract.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { debug } from '../lib/diagnostics.js';
import { Emitter } from '../lib/emitter.js';
import { messageOf, RpcCode, RpcError, toError } from '../lib/errors.js';
import { Latency } from '../lib/follower/latency.js';
import { Lifecycle } from '../lib/lifecycle.js';
import type { RpcMessage } from '../lib/rpc-message.js';
import type { ServerInfo } from '../lib/server-info.js';
import { Backoff } from '../lib/transport/backoff.js';
import { PendingCalls } from '../lib/transport/pending-calls.js';
import { type ConnectAttempts, DialAttempts } from './dial-attempts.js';
import type { MailBox, MailBoxEvents } from './mailbox.js';
import type { ResolvedMailBoxOptions } from './options.js';
import { MAILBOX_TRANSITIONS, type MailBoxState } from './state.js';

/** pomelo-rpc hands its debug tracer through every call; ours is always null. */
type Tracer = null;

/**
 * A mailbox of the user's own, over a transport of their own. Source: pomelo-rpc's mailboxes; those written as its
 * README has them, without the tracer, work too (they are told apart by their number of parameters).
 */
export interface CustomMailBox {
  connect(tracer: Tracer, callback: (error?: unknown) => void): void;
  /** `response`: all that the remote method gave its callback, the error before the results. */
  send(
    tracer: Tracer,
    msg: RpcMessage,
    opts: CallOptions,
    callback: (tracer: Tracer, error?: unknown, response?: readonly unknown[]) => void,
  ): void;
  close(): void;
  /** `close` is emitted when the connection is lost. */
  on(event: 'close', listener: (id: string) => void): unknown;
}

/** The form without the tracer. */
export interface PlainMailBox extends Pick<CustomMailBox, 'close' | 'on'> {
  connect(callback: (error?: unknown) => void): void;
  send(msg: RpcMessage, opts: CallOptions, callback: (error?: unknown, ...results: unknown[]) => void): void;
}

type AnyMailBox = CustomMailBox | PlainMailBox;

/** Makes the user's own mailbox of a server: a function, or, as in pomelo-rpc, an object with `create`. */
export type CustomMailBoxFactory =
  | ((server: ServerInfo, opts: object) => AnyMailBox)
  | { create(server: ServerInfo, opts: object): AnyMailBox };

/**
 * A user's own mailbox, made to behave as ours do: connected again when lost, by asking the factory for another one,
 * with a deadline for every call and one outcome.
 */
export class CustomMailBoxAdapter extends Emitter<MailBoxEvents> implements MailBox {
  readonly server: ServerInfo;
  readonly #make: () => AnyMailBox;
  readonly #options: ResolvedMailBoxOptions;
  readonly #lifecycle = new Lifecycle<MailBoxState>('idle', MAILBOX_TRANSITIONS, (to, from, reason) =>
    this.#onMove(to, from, reason as RpcError | undefined),
  );
  readonly #backoff = new Backoff();
  readonly #attempts = new DialAttempts();
  readonly #pending = new PendingCalls({ holdsProcess: true });
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;
  readonly #latency = new Latency();
  #custom: AnyMailBox | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `given`: the client's own options, which the factory is handed with those of mailboxes filled in. */
  constructor(server: ServerInfo, factory: CustomMailBoxFactory, options: ResolvedMailBoxOptions, given: object = {}) {
    super();
    this.server = server;
    this.#options = options;
    const opts = { ...given, ...options };
    this.#make = () => (typeof factory === 'function' ? factory(server, opts) : factory.create(server, opts));
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): MailBoxState {
    return this.#lifecycle.state;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Whether it can take more is between the user's mailbox and its transport. */
  get isFull(): boolean {
    return false;
  }

  get latency(): number | undefined {
    return this.#latency.ms;
  }

  get lastFailure(): RpcError | undefined {
    return this.#attempts.lastFailure;
  }

  get attempts(): ConnectAttempts {
    return this.#attempts.made;
  }

  connect(): void {
    if (this.state === 'idle') this.#lifecycle.move('connecting');
  }

  send(call: OutgoingCall): void {
    const custom = this.#custom;
    if (custom === undefined || this.state !== 'ready') {
      call.fail(call.error(RpcCode.Closed, `its mailbox is ${this.state}`, 'not-sent'));
      return;
    }
    call.stage = 'waiting for the answer';
    const id = this.#pending.add(call);
    if (call.isCancellable) call.heldBy(() => this.#pending.take(id));
    const settle = (error: unknown, results: readonly unknown[]): void => {
      if (this.#pending.take(id) === undefined) return; // its deadline passed, or it was answered before
      this.#latency.answered(call.sentAt);
      if (error) call.fail(call.error(RpcCode.Remote, messageOf(error), 'answered', error));
      else call.succeed(results);
    };
    try {
      if (sendsPlainly(custom)) {
        custom.send(call.msg, call.options, (error, ...results) => settle(error, results));
      } else {
        custom.send(null, call.msg, call.options, (_tracer, error, response = []) => {
          const [failure, ...results] = response;
          settle(error || failure, results);
        });
      }
    } catch (error) {
      if (this.#pending.take(id) !== undefined)
        call.fail(call.error(RpcCode.Encode, messageOf(error), 'unknown', error));
    }
    if (call.oneway && this.#pending.take(id) !== undefined) call.succeed([]);
  }

  close(reason: RpcError, timeoutMs: number): Promise<void> {
    if (timeoutMs > 0 && this.inFlight > 0) this.#drain(reason, timeoutMs);
    else this.#lifecycle.move('closed', reason);
    return this.#closed;
  }

  #onMove(to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    debug.mailbox('%s (custom): %s -> %s %s', this.server.id, from, to, reason?.message ?? '');
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (to === 'connecting') void this.#connect();
    if (to === 'backoff') {
      this.#drop(reason ?? new RpcError(RpcCode.ConnectionLost, 'the mailbox closed'));
      this.#timer = setTimeout(() => this.#lifecycle.move('connecting'), this.#backoff.next());
    }
    if (to === 'closed') {
      this.#drop(reason ?? new RpcError(RpcCode.Closed, 'the mailbox was closed'));
      this.#resolveClosed();
    }
    this.emit('state', to, from, reason);
    if (to === 'closed') this.emit('close', this.server.id);
  }

  #drain(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move('draining', reason)) return;
    this.#pending.whenIdle(() => this.#lifecycle.move('closed', reason));
    this.#timer = setTimeout(() => this.#lifecycle.move('closed', reason), timeoutMs);
  }

  async #connect(): Promise<void> {
    let custom: AnyMailBox | undefined;
    this.#attempts.begin();
    try {
      custom = this.#make();
      this.#custom = custom;
      await this.#connected(custom);
    } catch (error) {
      if (custom !== this.#custom) return; // it was given up before
      const failure = new RpcError(RpcCode.Connect, messageOf(error), { cause: toError(error) });
      this.#attempts.failed(failure);
      this.#lifecycle.move('backoff', failure);
      return;
    }
    if (custom !== this.#custom) return;
    this.#attempts.succeeded();
    this.#backoff.reset();
    this.#lifecycle.move('ready');
  }

  #connected(custom: AnyMailBox): Promise<void> {
    custom.on('close', () => {
      if (this.#custom === custom) this.#onLost();
    });
    return new Promise((resolve, reject) => {
      const { connectTimeout } = this.#options;
      // The state's own timer: a move to any other clears it.
      this.#timer = setTimeout(() => reject(new Error(`not connected in ${connectTimeout} ms`)), connectTimeout);
      Bluebird.fromCallback<void>((callback) => {
        if (connectsPlainly(custom)) custom.connect(callback);
        else custom.connect(null, callback);
      }).then(resolve, reject);
    });
  }

  #onLost(): void {
    const reason = new RpcError(RpcCode.ConnectionLost, `the mailbox of ${this.server.id} closed`);
    this.#lifecycle.move(this.state === 'draining' ? 'closed' : 'backoff', reason);
  }

  #drop(reason: RpcError): void {
    const custom = this.#custom;
    this.#custom = undefined;
    this.#pending.loseAll(reason, 0);
    try {
      custom?.close();
    } catch (error) {
      debug.mailbox('%s (custom): close() threw: %s', this.server.id, messageOf(error));
    }
  }
}

// Each method by itself: a mailbox may take the tracer in one and not in the other.

function connectsPlainly(custom: AnyMailBox): custom is PlainMailBox {
  return custom.connect.length === 1;
}

function sendsPlainly(custom: AnyMailBox): custom is PlainMailBox {
  return custom.send.length === 3;
}
