import { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { describeError, type Logger } from '../lib/diagnostics.js';
import { messageOf, RpcCode, RpcError, toError } from '../lib/errors.js';
import { performance } from '../lib/timers.js';
import { Backoff } from '../lib/transport/backoff.js';
import { BaseMailBox } from './base-mailbox.js';
import { type ConnectHook, type ConnectHooks, HookRun } from './connect-hooks.js';
import type { ConnectAttempts } from './dial-attempts.js';
import type { MailBox } from './mailbox.js';
import type { MailBoxState } from './state.js';

/** Time for which hooks may run before a warning. Unit: ms */
const SLOW_MS = 5_000;
/** Shortest pause before hooks that have failed run again on the same connection. Unit: ms */
const MIN_PAUSE_MS = 50;

/**
 * A mailbox whose fresh connections are prepared by the user's hooks before other calls are sent. The real mailbox behind it
 * is `ready` meanwhile, and this one is `preparing`. Calls of the hooks themselves are sent at once.
 *
 * Hooks that fail run again after a pause, in which this mailbox is in `backoff` although the real one is connected. A
 * connection that is lost aborts the run; the hooks run again on the next connection.
 */
export class PreparedMailBox extends BaseMailBox {
  readonly #inner: MailBox;
  readonly #hooks: ConnectHooks;
  readonly #wanted: readonly ConnectHook[];
  readonly #logger: Logger;
  readonly #backoff = new Backoff();
  /** Runs that have not ended: the present one, and those whose connection was lost. */
  readonly #running = new Set<HookRun>();
  /** Calls of the present run that wait for room on the connection. */
  readonly #held = new HeldCalls((call) => call.expire());
  /** Calls that hooks have made. */
  readonly #ownCalls = new WeakMap<OutgoingCall, HookRun>();
  /** Belongs to `preparing`. */
  #run: HookRun | undefined;
  #runSince = 0;
  /** Failure of the last run; undefined after a success. */
  #failure: RpcError | undefined;

  constructor(inner: MailBox, hooks: ConnectHooks, logger: Logger) {
    super(inner.server, 'prepared');
    this.#inner = inner;
    this.#hooks = hooks;
    this.#wanted = hooks.of(inner.server);
    this.#logger = logger;
    inner.on('state', (to, _from, reason) => this.#onInnerMove(to, reason));
    inner.on('returned', (call) => this.#onReturned(call));
    inner.on('drained', () => this.#onDrained());
  }

  override get inFlight(): number {
    return this.#inner.inFlight + this.#held.size;
  }

  override get isFull(): boolean {
    return this.#inner.isFull;
  }

  override get latency(): number | undefined {
    return this.#inner.latency;
  }

  override get generation(): string | undefined {
    return this.#inner.generation;
  }

  override get lastFailure(): RpcError | undefined {
    return this.#inner.lastFailure ?? this.#failure;
  }

  override get attempts(): ConnectAttempts {
    return this.#inner.attempts;
  }

  get unprepared(): string | undefined {
    if (this.#inner.state !== 'ready' || this.state === 'ready') return undefined;
    const failure = this.#failure === undefined ? '' : this.#failure.message;
    if (this.state !== 'preparing') return failure;
    const running = `the onConnect hook for ${this.server.id} has run for ${Math.round(performance.now() - this.#runSince)} ms`;
    return failure === '' ? running : `${running}; before, ${failure}`;
  }

  override connect(): void {
    this.#inner.connect();
  }

  override send(call: OutgoingCall): void {
    if (this.#running.size > 0 && this.takesOfHook(call)) return;
    if (this.state === 'ready') this.#inner.send(call);
    else this.refuse(call);
  }

  takesOfHook(call: OutgoingCall): boolean {
    const run = HookRun.current;
    if (run === undefined || !this.#running.has(run)) return false;
    this.#ownCalls.set(call, run);
    if (run !== this.#run) this.#lose(call);
    else if (this.#inner.isFull || this.#held.size > 0) this.#hold(call);
    else this.#inner.send(call);
    return true;
  }

  override close(reason: RpcError, timeoutMs: number): Promise<void> {
    return this.#inner.close(reason, timeoutMs);
  }

  protected override get hasToDrain(): boolean {
    return this.inFlight > 0;
  }

  protected override onEnter(to: MailBoxState, reason: RpcError | undefined): void {
    if (to === 'preparing') return this.#prepare();
    this.#abandon(reason);
    // In `backoff` with a connection, after hooks have failed.
    if (to === 'backoff' && this.#inner.state === 'ready')
      this.setStateTimer(() => this.#retry(), Math.max(MIN_PAUSE_MS, this.#backoff.next()));
  }

  protected override onDrain(): void {}

  protected override onDestroy(reason: RpcError): void {
    this.#abandon(reason);
  }

  #onInnerMove(to: MailBoxState, reason: RpcError | undefined): void {
    if (to !== 'ready') this.move(to, reason);
    else if (this.#wanted.length > 0) this.move('preparing');
  }

  #prepare(): void {
    const run = this.#hooks.newRun(this.server, this.generation);
    this.#run = run;
    this.#runSince = performance.now();
    this.#running.add(run);
    this.setStateTimer(() => this.#warn(), SLOW_MS).unref();
    // Not before the move to `preparing` was reported.
    void Promise.resolve()
      .then(() => run.go(this.#wanted))
      .then(
        () => this.#onEnd(run, undefined),
        (error: unknown) => this.#onEnd(run, toError(error)),
      );
  }

  #onEnd(run: HookRun, error: Error | undefined): void {
    this.#running.delete(run);
    if (run !== this.#run) return; // the connection was lost meanwhile
    for (const call of this.#held.takeAll()) this.emit('returned', call); // the hook did not wait for these
    this.#run = undefined;
    if (error === undefined) {
      this.#hooks.succeeded(run);
      this.#failure = undefined;
      this.#backoff.reset();
      this.move('ready');
      return;
    }
    const { id } = this.server;
    const why = `the onConnect hook for ${id} failed: ${messageOf(error)}`;
    if (this.#failure?.message !== why)
      this.#logger.error(
        `mailstation: the onConnect hook for ${id} failed and will run again; calls to ${id} wait: ${describeError(error)}`,
      );
    this.#failure = new RpcError(RpcCode.Connect, why, { cause: error, serverId: id });
    this.move('backoff', this.#failure);
  }

  /** Runs the hooks again. The real mailbox may have lost its connection meanwhile, or have become idle. */
  #retry(): void {
    if (this.#inner.state === 'ready') this.move('preparing');
    else this.#inner.connect();
  }

  #warn(): void {
    const { id } = this.server;
    this.#logger.warn(
      `mailstation: the onConnect hook for ${id} has run for ${SLOW_MS / 1_000} s, and calls to ${id} wait until the hook ends`,
    );
  }

  /** Ends the run with its connection. */
  #abandon(reason: RpcError | undefined): void {
    const run = this.#run;
    this.#run = undefined;
    run?.abort(reason ?? new RpcError(RpcCode.Closed, `the connection to ${this.server.id} was closed`));
    for (const call of this.#held.takeAll()) this.#lose(call);
  }

  #hold(call: OutgoingCall): void {
    call.move('queued', 'room');
    this.#held.add(call);
  }

  #onDrained(): void {
    while (this.#held.size > 0 && !this.#inner.isFull) {
      const call = this.#held.take();
      if (call !== undefined) this.#inner.send(call);
    }
    this.emit('drained');
  }

  #onReturned(call: OutgoingCall): void {
    const run = this.#ownCalls.get(call);
    if (run === undefined || !this.#running.has(run)) this.emit('returned', call);
    else if (run === this.#run) this.#hold(call);
    else this.#lose(call);
  }

  /** A call that came too late for its connection must not reach the next one, which the hooks prepare anew. */
  #lose(call: OutgoingCall): void {
    const why = 'the connection that this onConnect hook prepared was lost; the hook runs again on the next connection';
    call.fail(call.error(RpcCode.ConnectionLost, why, 'not-sent'));
  }
}
