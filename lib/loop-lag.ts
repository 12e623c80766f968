import { outsideContexts } from './async-context.js';
import { clearInterval, performance, setInterval } from './timers.js';

/** Time between two samples. Unit: ms */
const SAMPLE_MS = 50;
/** Weight of a new sample: one long turn alone does not make a busy process. Source: the toobusy of pomelo's filter. */
const WEIGHT = 1 / 3;
/** Samples between which the lag was not read, after which sampling stops until the next read: 10 s. */
const UNREAD_SAMPLES = 200;

/**
 * Recent lag of the event loop's timers: about the time that a new call waits before the process begins to handle the call.
 * Samples only while the lag is read, by a timer that does not keep the process alive.
 */
export class LoopLag {
  #ms = 0;
  #unread = 0;
  #dueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Readers that ask more seldom than every ten seconds, and want the lag known all the same. */
  #keepers = 0;

  /** Smoothed lag. 0 on the first read in 10 s, when nothing is known. Unit: ms */
  get ms(): number {
    this.#unread = 0;
    if (this.#timer === undefined) this.#start();
    return this.#ms;
  }

  /** Goes on sampling until the returned function is called, however seldom the lag is read. */
  keep(): () => void {
    this.#keepers += 1;
    if (this.#timer === undefined) this.#start();
    let isKept = true;
    return () => {
      if (isKept) this.#keepers -= 1;
      isKept = false;
    };
  }

  #start(): void {
    this.#ms = 0;
    this.#dueAt = performance.now() + SAMPLE_MS;
    this.#timer = outsideContexts(() => setInterval(() => this.#sample(), SAMPLE_MS).unref());
  }

  #sample(): void {
    const now = performance.now();
    const late = Math.max(0, now - this.#dueAt);
    this.#ms += WEIGHT * (late - this.#ms);
    this.#dueAt = now + SAMPLE_MS;
    this.#unread = this.#keepers > 0 ? 0 : this.#unread + 1;
    if (this.#unread < UNREAD_SAMPLES) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Lag of this process's event loop; all readers share the one timer. */
export const loopLag = new LoopLag();
