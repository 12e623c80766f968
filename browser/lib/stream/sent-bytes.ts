import type { FrameView } from '../../../lib/protocol/packet.js';
import { readCount } from '../../../lib/stream/stream-body.js';

/** Bytes that may be on their way: as many as one upload may be ahead by default. */
const LEAST_BYTES = 256 * 1024;

/** Bytes of items that a page has sent and that the server has not received. The bound is fixed: a page sends little. */
export class SentBytes {
  readonly #bound: number;
  #sent = 0;
  #received = 0;

  /** `interval`: bytes after which the server reports. Undefined: the server reports nothing, and there is no bound. */
  constructor(interval = Number.POSITIVE_INFINITY) {
    this.#bound = Math.max(LEAST_BYTES, 2 * interval);
  }

  /** As many bytes are on their way as may be. */
  get isFull(): boolean {
    return this.#sent - this.#received >= this.#bound;
  }

  /** Notes bytes that were sent, and returns them. */
  sent(bytes: number): number {
    this.#sent += bytes;
    return bytes;
  }

  /** Takes a report of the server, which is the page's own: its reports make sense. */
  accept({ bytes, bodyStart }: FrameView): void {
    this.#received = readCount(bytes, bodyStart);
  }
}
