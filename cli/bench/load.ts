import { performance } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type RpcError, toError } from '../../lib/errors.js';
import { Tally } from './tally.js';

/** Calls to be made, until one of the limits is reached. */
export interface Load {
  /** Calls in flight at most. Without a rate, so many are in flight all the time. */
  readonly concurrency: number;
  /** Calls a second that are due, whether earlier ones have ended or not. Undefined: a call is due when an earlier one has ended. */
  readonly rate?: number | undefined;
  /** Unit: ms */
  readonly duration?: number | undefined;
  readonly count?: number | undefined;
}

/** Outcome of a load. */
export interface LoadResult {
  readonly tally: Tally;
  /** Time in which calls were made; with a count and no rate, until the last one ended. Unit: ms */
  readonly elapsed: number;
  /** Calls that were due and could not be made: the limit of calls in flight was reached, or this process was too slow. */
  readonly skipped: number;
  readonly isInterrupted: boolean;
}

/** Longest wait by a timer ends so much before a call is due: timers fire up to a millisecond late, and the rest is waited in turns. Unit: ms */
const TIMER_LEAD = 1.5;
/** Time for which due calls are made without a turn of the event loop. Unit: ms */
const BURST = 1;

/**
 * Makes calls as a load says. Calls in flight at the end are waited for, except where the run is interrupted: then they are left. Never rejects.
 */
export class LoadRun {
  readonly tally = new Tally();
  readonly #call: () => Promise<unknown>;
  readonly #load: Load;
  readonly #signal: AbortSignal;
  #begun = 0;
  /** Moment from which no call is made. */
  #end = Number.POSITIVE_INFINITY;
  /** Resolves the promise of {@link LoadRun.#next}. */
  #wake: (() => void) | undefined;

  /** `signal`: interrupts the run. */
  constructor(call: () => Promise<unknown>, load: Load, signal: AbortSignal) {
    this.#call = call;
    this.#load = load;
    this.#signal = signal;
  }

  /** Time since the begin of the run. Unit: ms */
  get elapsed(): number {
    return this.#begun === 0 ? 0 : Math.min(performance.now(), this.#end) - this.#begun;
  }

  /** Share of the load that is done: 0 to 1. */
  get progress(): number {
    const { duration, count } = this.#load;
    const byTime = duration === undefined ? 0 : this.elapsed / duration;
    return Math.min(1, Math.max(byTime, count === undefined ? 0 : this.tally.ended / count));
  }

  async run(): Promise<LoadResult> {
    const { duration, rate } = this.#load;
    const wake = (): void => this.#wake?.();
    this.#signal.addEventListener('abort', wake);
    const timer = duration === undefined ? undefined : setTimeout(wake, duration + 1);
    this.#begun = performance.now();
    if (duration !== undefined) this.#end = this.#begun + duration;
    const skipped = rate === undefined ? this.#fill() : await this.#keepTo(rate);
    while (!this.#signal.aborted && (this.tally.open > 0 || !this.#isOver)) await this.#next();
    clearTimeout(timer);
    this.#signal.removeEventListener('abort', wake);
    this.tally.left = this.tally.open;
    this.#end = Math.min(this.#end, performance.now());
    return { tally: this.tally, elapsed: this.elapsed, skipped, isInterrupted: this.#signal.aborted };
  }

  get #isOver(): boolean {
    const { count } = this.#load;
    if (this.#signal.aborted || performance.now() >= this.#end) return true;
    return count !== undefined && this.tally.started >= count;
  }

  /** Keeps so many calls in flight until the load is over. */
  #fill(): number {
    for (let caller = 0; caller < this.#load.concurrency; caller += 1) void this.#makeCalls();
    return 0;
  }

  async #makeCalls(): Promise<void> {
    while (!this.#isOver) {
      const hasFailed = await this.#make(performance.now());
      // Calls that fail at once take no turn of the event loop, and would hold up its timers and signals.
      if (hasFailed) await turn();
    }
  }

  /**
   * Makes calls when they are due. Their latencies count from that moment: a slow answer, or a pause of the server, is in the figures of all
   * calls that it holds up. Resolves to the number of calls that were due and not made.
   */
  async #keepTo(rate: number): Promise<number> {
    const { concurrency, count = Number.POSITIVE_INFINITY } = this.#load;
    let lastTurn = performance.now();
    while (!this.#isOver) {
      const due = this.#begun + (this.tally.started * 1_000) / rate;
      const now = performance.now();
      if (due > now || now - lastTurn > BURST) {
        await this.#until(Math.min(due, this.#end));
        lastTurn = performance.now();
      } else if (this.tally.open >= concurrency) {
        await this.#next();
      } else {
        void this.#make(due);
      }
    }
    // A call that is due at the very end is not among them, whatever the last digit of the clock says.
    const wereDue = Math.ceil((this.elapsed * rate) / 1_000 - 1e-6);
    return Math.max(0, Math.min(count, wereDue) - this.tally.started);
  }

  /** Resolves to true where the call has failed. */
  async #make(due: number): Promise<boolean> {
    const { tally } = this;
    tally.started += 1;
    const made = performance.now();
    let error: RpcError | undefined;
    try {
      await this.#call();
    } catch (thrown) {
      error = toError(thrown) as RpcError;
    }
    if (this.#signal.aborted) return true; // the figures were taken when the run was interrupted
    const now = performance.now();
    if (now <= this.#end) tally.inTime += 1;
    if (error === undefined) tally.succeeded(now - made, made - due);
    else tally.failedWith(error, now - made, made - due);
    this.#wake?.();
    return error !== undefined;
  }

  /** Resolves when a call has ended, at the end of the time, and when the run is interrupted. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #until(moment: number): Promise<void> {
    const wait = moment - performance.now() - TIMER_LEAD;
    if (wait >= 1) await delay(Math.floor(wait), undefined, { signal: this.#signal }).catch(throwUnlessAborted);
    do await turn();
    while (performance.now() < moment && !this.#isOver);
  }
}

function throwUnlessAborted(error: unknown): void {
  if ((error as Error).name !== 'AbortError') throw error;
}
