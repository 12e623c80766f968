import { eventLoop } from '../event-loop.js';
import type { Codec } from '../protocol/codec.js';
import { performance } from '../timers.js';
import type { Connection } from '../transport/connection.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';
import { type WireReport, writeProgressReports } from '../transport/progress-reports.js';

/** Time left when a call is reported: a fifth of the whole, within these bounds in ms. */
const LEFT_SHARE = 0.2;
const MIN_LEFT_MS = 10;
const MAX_LEFT_MS = 500;

/** A call in the list of a {@link ProgressReporter}. The list runs through the calls themselves and so makes no garbage. */
export interface ReportedCall {
  readonly id: number;
  /** `namespace.module.method` */
  readonly method: string;
  /** The method has been called. */
  readonly isRunning: boolean;
  /** Whole ms on the clock of `performance.now()`: V8 stores small integers without an object. */
  receivedAt: number;
  reportAt: number;
  before: ReportedCall | undefined;
  after: ReportedCall | undefined;
}

export interface ProgressReporterOptions {
  /** The peer reads reports. */
  readonly isRead: boolean;
  /** See {@link Channel.hasReturned}. */
  readonly hasReturned?: ((method: string) => boolean) | undefined;
  /** Called with each call that runs late, and with each call that is not answered when the connection ends. */
  onLate(call: ReportedCall): void;
}

/**
 * Reports the calls of one connection that run late. Shortly before the deadline the caller learns that the call was
 * received, for how long it has been running, and for how long this event loop was blocked. A call that is answered in time
 * costs a few assignments, and the whole connection one timer that rarely fires.
 */
export class ProgressReporter {
  readonly #connection: Connection;
  readonly #codec: Codec;
  readonly #options: ProgressReporterOptions;
  readonly #timer = new DeadlineTimer((now) => this.#report(now));
  #first: ReportedCall | undefined;
  /** Time at which the bytes arrived that are being read; 0 until a call asks. */
  #receivedAt = 0;
  /** Time for which these bytes may have waited in the kernel before that. ms */
  #unreadMs = 0;

  /** `codec` is the one that was agreed on at registration. */
  constructor(connection: Connection, codec: Codec, options: ProgressReporterOptions) {
    this.#connection = connection;
    this.#codec = codec;
    this.#options = options;
  }

  /** Bytes have arrived. The clock is read once for all calls in them. */
  received(): void {
    this.#receivedAt = 0;
  }

  get receivedAt(): number {
    if (this.#receivedAt === 0) {
      this.#receivedAt = Math.floor(performance.now());
      if (!this.#options.isRead) return this.#receivedAt;
      this.#unreadMs = eventLoop.justBlocked(this.#receivedAt);
      // Sampled before a method runs: the method may block the event loop while the next request waits unread.
      eventLoop.touch();
    }
    return this.#receivedAt;
  }

  /** `timeout` is the time that the call had left when it was sent. ms */
  add(call: ReportedCall, receivedAt: number, timeout: number): void {
    call.receivedAt = receivedAt;
    call.reportAt = receivedAt - this.#unreadMs + timeout - leftAtReport(timeout);
    const first = this.#first;
    if (first !== undefined) first.before = call;
    else if (this.#options.isRead) eventLoop.enter();
    call.after = first;
    this.#first = call;
    this.#timer.note(call.reportAt);
  }

  /** The call is over. A call that was not added, or was reported already, is no error. */
  delete(call: ReportedCall): void {
    const { before, after } = call;
    if (before !== undefined) before.after = after;
    else if (this.#first === call) this.#first = after;
    else return;
    if (after !== undefined) after.before = before;
    call.before = undefined;
    call.after = undefined;
    if (this.#first === undefined && this.#options.isRead) eventLoop.leave();
  }

  /** The connection has ended: reports would reach no caller. */
  stop(): void {
    this.#timer.stop();
    for (let call = this.#first; call !== undefined; call = this.#first) {
      this.delete(call);
      this.#options.onLate(call);
    }
  }

  #report(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    const due: ReportedCall[] = [];
    for (let call = this.#first; call !== undefined; call = call.after) {
      if (call.reportAt <= now) due.push(call);
      else if (call.reportAt < earliest) earliest = call.reportAt;
    }
    for (const call of due) this.delete(call);
    if (this.#options.isRead) {
      const reports = due.map((call) => reportOf(call, now, this.#options));
      writeProgressReports(this.#connection, this.#codec, reports);
    }
    for (const call of due) this.#options.onLate(call);
    return earliest;
  }
}

function leftAtReport(timeout: number): number {
  return Math.ceil(Math.min(timeout / 2, MAX_LEFT_MS, Math.max(MIN_LEFT_MS, timeout * LEFT_SHARE)));
}

function reportOf(
  { id, method, isRunning, receivedAt }: ReportedCall,
  now: number,
  { hasReturned }: ProgressReporterOptions,
): WireReport {
  const heldMs = Math.max(0, Math.round(now - receivedAt));
  const report = { id, heldMs, isRunning, stallMs: eventLoop.longestStallAround(receivedAt) };
  return isRunning && hasReturned?.(method) === true ? { ...report, hasReturned: true } : report;
}
