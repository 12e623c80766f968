import type { Logger } from '../diagnostics.js';
import { quoted } from '../quoted.js';
import type { CallCounter } from './call-source.js';
import type { IncomingCall } from './incoming-call.js';

/** Time for which abandoned calls are gathered before they are reported together. Most of them end within it. Unit: ms */
const REPORT_PAUSE_MS = 1_000;
/** Upper bound of the time past its deadline for which a call keeps its place, and of a one-way call's place. Unit: ms */
const MAX_OVERDUE_MS = 60_000;

export interface AbandonedCallsOptions {
  /** Abandoned calls at most. */
  readonly maxAbandoned: number;
  /** Time after which the place of an abandoned call is given back although the method has not ended. Unit: ms */
  readonly abandonedTimeout: number;
  readonly logger: Logger;
  /** Called once for each abandoned call that has not ended within a second. */
  onAbandoned?(call: IncomingCall): void;
}

/** An abandoned call: the source that the call came from, and the time at which the place is given back. */
interface Abandoned {
  readonly source: CallCounter;
  readonly until: number;
}

/**
 * Calls that nobody waits for any more and whose methods have not ended: the connection has ended, or the deadline is long
 * past. Such calls have no place among the running calls, or a method that forgets its callback once in a while would lock its
 * server. The work may still go on, so the number of these calls is limited too. After `abandonedTimeout` a method that has not
 * ended is taken for one that never will, and no longer counts.
 */
export class AbandonedCalls {
  readonly #options: AbandonedCallsOptions;
  /** Each call with the time at which its place is given back, the earliest first. */
  readonly #calls = new Map<IncomingCall, Abandoned>();
  /** Number of calls of each method. */
  readonly #byMethod = new Map<string, number>();
  #unreported: IncomingCall[] = [];
  #reportAt = Number.POSITIVE_INFINITY;

  constructor(options: AbandonedCallsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#calls.size;
  }

  get isFull(): boolean {
    return this.#calls.size >= this.#options.maxAbandoned;
  }

  has(call: IncomingCall): boolean {
    return this.#calls.has(call);
  }

  add(call: IncomingCall, source: CallCounter, now: number): void {
    this.#calls.set(call, { source, until: now + this.#options.abandonedTimeout });
    this.#byMethod.set(call.method, (this.#byMethod.get(call.method) ?? 0) + 1);
    // A method of a one-way call need not report its end.
    if (call.oneway) return;
    this.#unreported.push(call);
    this.#reportAt = Math.min(this.#reportAt, now + REPORT_PAUSE_MS);
  }

  /** The method has ended. A call that is not in here is no error. */
  delete(call: IncomingCall): void {
    if (!this.#calls.delete(call)) return;
    const left = (this.#byMethod.get(call.method) ?? 1) - 1;
    if (left > 0) this.#byMethod.set(call.method, left);
    else this.#byMethod.delete(call.method);
  }

  /** Reports calls and gives places back as far as it is time. Returns the time of the next such work. */
  expire(now: number): number {
    if (this.#reportAt <= now) this.#report();
    for (const [call, { source, until }] of this.#calls) {
      if (until > now) return Math.min(until, this.#reportAt);
      this.delete(call);
      source.givenUp?.(call);
      call.givenUp();
    }
    return this.#reportAt;
  }

  /** Abandoned calls in words, with the method that most of them are of; undefined where there are none. */
  get description(): string | undefined {
    if (this.#calls.size === 0) return undefined;
    const [method, count] = [...this.#byMethod].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
    const { maxAbandoned } = this.#options;
    return `calls abandoned by their callers and not ended: ${this.#calls.size} (maxAbandoned: ${maxAbandoned}), ${count} of them of ${quoted(method)}`;
  }

  /** Time until the next place is given back. Unit: ms */
  nextIn(now: number): number {
    for (const { until } of this.#calls.values()) return Math.max(0, until - now);
    return 0;
  }

  #report(): void {
    const calls = this.#unreported.filter((call) => this.#calls.has(call));
    this.#unreported = [];
    this.#reportAt = Number.POSITIVE_INFINITY;
    const [call] = calls;
    if (call === undefined) return;
    const { logger, onAbandoned } = this.#options;
    logger.warn(
      `mailstation: a method has not answered, and its caller has gone or stopped waiting: ${quoted(call.method)}, called by ${call.peer}; ${this.description}; a method must answer each call, and may end early when callContext().signal aborts`,
    );
    if (onAbandoned !== undefined) for (const each of calls) onAbandoned(each);
  }
}

/** Time at which a running call is counted apart, on the clock of `performance.now()`. */
export function abandonedAt({ oneway, deadline, receivedAt }: IncomingCall): number {
  const latest = receivedAt === 0 ? Number.POSITIVE_INFINITY : receivedAt + MAX_OVERDUE_MS;
  if (oneway || deadline === Number.POSITIVE_INFINITY) return Math.min(deadline, latest);
  return deadline + Math.min(MAX_OVERDUE_MS, deadline - receivedAt);
}
