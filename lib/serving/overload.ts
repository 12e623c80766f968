import { outsideContexts } from '../async-context.js';
import { RpcCode, RpcError } from '../errors.js';
import { quoted } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { performance } from '../timers.js';
import { DeadlineTimer, deadlineOf, scanDue } from '../transport/deadline-timer.js';
import { AbandonedCalls, type AbandonedCallsOptions, abandonedAt } from './abandoned-calls.js';
import { CallQueue } from './call-queue.js';
import type { CallCounter, CallSource } from './call-source.js';
import { mayTake, sharedBy } from './caller-share.js';
import { type Channel, startCall } from './channel.js';
import type { IncomingCall } from './incoming-call.js';
import { whyLate } from './lateness.js';

export type { CallCounter, CallSource } from './call-source.js';

export interface ConcurrencyLimitOptions extends AbandonedCallsOptions {
  /** Calls that run at once, over all connections. */
  readonly maxConcurrent: number;
  /** Calls that may wait for a running call to end. */
  readonly maxQueued: number;
  /** Calls of one connection, running and waiting. */
  readonly maxCallsPerConnection: number;
  /** Share of the free places, and of those in the queue, that one connection may take. Range: 0 to 1 */
  readonly callerShare: number;
  /** Lag of the event loop, and of the calls that have arrived, above which new calls are refused. 0: no limit. Unit: ms */
  readonly maxEventLoopLag: number;
}

/** Reason for which a call is refused when its deadline comes before its turn. */
export const PAST_DEADLINE = 'the deadline passed before the server could start the call';

/** Times in which a caller may find room again. The server cannot know better. Unit: ms */
const RETRY_AFTER_MS = 100;
const MAX_RETRY_AFTER_MS = 5_000;
/** Pause before calls that cannot be abandoned, since too many others are, are considered again. Unit: ms */
const FULL_PAUSE_MS = 1_000;

