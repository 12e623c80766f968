/** ms between two looks: what kept the event loop is seen, short by so much at the most. */
const LOOK_MS = 20;
/** Looks without anything waiting before it is left alone: one call after another must not mean one timer after another. */
const IDLE_LOOKS = 50;
/** Stalls that are remembered; a process has a handful that no later one was as long as. */
const MAX_STALLS = 64;

interface Stall {
  readonly endedAt: number;
  readonly ms: number;
}

/**
 * How long something kept this process's event loop from going round: the longest such time in any window that ends
 * now. A process that was stopped and continued counts as one that was kept.
 *
 * It looks only while something waits, and costs an idle process nothing: 50 looks a second would be 0.3 % of a core.
 * `monitorEventLoopDelay` of node:perf_hooks costs nearly as much, and knows of no windows.
 */
export class EventLoopWatch {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #idleLooks = 0;
  #lookedAt = 0;
  /** Each longer than all that came after it: the first that ended within a window is the longest there. */
  readonly #stalls: Stall[] = [];

  /** `now`: ms, on the clock that windows are given in. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Somebody waits for something from now on. */
  enter(): void {
    this.#waiting += 1;
    if (this.#timer === undefined) this.#start();
  }

  /** Once for each {@link enter}. */
  leave(): void {
    this.#waiting -= 1;
  }

  /** Something goes on: it is looked at for another second at least. */
  touch(): void {
    this.#idleLooks = 0;
    if (this.#timer === undefined) this.#start();
  }

  /** ms, whole ones, of what lies after `since`. Only while somebody waited it is known; else 0. */
  longestStall(since: number): number {
    return this.#longest(since, (endedAt, ms) => Math.min(ms, endedAt - since));
  }

  /** The same, with the whole of one that has begun before: for what may have lain unread during it. */
  longestStallAround(since: number): number {
    return this.#longest(since, (endedAt, ms) => (endedAt > since - LOOK_MS ? ms : 0));
  }

  /** For how long what comes in now may have lain unread, ms. */
  justKept(now: number): number {
    const { endedAt, ms } = this.#stalls.at(-1) ?? { endedAt: 0, ms: 0 };
    const looked = endedAt > now - LOOK_MS ? ms : 0;
    return this.#timer === undefined ? 0 : Math.max(looked, Math.floor(now - this.#lookedAt - LOOK_MS));
  }

  #longest(since: number, share: (endedAt: number, ms: number) => number): number {
    const now = this.#now();
    // What has just ended may not have been looked at yet: timers fire in the order in which they were due.
    let longest = this.#timer === undefined || now <= since ? 0 : share(now, now - this.#lookedAt - LOOK_MS);
    for (const { endedAt, ms } of this.#stalls) longest = Math.max(longest, share(endedAt, ms));
    return Math.max(0, Math.round(longest));
  }

  #start(): void {
    this.#idleLooks = 0;
    this.#lookedAt = this.#now();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const now = this.#now();
    const ms = now - this.#lookedAt - LOOK_MS;
    this.#lookedAt = now;
    if (ms >= 1) this.#remember({ endedAt: now, ms: Math.round(ms) });
    this.#idleLooks = this.#waiting > 0 ? 0 : this.#idleLooks + 1;
    if (this.#idleLooks < IDLE_LOOKS) return;
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

/** That of this process, or of this worker thread. */
export const eventLoop = new EventLoopWatch();
