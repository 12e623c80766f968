import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { endpointOf } from '../lib/endpoint.js';
import { RpcCode, RpcError, toError } from '../lib/errors.js';
import { Line, type LineHandler } from '../lib/follower/line.js';
import { type LineOptions, resolveLineOptions } from '../lib/follower/line-options.js';
import { MAX_TIMEOUT_MS } from '../lib/options.js';
import type { ServerInfo } from '../lib/server-info.js';
import { performance } from '../lib/timers.js';
import { Backoff } from '../lib/transport/backoff.js';
import { BaseMailBox } from './base-mailbox.js';
import type { ResolvedMailBoxOptions } from './options.js';
import type { MailBoxState } from './state.js';

/** Shortest life of a connection that ends the backoff without an answer: failures before it no longer count. ms */
const STABLE_MS = 250;

/** Waits between attempts of a mailbox that no call needs, and before the next attempt once a call does. Unit: ms */
const UNWANTED_MS = 5_000;
const WANTED_MS = 20;

/** Opens a line, as {@link Line.open} does. */
export type OpenLine = (options: LineOptions, handler: LineHandler, signal: AbortSignal) => Promise<Line>;

/** Data of the state `ready`, kept while `draining`. */
interface Current {
  readonly line: Line;
  readonly readyAt: number;
  /** A call was sent since the idle timer was set. */
  wasUsed: boolean;
}

/**
 * The mailbox of a server that is a Leader: states, redialling and idling around one {@link Line} after another.
 *
 * Invariant: `#current` is set while `ready`, and while `draining` if there was a line. Lines that drain after a goaway
 * or an idle time live on in `#drainingLines` until they are closed.
 */
export class LineMailBox extends BaseMailBox {
  readonly #options: ResolvedMailBoxOptions;
  readonly #lineOptions: LineOptions;
  readonly #openLine: OpenLine;
  readonly #backoff = new Backoff();
  readonly #drainingLines = new Set<Line>();
  #current: Current | undefined;
  readonly #isWanted: () => boolean;
  /** Ends the watch for a later Leader of the server's id. */
  readonly #unwatch: (() => void) | undefined;
  /** In backoff: for long, since no call needs the connection. */
  #isSlow = false;
  /** Ends the attempt of the state `connecting`. */
  #dialling: AbortController | undefined;

