/** Number of frames after which waiting for the end of the tick does not pay any more. */
const MIN_FRAMES = 16;
/** The same for frames that are passed on as bytes: each takes a fraction of the time of a frame that is encoded. */
const MIN_RELAYED_FRAMES = 128;
/** A busy tick flushes after a quarter of the last tick's frames; a fixed number would cost time at 512 calls in flight. */
const SHARE = 4;

/**
 * Decides when to write queued frames before the tick ends, so that the other end works on the first frames while this end
 * encodes the rest: after max(16, a quarter of the last tick's frames). A write takes as long as ten relayed frames and more, so that a
 * connection that relays has a larger number.
 */
export class EarlyFlush {
  readonly #least: number;
  #threshold: number;
  #frames = 0;

  /** `relays`: most frames are passed on as bytes. */
  constructor(relays = false) {
    this.#least = relays ? MIN_RELAYED_FRAMES : MIN_FRAMES;
    this.#threshold = this.#least;
  }

  /** True when `waiting` frames, which are not written yet, should be written now. */
  isDue(waiting: number): boolean {
    return waiting >= this.#threshold;
  }

  wrote(frames: number): void {
    this.#frames += frames;
  }

  tickEnded(): void {
    this.#threshold = Math.max(this.#least, this.#frames / SHARE);
    this.#frames = 0;
  }
}
