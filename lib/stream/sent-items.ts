import type { StreamWindow } from '../protocol/stream-window.js';
import type { Credit } from './stream-body.js';
import type { StreamTotal } from './stream-total.js';

/**
 * Counts of one stream at its producer: what was sent, and what the consumer has taken of it. The rest counts among the bytes of all
 * streams of the connection, at both ends, until the consumer says that it has taken it or wants it no more.
 */
export class SentItems {
  readonly #total: StreamTotal;
  #items = 0;
  #bytes = 0;
  #takenItems = 0;
  #takenBytes = 0;

  constructor(total: StreamTotal) {
    this.#total = total;
  }

  /** Items that were sent. */
  get count(): number {
    return this.#items;
  }

  /** True where the consumer has taken everything that was sent. */
  get areTaken(): boolean {
    return this.#takenItems === this.#items;
  }

  /** True where the consumer is as far behind as the window allows. */
  fill({ items, bytes }: Pick<StreamWindow, 'items' | 'bytes'>): boolean {
    return this.#items - this.#takenItems >= items || this.#bytes - this.#takenBytes >= bytes;
  }

  /** One item was sent. */
  add(bytes: number): void {
    this.#items += 1;
    this.#bytes += bytes;
    this.#total.add(bytes);
  }

  /** The consumer has taken items. Returns what is wrong with a credit that makes no sense; undefined for a good one. */
  credit({ items, bytes }: Credit): string | undefined {
    if (items < this.#takenItems || bytes < this.#takenBytes) return 'the credit of a stream went backwards';
    if (items > this.#items || bytes > this.#bytes) return 'the credit of a stream exceeds what was sent';
    const taken = bytes - this.#takenBytes;
    this.#takenItems = items;
    this.#takenBytes = bytes;
    this.#total.release(taken);
    return undefined;
  }

  /** The consumer takes no more: what it has not taken counts no longer. */
  forget(): void {
    const left = this.#bytes - this.#takenBytes;
    this.#takenItems = this.#items;
    this.#takenBytes = this.#bytes;
    this.#total.release(left);
  }
}
