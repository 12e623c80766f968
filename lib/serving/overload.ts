import { AsyncResource } from 'node:async_hooks';
import type { Logger } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { loopLag } from '../loop-lag.js';
import { quoted } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';
import { type Channel, startCall } from './channel.js';
import type { IncomingCall } from './incoming-call.js';

export interface ConcurrencyLimitOptions {
  /** Calls that run at once, over all connections. */
  readonly maxConcurrent: number;
  /** Calls that may wait for one of those to end. */
  readonly maxQueued: number;
  /** Of one connection, running and waiting. */
  readonly maxCallsPerConnection: number;
  /** Past it new calls are refused; 0: never. ms */
  readonly maxEventLoopLag: number;
  readonly logger: Logger;
}

/** What one connection has of a gate: how many of its calls were let in, and are not over. */
export interface ConnectionCalls {
  calls: number;
}

interface Waiting {
  readonly channel: Channel;
  readonly share: ConnectionCalls;
}

/**
 * How much a server does at once: lets calls in as long as there is room, keeps some waiting in the order of their
 * arrival, each under its own deadline, and refuses the rest.
 *
 * A call has its place until its method has answered, also when its caller has given it up meanwhile: the work is still
 * being done. A one-way call, whose method may well never answer, has it until its deadline at the latest.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyLimitOptions;
  readonly #queue = new Map<IncomingCall, Waiting>();
  /** One-way calls that run, and may never say that they are done. */
  readonly #oneway = new Map<IncomingCall, ConnectionCalls>();
  readonly #timer = new DeadlineTimer((now) => this.#expire(now));
  readonly #log: RateLimitedLog;
  /** Calls that waited are not started in the async context of the one that made room. */
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

  /** Why one more call of this connection is not let in; undefined: it is. */
  whyNot(share: ConnectionCalls): string | undefined {
    const { maxConcurrent, maxQueued, maxCallsPerConnection, maxEventLoopLag } = this.#options;
    if (share.calls >= maxCallsPerConnection)
      return `${share.calls} calls of this connection are served already, and maxCallsPerConnection allows no more`;
    if (this.#running >= maxConcurrent && this.#queue.size >= maxQueued)
      return `${this.#running} calls run (maxConcurrent) and ${this.#queue.size} wait (maxQueued) already`;
    if (maxEventLoopLag === 0) return undefined;
    const lag = loopLag.ms;
    if (lag <= maxEventLoopLag) return undefined;
    return `its event loop is ${Math.round(lag)} ms late, and maxEventLoopLag allows ${maxEventLoopLag} ms`;
  }

  /** After {@link whyNot} has said that it may: starts the call, or keeps it waiting, which is said by false. */
  letIn(call: IncomingCall, channel: Channel, share: ConnectionCalls): boolean {
    share.calls += 1;
    if (this.#running < this.#options.maxConcurrent) {
      this.#start(call, channel, share);
      return true;
    }
    this.#queue.set(call, { channel, share });
    this.#noteDeadline(call);
    return false;
  }

  isWaiting(call: IncomingCall): boolean {
    return this.#queue.has(call);
  }

  /** The call is over: answered, or given up while it waited. */
  left(call: IncomingCall, share: ConnectionCalls): void {
    if (call.isRunning) this.#ended(call, share);
    else if (this.#queue.delete(call)) share.calls -= 1;
  }

  /** Says in the log that a call was not let in: one line a second at the most. */
  tellRefused(what: string, method: string, peer: string, why: string): void {
    this.#log.warn(`mailstation: ${what} of ${quoted(method)} from ${peer}: ${why}`);
  }

  /** Writes what is left of the log. Nothing comes any more. */
  close(): void {
    this.#log.close();
  }

  #start(call: IncomingCall, channel: Channel, share: ConnectionCalls): void {
    this.#running += 1;
    call.isRunning = true;
    startCall(channel, call);
    if (!call.oneway || call.isOver) return;
    this.#oneway.set(call, share);
    this.#noteDeadline(call);
  }

  #ended(call: IncomingCall, share: ConnectionCalls): void {
    call.isRunning = false;
    this.#running -= 1;
    share.calls -= 1;
    if (call.oneway) this.#oneway.delete(call);
    if (this.#queue.size > 0) this.#ownContext.runInAsyncScope(this.#startWaiting, this);
  }

  /** A loop, and no recursion: methods that answer at once make room for the next one while they are being started. */
  #startWaiting(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (const [call, { channel, share }] of this.#queue) {
      if (this.#running >= this.#options.maxConcurrent) break;
      if (call.deadline <= performance.now()) {
        this.#refuseLate(call);
      } else {
        this.#queue.delete(call);
        this.#start(call, channel, share);
      }
    }
    this.#isStarting = false;
  }

  #noteDeadline(call: IncomingCall): void {
    if (Number.isFinite(call.deadline)) this.#timer.note(call.deadline);
  }

  #expire(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const call of [...this.#queue.keys()]) {
      if (call.deadline <= now) this.#refuseLate(call);
      else if (call.deadline < earliest) earliest = call.deadline;
    }
    for (const [call, share] of [...this.#oneway]) {
      if (call.deadline <= now) this.#ended(call, share);
      else if (call.deadline < earliest) earliest = call.deadline;
    }
    return earliest;
  }

  #refuseLate(call: IncomingCall): void {
    const why = 'its time was over before it could be started';
    if (call.oneway) this.tellRefused('dropped a one-way call', call.method, call.peer, why);
    call.refuse(new RpcError(RpcCode.Timeout, why));
  }
}
