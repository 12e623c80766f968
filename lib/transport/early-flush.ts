/** Number of frames after which waiting for the end of the tick does not pay any more. */
const MIN_FRAMES = 16;
/** A busy tick flushes after a quarter of the last tick's frames; a fixed number would cost time at 512 calls in flight. */
const SHARE = 4;

/**
 * Decides when to write queued frames before the tick ends, so that the other end works on the first frames while this end
 * encodes the rest: after max(16, a quarter of the last tick's frames).
 */
export class EarlyFlush {
  #threshold = MIN_FRAMES;
  #frames = 0;

  /** True when `waiting` frames, which are not written yet, should be written now. */
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
