import { eventLoop } from '../event-loop.js';
import type { Codec } from '../protocol/codec.js';
import type { Connection } from '../transport/connection.js';
import { DeadlineTimer } from '../transport/deadline-timer.js';
import { type WireReport, writeProgressReports } from '../transport/progress-reports.js';

/** A call is reported when so much of its time is left: a fifth, and in ms at least and at most this. */
const LEFT_SHARE = 0.2;
const MIN_LEFT_MS = 10;
const MAX_LEFT_MS = 500;

/** A running call, as {@link ProgressReporter} keeps it. The fields are its own: a list through the calls makes no garbage. */
export interface Watched {
  readonly id: number;
  /** Its method has been called. */
  readonly isRunning: boolean;
  /** Whole ms on the clock of `performance.now()`: small integers are kept without an object of their own. */
  receivedAt: number;
  reportAt: number;
  before: Watched | undefined;
  after: Watched | undefined;
}

/**
 * The running calls of one connection, whose caller is told of each that is about to run out of time: that it was
 * received, how long it has been running, and how our event loop has fared. It costs a call that is answered in time a
 * few assignments, and the whole connection one timer that rarely fires.
 */
export class ProgressReporter {
  readonly #connection: Connection;
  readonly #codec: Codec;
  readonly #timer = new DeadlineTimer((now) => this.#look(now));
  #first: Watched | undefined;
  /** When the bytes came that are just being read; 0 until somebody asks. */
  #receivedAt = 0;
  /** And for how long they may have lain unread then. */
  #unreadMs = 0;

  /** `codec`: what was agreed on with the caller. */
  constructor(connection: Connection, codec: Codec) {
    this.#connection = connection;
    this.#codec = codec;
  }

  /** Bytes have come. The clock is read once for all the calls in them. */
  received(): void {
    this.#receivedAt = 0;
  }

  get receivedAt(): number {
    if (this.#receivedAt === 0) {
      this.#receivedAt = Math.floor(performance.now());
      this.#unreadMs = eventLoop.justKept(this.#receivedAt);
      // Before any of them runs: a method may block the event loop while the next request lies unread.
      eventLoop.touch();
    }
    return this.#receivedAt;
  }

  /** `timeout`: what the call had left when it was sent, ms. */
  add(call: Watched, receivedAt: number, timeout: number): void {
    call.receivedAt = receivedAt;
    call.reportAt = receivedAt - this.#unreadMs + timeout - leftAtReport(timeout);
    const first = this.#first;
    if (first === undefined) eventLoop.enter();
    else first.before = call;
    call.after = first;
    this.#first = call;
    this.#timer.note(call.reportAt);
  }

  /** It is over. One that was not added, or was reported, is no error. */
  delete(call: Watched): void {
    const { before, after } = call;
    if (before !== undefined) before.after = after;
    else if (this.#first === call) this.#first = after;
    else return;
    if (after !== undefined) after.before = before;
    call.before = undefined;
    call.after = undefined;
    if (this.#first === undefined) eventLoop.leave();
  }

  /** Nobody is there any more who could be told. */
  stop(): void {
    this.#timer.stop();
    while (this.#first !== undefined) this.delete(this.#first);
  }

  #look(now: number): number {
    let earliest = Number.POSITIVE_INFINITY;
    const due: Watched[] = [];
    for (let call = this.#first; call !== undefined; call = call.after) {
      if (call.reportAt <= now) due.push(call);
      else if (call.reportAt < earliest) earliest = call.reportAt;
    }
    for (const call of due) this.delete(call);
    const reports = due.map((call) => reportOf(call, now));
    writeProgressReports(this.#connection, this.#codec, reports);
    return earliest;
  }
}

function leftAtReport(timeout: number): number {
  return Math.ceil(Math.min(timeout / 2, MAX_LEFT_MS, Math.max(MIN_LEFT_MS, timeout * LEFT_SHARE)));
}

function reportOf({ id, isRunning, receivedAt }: Watched, now: number): WireReport {
  const heldMs = Math.max(0, Math.round(now - receivedAt));
  return { id, heldMs, isRunning, stallMs: eventLoop.longestStallAround(receivedAt) };
}
