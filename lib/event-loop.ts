import { outsideContexts } from './async-context.js';
import { clearInterval, performance, setInterval } from './timers.js';

/** Time between two samples. A measured stall is short by at most this much. Unit: ms */
const SAMPLE_MS = 20;
/** Samples with nothing waiting after which sampling stops, so that one call after another does not set one timer after another. */
const IDLE_SAMPLES = 50;
/** Bound of the remembered stalls. A process has a handful of stalls that no later stall equalled. */
const MAX_STALLS = 64;

interface Stall {
  readonly endedAt: number;
  readonly ms: number;
}

/**
 * Measures how long this process's event loop was blocked: the longest stall in any window that ends now. A process that was
 * stopped and continued counts as blocked.
 *
 * The watch samples only while something waits, and costs an idle process nothing: 50 samples a second would take 0.3 % of
 * a core. `monitorEventLoopDelay` of node:perf_hooks costs nearly as much, and cannot be asked about a window.
 */
export class EventLoopWatch {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #idleSamples = 0;
  #sampledAt = 0;
  /** Stalls that are longer than all later ones: the first stall that ended within a window is the longest there. */
  readonly #stalls: Stall[] = [];

  /** `now` reads the clock in which windows are given. Unit: ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Samples from now on, until {@link leave}: something waits. `since`: when its time began, in the turn that runs now. A
   * router may have blocked that turn, and a watch that was not sampling would not know. Default: now.
   */
  enter(since?: number): void {
    this.#waiting += 1;
    if (this.#timer === undefined) this.#start(since);
  }

  /** Must be called once for each {@link enter}. */
  leave(): void {
    this.#waiting -= 1;
  }

  /** Samples for at least another second. */
  touch(): void {
    this.#idleSamples = 0;
    if (this.#timer === undefined) this.#start();
  }

  /** Longest stall after `since`, in whole ms; of a stall that began before, only the part after. 0 for times without samples. */
  longestStall(since: number): number {
    return this.#longest(since, (endedAt, ms) => Math.min(ms, endedAt - since));
  }

  /** Longest stall after `since`, with the whole of a stall that began before: for bytes that lay unread during that stall. */
  longestStallAround(since: number): number {
    return this.#longest(since, (endedAt, ms) => (endedAt > since - SAMPLE_MS ? ms : 0));
  }

  /** Time for which bytes that are read now may have lain unread, since the event loop was blocked. Unit: ms */
  justBlocked(now: number): number {
    const { endedAt, ms } = this.#stalls.at(-1) ?? { endedAt: 0, ms: 0 };
    const sampled = endedAt > now - SAMPLE_MS ? ms : 0;
    return this.#timer === undefined ? 0 : Math.max(sampled, Math.floor(now - this.#sampledAt - SAMPLE_MS));
  }

  #longest(since: number, share: (endedAt: number, ms: number) => number): number {
    const now = this.#now();
    // A stall that has just ended may not have been sampled yet: timers fire in the order in which they were due.
    let longest = this.#timer === undefined || now <= since ? 0 : share(now, now - this.#sampledAt - SAMPLE_MS);
    for (const { endedAt, ms } of this.#stalls) longest = Math.max(longest, share(endedAt, ms));
    return Math.max(0, Math.round(longest));
  }

  #start(since = this.#now()): void {
    this.#idleSamples = 0;
    this.#sampledAt = since;
    this.#timer = outsideContexts(() => setInterval(() => this.#sample(), SAMPLE_MS).unref());
  }

  #sample(): void {
    const now = this.#now();
    const ms = now - this.#sampledAt - SAMPLE_MS;
    this.#sampledAt = now;
    if (ms >= 1) this.#remember({ endedAt: now, ms: Math.round(ms) });
    this.#idleSamples = this.#waiting > 0 ? 0 : this.#idleSamples + 1;
    if (this.#idleSamples < IDLE_SAMPLES) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #remember(stall: Stall): void {
    const stalls = this.#stalls;
    while ((stalls.at(-1)?.ms ?? Number.POSITIVE_INFINITY) <= stall.ms) stalls.pop();
    stalls.push(stall);
    if (stalls.length > MAX_STALLS) stalls.shift();
  }
}

/** The watch of this process, or of this worker thread. */
export const eventLoop = new EventLoopWatch();
