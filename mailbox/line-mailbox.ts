import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { outsideCalls } from '../lib/call-context.js';
import { debug } from '../lib/diagnostics.js';
import { Emitter } from '../lib/emitter.js';
import { endpointOf } from '../lib/endpoint.js';
import { RpcCode, RpcError, toError } from '../lib/errors.js';
import { Line } from '../lib/follower/line.js';
import { resolveLineOptions } from '../lib/follower/line-options.js';
import { Lifecycle } from '../lib/lifecycle.js';
import { MAX_TIMEOUT_MS } from '../lib/options.js';
import type { ServerInfo } from '../lib/server-info.js';
import { Backoff } from '../lib/transport/backoff.js';
import { type ConnectAttempts, DialAttempts } from './dial-attempts.js';
import type { MailBox, MailBoxEvents } from './mailbox.js';
import type { ResolvedMailBoxOptions } from './options.js';
import { MAILBOX_TRANSITIONS, type MailBoxState } from './state.js';

/** A connection that lived so long, or answered something, was a real one: what failed before it is forgotten. */
const STABLE_MS = 250;

/**
 * The mailbox of a server that is a Leader: states, redialling and idling around one {@link Line} after another.
 *
 * Invariant: `#line` is set while `ready`, and while `draining` if there was one. Lines that a goaway or
 * idleness has retired live on in `#retired` until they are closed.
 */