  /** `isWanted` is false while no call needs the connection: attempts are then made every few seconds only. */
  constructor(
    server: ServerInfo,
    options: ResolvedMailBoxOptions,
    openLine: OpenLine = Line.open,
    isWanted = (): boolean => true,
  ) {
    super(server, 'line');
    this.#options = options;
    const { keepalive, ...settings } = options;
    this.#lineOptions = resolveLineOptions(endpointOf(server), server.id, {
      ...settings,
      heartbeatInterval: keepalive,
    });
    this.#openLine = openLine;
    this.#isWanted = isWanted;
    this.#unwatch = options.terms?.watch(server.id, () => this.#onLaterTerm());
  }

  override get inFlight(): number {
    let inFlight = this.#current?.line.inFlight ?? 0;
    for (const line of this.#drainingLines) inFlight += line.inFlight;
    return inFlight;
  }

  override get isFull(): boolean {
    return this.#current?.line.isFull === true;
  }

  override get latency(): number | undefined {
    return this.#current?.line.latency;
  }

  override get generation(): string | undefined {
    return this.#current?.line.generation;
  }

  override send(call: OutgoingCall): void {
    const current = this.#current;
    if (current === undefined || this.state !== 'ready') return this.refuse(call);
    current.wasUsed = true;
    current.line.invoke(call);
  }

  override connect(): void {
    super.connect();
    if (this.state !== 'backoff' || !this.#isSlow) return;
    this.#isSlow = false;
    this.setStateTimer(() => this.move('connecting'), WANTED_MS);
  }

  protected override get hasToDrain(): boolean {
    return this.#current !== undefined || this.#drainingLines.size > 0;
  }

  protected override onEnter(to: MailBoxState, reason: RpcError | undefined): void {
    if (to === 'connecting') this.#dial();
    this.#isSlow = false;
    if (to === 'backoff') this.#redialLater(reason);
    if (to === 'ready') this.#watchIdle();
  }

  protected override onDrain(reason: RpcError, timeoutMs: number): void {
    this.#dialling?.abort(reason);
    this.#current?.line.drain(reason, timeoutMs);
  }

  protected override onDestroy(reason: RpcError): void {
    this.#dialling?.abort(reason);
    this.#unwatch?.();
    const lines = this.#current === undefined ? [...this.#drainingLines] : [this.#current.line, ...this.#drainingLines];
    this.#current = undefined;
    this.#drainingLines.clear();
    for (const line of lines) line.destroy(reason);
  }

  #redialLater(reason: RpcError | undefined): void {
    const wait = this.#backoff.next(reason);
    this.#isSlow = !this.#isWanted();
    this.setStateTimer(() => this.move('connecting'), this.#isSlow ? Math.max(wait, UNWANTED_MS) : wait);
  }

  #dial(): void {
    const dialling = new AbortController();
    this.#dialling = dialling;
    this.dialAttempts.begin();
    const handler = {
      onConnected: () => this.dialAttempts.accepted(),
      onDrained: () => this.emit('drained'),
      onGoaway: (line: Line) => this.#onGoaway(line),
      onClosed: (line: Line, reason: RpcError) => this.#onLineClosed(line, reason),
    };
    this.#openLine(this.#lineOptions, handler, dialling.signal).then(
      (line) => this.#onLineOpen(line),
      (error: unknown) => this.#onDialFailed(error),
    );
  }

  #onLineOpen(line: Line): void {
    if (line.closeReason !== undefined) return this.#onDialFailed(line.closeReason);
    if (this.state !== 'connecting')
      return line.destroy(new RpcError(RpcCode.Closed, 'the mailbox was closed while it connected'));
    if (line.isGoingAway) {
      this.#drainingLines.add(line);
      line.drain(goingAway(this.server.id), this.#options.drainTimeout);
      return this.#onDialFailed(goingAway(this.server.id));
    }
    this.#dialling = undefined;
    this.#current = { line, readyAt: performance.now(), wasUsed: false };
    this.dialAttempts.succeeded();
    this.move('ready');
  }

  #onDialFailed(error: unknown): void {
    this.#dialling = undefined;
    const failure =
      error instanceof RpcError ? error : new RpcError(RpcCode.Connect, toError(error).message, { cause: error });
    this.dialAttempts.failed(failure);
    this.move('backoff', failure);
  }

  /** Calls that were sent are answered on the old line, while a new line is dialled to the next Leader. */
  #onGoaway(line: Line, reason = goingAway(this.server.id)): void {
    const current = this.#current;
    if (line !== current?.line || this.state !== 'ready') return;
    this.#current = undefined;
    this.#endBackoff(current);
    this.#drainingLines.add(line);
    // Unbounded: each call has its own deadline, and the server ends the line after the last answer.
    line.drain(reason, MAX_TIMEOUT_MS);
    this.move('backoff', reason);
  }

  /** Another Leader was elected: this one gets no more calls, though its connection stands. */
  #onLaterTerm(): void {
    const { terms } = this.#options;
    const term = this.#current?.line.agreement.term;
    if (this.#current === undefined || term === undefined || terms?.isStale(this.server.id, term) !== true) return;
    const why = `${this.server.id} has a later Leader than the one of this connection, whose term is ${term.revision}`;
    this.#onGoaway(this.#current.line, new RpcError(RpcCode.StaleLeader, why));
  }

  #onLineClosed(line: Line, reason: RpcError): void {
    this.#drainingLines.delete(line);
    const current = line === this.#current?.line ? this.#current : undefined;
    if (current !== undefined) {
      this.#current = undefined;
      this.#endBackoff(current);
      // A connection that ended at once counts as a failed attempt.
      if (this.#backoff.attempts > 0) this.dialAttempts.failed(reason);
    }
    if (this.state !== 'draining') {
      if (current !== undefined) this.move('backoff', reason);
    } else if (!this.hasToDrain) {
      this.move('closed', reason);
    }
  }

  /** A server that accepts each connection and ends the connection at once must not be dialled without pause. */
  #endBackoff({ line, readyAt }: Current): void {
    if (line.hasAnswered || performance.now() - readyAt >= STABLE_MS) this.#backoff.reset();
  }

  #watchIdle(): void {
    const { idleTimeout } = this.#options;
    const current = this.#current;
    if (idleTimeout === 0 || current === undefined) return;
    current.wasUsed = false;
    const onDue = (): void => {
      if (current.wasUsed || this.inFlight > 0) this.#watchIdle();
      else this.#goIdle(current.line);
    };
    this.setStateTimer(onDue, idleTimeout).unref();
  }

  #goIdle(line: Line): void {
    const { idleTimeout, drainTimeout } = this.#options;
    this.#current = undefined;
    this.#drainingLines.add(line);
    this.move('idle');
    line.drain(new RpcError(RpcCode.Closed, `no call in the idleTimeout of ${idleTimeout} ms`), drainTimeout);
  }
}

function goingAway(serverId: string): RpcError {
  return new RpcError(RpcCode.Stopping, `${serverId} is stopping`);
}
