import { AsyncResource } from 'node:async_hooks';
import type { Logger } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { loopLag } from '../loop-lag.js';
import { quoted } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { performance } from '../timers.js';
import { DeadlineTimer, deadlineOf, scanDue } from '../transport/deadline-timer.js';
import { type Channel, startCall } from './channel.js';
import type { IncomingCall } from './incoming-call.js';

export interface ConcurrencyLimitOptions {
  /** Calls that run at once, over all connections. */
  readonly maxConcurrent: number;
  /** Calls that may wait for a running call to end. */
  readonly maxQueued: number;
  /** Calls of one connection, running and waiting. */
  readonly maxCallsPerConnection: number;
  /** Lag of the event loop above which new calls are refused. 0: no limit. Unit: ms */
  readonly maxEventLoopLag: number;
  readonly logger: Logger;
}

/** Reason for which a call is refused when its deadline comes before its turn. */
export const PAST_DEADLINE = 'the deadline passed before the server could start the call';

/**
 * Source of incoming calls: one connection, or a user's acceptor. {@link ConcurrencyLimit.admit} calls the methods. `Frame`
 * holds the bytes of a `Request`.
 */
export interface CallSource<Request, Frame> extends CallCounter {
  /** Refuses a request for which there is no room. Nothing of the request has been decoded. */
  refuse(request: Request, frame: Frame, why: string): void;
  /**
   * Makes the call of a request for which there is room: looks the method up, then decodes the arguments. Undefined: the
   * source has answered the request with the reason, and the request takes no place.
   */
  makeCall(request: Request, frame: Frame, channel: Channel, deadline: number): IncomingCall | undefined;
  /** Called with each call that has to wait for its turn. */
  onQueued?(call: IncomingCall): void;
}

/** Calls of one source that are admitted and not over. {@link ConcurrencyLimit} does the counting. */
export interface CallCounter {
  admitted: number;
}

interface QueuedCall {
  readonly channel: Channel;
  readonly source: CallCounter;
}

/**
 * Limits how many calls a server serves at once: starts calls while there is room, queues some in the order of their
 * arrival, each under its own deadline, and refuses the rest.
 *
 * A call has its place until its method has answered, even when the caller has given the call up: the work still goes on. A
 * one-way call, whose method may never answer, has its place until the deadline at most.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #queue = new Map<IncomingCall, QueuedCall>();
  /** Running calls that are one-way. A method of such a call may never report the end. */
  readonly #oneway = new Map<IncomingCall, CallCounter>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));
  readonly #log: RateLimitedLog;
  /** A queued call must not start in the async context of the call that made room. */
  readonly #ownContext = new AsyncResource('mailstation.ConcurrencyLimit');
  #running = 0;
  #isStarting = false;

  constructor(options: ConcurrencyLimitOptions) {
    this.#options = options;
    this.#log = new RateLimitedLog(options.logger);
  }

  /** Calls that run. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#queue.size;
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
    const full = this.#whyFull(source);
    if (full !== undefined) {
      source.refuse(request, frame, full);
      return undefined;
    }
    const call = source.makeCall(request, frame, channel, deadline);
    if (call === undefined) return undefined;
    source.admitted += 1;
    if (this.#running < this.#options.maxConcurrent) {
      this.#start(call, channel, source);
    } else {
      this.#queue.set(call, { channel, source });
      this.#noteDeadline(call);
      source.onQueued?.(call);
    }
    return call;
  }

  isQueued(call: IncomingCall): boolean {
    return this.#queue.has(call);
  }

  /** Gives back the place of a call that is over: answered, or dropped while it was queued. */
  release(call: IncomingCall, source: CallCounter): void {
    if (call.isRunning) this.#ended(call, source);
    else if (this.#queue.delete(call)) source.admitted -= 1;
  }

  /** Logs that a call was refused, at most one line a second. */
  logRefusal(what: string, method: string, peer: string, why: string): void {
    this.#log.warn(`mailstation: ${what} of ${quoted(method)} from ${peer}: ${why}`);
  }

  /** Writes the log lines that are still held back. No call is admitted after this. */
  close(): void {
    this.#log.close();
  }

  #whyFull({ admitted }: CallCounter): string | undefined {
    const { maxConcurrent, maxQueued, maxCallsPerConnection, maxEventLoopLag } = this.#options;
    if (admitted >= maxCallsPerConnection)
      return `the server is full for this connection: ${admitted} of its calls are in progress (maxCallsPerConnection)`;
    if (this.#running >= maxConcurrent && this.#queue.size >= maxQueued)
      return `the server is full: calls running: ${this.#running} (maxConcurrent); calls queued: ${this.#queue.size} (maxQueued)`;
    if (maxEventLoopLag === 0) return undefined;
    const lag = loopLag.ms;
    if (lag <= maxEventLoopLag) return undefined;
    return `the server is overloaded: its event loop lags ${Math.round(lag)} ms, and maxEventLoopLag allows ${maxEventLoopLag} ms`;
  }

  #start(call: IncomingCall, channel: Channel, source: CallCounter): void {
    this.#running += 1;
    call.isRunning = true;
    startCall(channel, call);
    if (!call.oneway || call.isOver) return;
    this.#oneway.set(call, source);
    this.#noteDeadline(call);
  }

  #ended(call: IncomingCall, source: CallCounter): void {
    call.isRunning = false;
    this.#running -= 1;
    source.admitted -= 1;
    if (call.oneway) this.#oneway.delete(call);
    if (this.#queue.size > 0) this.#ownContext.runInAsyncScope(this.#startQueued, this);
  }

  /** A loop in place of recursion: a method that answers at once makes room while it is being started. */
  #startQueued(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (const [call, { channel, source }] of this.#queue) {
      if (this.#running >= this.#options.maxConcurrent) break;
      if (call.deadline <= performance.now()) {
        this.#refuseLate(call);
      } else {
        this.#queue.delete(call);
        this.#start(call, channel, source);
      }
    }
    this.#isStarting = false;
  }

  #noteDeadline(call: IncomingCall): void {
    if (Number.isFinite(call.deadline)) this.#timer.note(call.deadline);
  }

  #expire(now: number): number {
    const queued = scanDue(this.#queue.keys(), now, deadlineOf, (call) => this.#refuseLate(call));
    const deadlineOfFirst = ([call]: [IncomingCall, CallCounter]): number => call.deadline;
    const oneway = scanDue(this.#oneway, now, deadlineOfFirst, ([call, source]) => this.#ended(call, source));
    return Math.min(queued, oneway);
  }

  #refuseLate(call: IncomingCall): void {
    if (call.oneway) this.logRefusal('dropped a one-way call', call.method, call.peer, PAST_DEADLINE);
    call.refuse(new RpcError(RpcCode.Timeout, PAST_DEADLINE));
  }
}
