/** Between two looks. ms */
const LOOK_MS = 50;
/** How much a new look counts: one long turn alone does not make a busy process. Source: the toobusy of pomelo's filter. */
const WEIGHT = 1 / 3;
/** Looks without anybody asking, after which it looks no more until somebody does: 10 s. */
const UNASKED_LOOKS = 200;

/**
 * How late the event loop runs its timers, lately: what a new call would have to wait for before anything is done about
 * it. Looks only while it is asked, by a timer that does not keep the process alive.
 */
export class LoopLag {
  #ms = 0;
  #unasked = 0;
  #dueAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** ms, smoothed; 0 where nothing is known, which is so when it is asked for the first time in 10 s. */
  get ms(): number {
    this.#unasked = 0;
    if (this.#timer === undefined) this.#start();
    return this.#ms;
  }

  #start(): void {
    this.#ms = 0;
    this.#dueAt = performance.now() + LOOK_MS;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const now = performance.now();
    const late = Math.max(0, now - this.#dueAt);
    this.#ms += WEIGHT * (late - this.#ms);
    this.#dueAt = now + LOOK_MS;
    this.#unasked += 1;
    if (this.#unasked < UNASKED_LOOKS) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** There is one event loop; whoever asks shares the one timer. */
export const loopLag = new LoopLag();