export class LineMailBox extends Emitter<MailBoxEvents> implements MailBox {
  readonly server: ServerInfo;
  readonly #options: ResolvedMailBoxOptions;
  readonly #lifecycle = new Lifecycle<MailBoxState>('idle', MAILBOX_TRANSITIONS, (to, from, reason) =>
    this.#onMove(to, from, reason as RpcError | undefined),
  );
  readonly #backoff = new Backoff();
  readonly #attempts = new DialAttempts();
  readonly #retired = new Set<Line>();
  readonly #closed: Promise<void>;
  #resolveClosed!: () => void;
  #line: Line | undefined;
  #dialling: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wasUsed = false;
  #readyAt = 0;

  constructor(server: ServerInfo, options: ResolvedMailBoxOptions) {
    super();
    this.server = server;
    this.#options = options;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): MailBoxState {
    return this.#lifecycle.state;
  }

  get inFlight(): number {
    let inFlight = this.#line?.inFlight ?? 0;
    for (const line of this.#retired) inFlight += line.inFlight;
    return inFlight;
  }

  get isFull(): boolean {
    return this.#line?.isFull === true;
  }

  get latency(): number | undefined {
    return this.#line?.latency;
  }

  get lastFailure(): RpcError | undefined {
    return this.#attempts.lastFailure;
  }

  get attempts(): ConnectAttempts {
    return this.#attempts.made;
  }

  connect(): void {
    if (this.#lifecycle.state === 'idle') this.#lifecycle.move('connecting');
  }

  send(call: OutgoingCall): void {
    if (this.#line === undefined || this.#lifecycle.state !== 'ready') {
      call.fail(call.error(RpcCode.Closed, `its mailbox is ${this.state}`, 'not-sent'));
      return;
    }
    this.#wasUsed = true;
    this.#line.invoke(call);
  }

  close(reason: RpcError, timeoutMs: number): Promise<void> {
    const isConnected = this.#line !== undefined || this.#retired.size > 0;
    if (timeoutMs > 0 && isConnected) this.#drain(reason, timeoutMs);
    else this.#lifecycle.move('closed', reason);
    return this.#closed;
  }

  #onMove(to: MailBoxState, from: MailBoxState, reason: RpcError | undefined): void {
    debug.mailbox('%s: %s -> %s %s', this.server.id, from, to, reason?.message ?? '');
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (to === 'connecting') this.#dial();
    if (to === 'backoff')
      this.#timer = setTimeout(() => this.#lifecycle.move('connecting'), this.#backoff.next(reason));
    if (to === 'ready') this.#watchIdle();
    if (to === 'closed') this.#end(reason ?? new RpcError(RpcCode.Closed, 'the mailbox was closed'));
    this.emit('state', to, from, reason);
    if (to === 'closed') this.emit('close', this.server.id);
  }

  #dial(): void {
    const { keepalive, ...options } = this.#options;
    const settings = { ...options, heartbeatInterval: keepalive };
    const lineOptions = resolveLineOptions(endpointOf(this.server), this.server.id, settings);
    const dialling = new AbortController();
    this.#dialling = dialling;
    this.#attempts.begin();
    const handler = {
      onDrained: () => this.emit('drained'),
      onGoaway: (line: Line) => this.#onGoaway(line),
      onClosed: (line: Line, reason: RpcError) => this.#onLineClosed(line, reason),
    };
    outsideCalls(() =>
      Line.open(lineOptions, handler, dialling.signal).then(
        (line) => this.#onLineOpen(line),
        (error: unknown) => this.#onDialFailed(error),
      ),
    );
  }

  #onLineOpen(line: Line): void {
    if (line.closeReason !== undefined) return this.#onDialFailed(line.closeReason);
    if (this.state !== 'connecting')
      return line.destroy(new RpcError(RpcCode.Closed, 'the mailbox was closed meanwhile'));
    if (line.isGoingAway) {
      this.#retired.add(line);
      line.drain(goingAway(this.server.id), this.#options.drainTimeout);
      return this.#onDialFailed(goingAway(this.server.id));
    }
    this.#dialling = undefined;
    this.#line = line;
    this.#attempts.succeeded();
    this.#readyAt = performance.now();
    this.#lifecycle.move('ready');
  }

  #onDialFailed(error: unknown): void {
    this.#dialling = undefined;
    const failure =
      error instanceof RpcError ? error : new RpcError(RpcCode.Connect, toError(error).message, { cause: error });
    this.#attempts.failed(failure);
    this.#lifecycle.move('backoff', failure);
  }

  /** What was sent is answered on the old line, while a new one goes to whoever leads next. */
  #onGoaway(line: Line): void {
    if (line !== this.#line || this.state !== 'ready') return;
    const reason = goingAway(this.server.id);
    this.#line = undefined;
    this.#forgiveFailures(line);
    this.#retired.add(line);
    // Unbounded: each call has its own deadline, and the server ends the line when it has answered them.
    line.drain(reason, MAX_TIMEOUT_MS);
    this.#lifecycle.move('backoff', reason);
  }

  #onLineClosed(line: Line, reason: RpcError): void {
    this.#retired.delete(line);
    const wasCurrent = line === this.#line;
    if (wasCurrent) {
      this.#line = undefined;
      this.#forgiveFailures(line);
      // Ended as soon as it was made, it was no more than an attempt.
      if (this.#backoff.attempts > 0) this.#attempts.failed(reason);
    }
    if (this.state !== 'draining') {
      if (wasCurrent) this.#lifecycle.move('backoff', reason);
    } else if (this.#line === undefined && this.#retired.size === 0) {
      this.#lifecycle.move('closed', reason);
    }
  }

  #drain(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move('draining', reason)) return;
    this.#dialling?.abort(reason);
    this.#line?.drain(reason, timeoutMs);
    this.#timer = setTimeout(() => this.#lifecycle.move('closed', reason), timeoutMs);
  }

  /** A server that takes every connection and ends it at once must not be dialled without pause. */
  #forgiveFailures(line: Line): void {
    if (line.hasAnswered || performance.now() - this.#readyAt >= STABLE_MS) this.#backoff.reset();
  }

  #watchIdle(): void {
    const { idleTimeout } = this.#options;
    if (idleTimeout === 0) return;
    this.#wasUsed = false;
    this.#timer = setTimeout(() => {
      if (this.#wasUsed || this.inFlight > 0) this.#watchIdle();
      else this.#goIdle();
    }, idleTimeout).unref();
  }

  #goIdle(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    this.#retired.add(line);
    this.#lifecycle.move('idle');
    line.drain(new RpcError(RpcCode.Closed, `idle for ${this.#options.idleTimeout} ms`), this.#options.drainTimeout);
  }

  #end(reason: RpcError): void {
    this.#dialling?.abort(reason);
    const lines = this.#line === undefined ? [...this.#retired] : [this.#line, ...this.#retired];
    this.#line = undefined;
    this.#retired.clear();
    for (const line of lines) line.destroy(reason);
    this.#resolveClosed();
  }
}

function goingAway(serverId: string): RpcError {
  return new RpcError(RpcCode.Stopping, `${serverId} is stopping`);
}
