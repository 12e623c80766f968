/** Frames in a tick after which it no longer pays to wait for the tick's end. */
const MIN_FRAMES = 16;
/** A busy tick flushes after a quarter of what the last one sent; a fixed number would cost at 512 in flight. */
const SHARE = 4;

/**
 * When a tick that is not over yet should write what it has: the other end then works on the first frames while we make
 * the rest. After max(16, a quarter of the last tick's frames).
 */
export class EarlyFlush {
  #threshold = MIN_FRAMES;
  #frames = 0;

  /** `waiting`: frames that are not written yet. */
  isDue(waiting: number): boolean {
    return waiting >= this.#threshold;
  }

  wrote(frames: number): void {
    this.#frames += frames;
  }

  tickEnded(): void {
    this.#threshold = Math.max(MIN_FRAMES, this.#frames / SHARE);
    this.#frames = 0;
  }
}
