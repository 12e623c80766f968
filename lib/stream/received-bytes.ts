import type { FrameView } from '../protocol/packet.js';
import type { RawBytes } from '../raw-bytes.js';
import { COUNT_BYTES, countBody } from './stream-body.js';

/** Bytes of items that have arrived on a connection. Their sender learns of them, and sends no more at once than arrives soon. */
export class ReceivedBytes {
  readonly #interval: number;
  readonly #report: (body: RawBytes) => void;
  #received = 0;
  #reported = 0;

  /** `interval`: bytes after which a report is due. `report` sends the body of one. */
  constructor(interval: number, report: (body: RawBytes) => void) {
    this.#interval = interval;
    this.#report = report;
  }

  /** A frame of items has arrived, whether they are wanted or not. */
  count({ bodyStart, end }: FrameView): void {
    this.#received += Math.max(0, end - bodyStart - COUNT_BYTES);
    if (this.#received - this.#reported < this.#interval) return;
    this.#reported = this.#received;
    this.#report(countBody(this.#received));
  }
}