/**
 * Limits how many calls a server serves at once: starts calls while there is room, queues some, each under its own deadline,
 * and refuses the rest. No connection can take all places (see {@link mayTake}).
 *
 * A call has its place until its method has answered, even when the caller has cancelled the call: the work still goes on. The
 * place is counted apart ({@link AbandonedCalls}) when the connection ends, or when as much time again as the call had has
 * passed since its deadline. A one-way call, whose method may never answer, has its place until the deadline at most, and for
 * a minute at most. A cancelled call whose connection lives keeps its place: the caller could otherwise start
 * more work than its share by cancelling.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #share: number;
  readonly #queue = new CallQueue();
  /** Running calls that are observed: one-way calls, late calls, and calls whose connection has ended. */
  readonly #watched = new Map<IncomingCall, CallCounter>();
  readonly #abandoned: AbandonedCalls;
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));
  readonly #log: RateLimitedLog;
  #running = 0;
  #isStarting = false;
  #isStopped = false;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
    this.#share = sharedBy(options.maxConcurrent, options.callerShare);
    this.#abandoned = new AbandonedCalls(options);
    this.#log = new RateLimitedLog(options.logger);
  }

  /** Log of lines that peers can cause, over all sources of calls. */
  get log(): RateLimitedLog {
    return this.#log;
  }

  /** Calls that run. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#queue.size;
  }

  /** The calls that wait for their turn. */
  get queuedCalls(): Iterable<IncomingCall> {
    return this.#queue.calls;
  }

  /** Calls whose callers have gone, or have stopped waiting, and whose methods have not ended. */
  get abandoned(): number {
    return this.#abandoned.size;
  }

  /**
   * Takes a request in, in a fixed order: looks for room, has the source make the call, then starts or queues the call. A
   * request without room costs no decoding. Undefined: the request was refused.
   */
  admit<Request, Frame>(
    source: CallSource<Request, Frame>,
    channel: Channel,
    request: Request,
    frame: Frame,
    deadline: number,
  ): IncomingCall | undefined {
    const mayStart = this.#mayStart(source) && (this.#queue.size === 0 || this.#queue.sizeOf(source) === 0);
    const full = this.#whyFull(source, mayStart);
    if (full !== undefined) {
      source.refuse(request, frame, full.why, full.retryAfter);
      return undefined;
    }
    const call = source.makeCall(request, frame, channel, deadline);
    if (call === undefined) return undefined;
    source.admitted += 1;
    if (mayStart) {
      this.#start(call, channel, source);
    } else {
      this.#queue.add({ call, channel, source });
      this.#noteTime(call.deadline);
      source.onQueued?.(call);
    }
    return call;
  }

  /** False once the server has stopped to wait for the answer of the call. */
  counts(call: IncomingCall): boolean {
    return call.isRunning || this.#queue.has(call) || this.#abandoned.has(call);
  }

  isQueued(call: IncomingCall): boolean {
    return this.#queue.has(call);
  }

  /** Observes a call that is late, or whose connection has ended, until the method answers. */
  watch(call: IncomingCall, source: CallCounter): void {
    if (call.isOver) return;
    this.#watched.set(call, source);
    this.#noteTime(source.isGone ? 0 : abandonedAt(call));
  }

  /** The connection has ended. Its calls that still run are {@link watch}ed already. */
  leave(source: CallCounter): void {
    source.isGone = true;
    if (source.running > 0) this.#noteTime(0);
  }

  /** Gives back the place of a call that is over: answered, or dropped while it was queued. */
  release(call: IncomingCall, source: CallCounter): void {
    if (call.isRunning) return this.#ended(call, source);
    if (this.#watched.size > 0) this.#watched.delete(call);
    if (this.#queue.delete(call)) source.admitted -= 1;
    else this.#abandoned.delete(call);
  }

  /** Logs that a call was refused, at most one line a second. */
  logRefusal(what: string, method: string, peer: string, why: string): void {
    this.#log.warn(`mailstation: ${what} of ${quoted(method)} from ${peer}: ${why}`, what);
  }

  /** Writes the log lines that are still held back. No call is admitted after this. */
  close(): void {
    this.#log.close();
  }

  /** Closes as {@link close} does, and observes no call any more. */
  stop(): void {
    this.close();
    this.#isStopped = true;
    this.#timer.stop();
  }

  #whyFull(source: CallCounter, mayStart: boolean): Refusal | undefined {
    const { maxQueued, maxCallsPerConnection, maxEventLoopLag } = this.#options;
    const { admitted } = source;
    if (admitted >= maxCallsPerConnection)
      return refusal(
        `the server is full for this connection: ${admitted} of its calls are in progress (maxCallsPerConnection)`,
      );
    if (!mayStart && !mayTake(this.#queue.sizeOf(source), this.#queue.size, maxQueued, this.#share))
      return this.#fullFor(source);
    const late = maxEventLoopLag > 0 && whyLate(maxEventLoopLag);
    return late ? refusal(late) : undefined;
  }

  #fullFor(source: CallCounter): Refusal {
    const { maxConcurrent, callerShare } = this.#options;
    const running = this.#running;
    const full =
      running < maxConcurrent
        ? `the server is full for this connection: ${source.running} of its calls run, and other connections may use the other free places (callerShare: ${callerShare})`
        : `the server is full: calls running: ${running} (maxConcurrent)`;
    const why = `${full}; calls queued: ${this.#queue.size} (maxQueued)`;
    const { description } = this.#abandoned;
    if (description === undefined) return refusal(why);
    const nextIn = Math.ceil(this.#abandoned.nextIn(performance.now()));
    return refusal(`${why}; ${description}`, Math.min(MAX_RETRY_AFTER_MS, Math.max(RETRY_AFTER_MS, nextIn)));
  }

  #mayStart(source: CallCounter): boolean {
    return mayTake(source.running, this.#running, this.#options.maxConcurrent, this.#share);
  }

  #start(call: IncomingCall, channel: Channel, source: CallCounter): void {
    this.#takePlace(call, source);
    startCall(channel, call);
    if (call.oneway || source.isGone) this.watch(call, source);
  }

  #takePlace(call: IncomingCall, source: CallCounter): void {
    this.#running += 1;
    source.running += 1;
    call.isRunning = true;
  }

  #ended(call: IncomingCall, source: CallCounter): void {
    this.#removed(call, source);
    if (this.#queue.size > 0) this.#startNext();
  }

  /** Starts queued calls, outside of the context of the call that made room. A closure in {@link #ended} would cost each call. */
  #startNext(): void {
    outsideContexts(() => this.#startQueued());
  }

  #removed(call: IncomingCall, source: CallCounter): void {
    call.isRunning = false;
    this.#running -= 1;
    source.running -= 1;
    source.admitted -= 1;
    if (this.#watched.size > 0) this.#watched.delete(call);
  }

  /** A loop in place of recursion: a method that answers at once makes room while it is being started. */
  #startQueued(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    const mayStart = (source: CallCounter): boolean => this.#mayStart(source);
    while (this.#running < this.#options.maxConcurrent) {
      const next = this.#queue.take(mayStart);
      if (next === undefined) break;
      const { call, channel, source } = next;
      if (call.deadline > performance.now()) {
        channel.observer?.started?.(call);
        this.#start(call, channel, source);
        continue;
      }
      this.#takePlace(call, source); // which the refusal gives back
      this.#refuseLate(call);
    }
    this.#isStarting = false;
  }

  #noteTime(time: number): void {
    if (Number.isFinite(time) && !this.#isStopped) this.#timer.note(time);
  }

  #expire(now: number): number {
    const queued = scanDue(this.#queue.calls, now, deadlineOf, (call) => this.#refuseLate(call));
    const watched = this.#abandon(now);
    const next = Math.min(queued, watched, this.#abandoned.expire(now));
    if (this.#queue.size > 0) this.#startNext();
    return next;
  }

  /** Counts calls apart whose time has come. While too many are, the others keep their places among the running calls. */
  #abandon(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [call, source] of this.#watched) {
      const due = source.isGone ? now : abandonedAt(call);
      if (!call.isRunning || due > now) earliest = Math.min(earliest, call.isRunning ? due : now + FULL_PAUSE_MS);
      else if (this.#abandoned.isFull) return now + FULL_PAUSE_MS;
      else {
        this.#removed(call, source);
        this.#abandoned.add(call, source, now);
        call.abandoned();
      }
    }
    return earliest;
  }

  #refuseLate(call: IncomingCall): void {
    if (call.oneway) this.logRefusal('dropped a one-way call', call.method, call.peer, PAST_DEADLINE);
    call.refuse(new RpcError(RpcCode.Timeout, PAST_DEADLINE));
  }
}

/** Reason for which there is no room for a call. */
interface Refusal {
  readonly why: string;
  readonly retryAfter: number;
}

function refusal(why: string, retryAfter = RETRY_AFTER_MS): Refusal {
  return { why, retryAfter };
}
