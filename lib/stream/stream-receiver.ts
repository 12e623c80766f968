import { Lifecycle } from '../lifecycle.js';
import { readUint32 } from '../protocol/packet.js';
import { giveSpare, keepCopy } from '../protocol/spare-bytes.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { RawBytes } from '../raw-bytes.js';
import { RECEIVER_TRANSITIONS, type ReceiverState } from './receiver-state.js';
import { COUNT_BYTES, type Credit, LENGTH_BYTES, readCount } from './stream-body.js';
import type { Creditor, StreamTotal } from './stream-total.js';

/** Largest number of items in one frame. */
const MAX_FRAME_ITEMS = 4_096;

/** Decodes one item, as a codec does. The value must be no view of the bytes, which are used again. */
export interface ItemDecoder {
  decode(bytes: RawBytes, start: number, end: number): unknown;
}

/** Events of a stream for its owner, which has the way back to the producer. */
export interface ReceiverHandler {
  /** The consumer has taken items: the producer may send as many more. */
  onTaken(credit: Credit): void;
  /** The consumer wants no more items. `hasEnded`: the producer has sent the end already. */
  onStopped(hasEnded: boolean): void;
  /** The consumer waits for an item that has not arrived. */
  onWaits(): void;
  /** An item cannot be decoded. The stream is closed, and its consumer gets the error that this function returns. */
  onUndecodable(error: unknown, hasEnded: boolean): Error;
}

/** Bounds of a stream at its consumer. */
export interface ReceiverTerms {
  readonly window: StreamWindow;
  /** Bytes of all streams of the connection. */
  readonly total: StreamTotal;
}

/** Items of one frame that the consumer has not taken, as bytes. */
interface Chunk {
  readonly bytes: RawBytes;
  readonly decoder: ItemDecoder;
  at: number;
  readonly end: number;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** How a stream ends for its consumer. */
export type StreamEnd = { readonly fail: () => Error } | { readonly returned: unknown };

/**
 * The consumer's end of a stream, without a connection. Items stay bytes until the consumer takes them, so that the window is the
 * bound of their memory. The producer gets credit when half of the window has been taken.
 */
export class StreamReceiver implements Creditor {
  readonly #handler: ReceiverHandler;
  readonly #lifecycle = new Lifecycle<ReceiverState>('open', RECEIVER_TRANSITIONS, () => {});
  #terms: ReceiverTerms | undefined;
  #chunks: Chunk[] = [];
  #waiters: Waiter[] = [];
  #end: StreamEnd | undefined;
  #arrivedItems = 0;
  #arrivedBytes = 0;
  #takenItems = 0;
  #takenBytes = 0;
  #creditedItems = 0;
  #creditedBytes = 0;

  constructor(handler: ReceiverHandler) {
    this.#handler = handler;
  }

  get state(): ReceiverState {
    return this.#lifecycle.state;
  }

  /** Items that have arrived. */
  get arrived(): number {
    return this.#arrivedItems;
  }

  /** Items that the consumer has got. */
  get delivered(): number {
    return this.#takenItems;
  }

  /** True while items that have arrived wait for the consumer. */
  get hasUnread(): boolean {
    return this.#chunks.length > 0;
  }

  /** True while the consumer waits for an item. */
  get isWaiting(): boolean {
    return this.#waiters.length > 0;
  }

  /** The producer has been asked for the stream, with these bounds. Another producer may be asked where the first has sent nothing. */
  open(terms: ReceiverTerms): void {
    this.#terms?.total.leave(this);
    this.#terms = terms;
    if (this.state === 'open') terms.total.join(this);
  }

  /**
   * Takes the items of a frame, `bytes[start … end)`, which are copied unless the consumer waits for them. Returns what is wrong
   * with a frame that breaks the rules; undefined for a good one.
   */
  items(bytes: RawBytes, start: number, end: number, decoder: ItemDecoder): string | undefined {
    const terms = this.#terms;
    if (this.state !== 'open' || terms === undefined) return undefined;
    const first = start + COUNT_BYTES;
    const count = first > end ? 0 : countItems(bytes, first, end);
    if (count === 0) return 'a frame of items without a list of them';
    if (readCount(bytes, start) !== this.#arrivedItems)
      return `item ${readCount(bytes, start)} arrived in the place of item ${this.#arrivedItems}`;
    if (this.#exceeds(count, terms)) return 'more items arrived than the window allows';
    this.#arrivedItems += count;
    this.#arrivedBytes += end - first;
    terms.total.add(end - first);
    const chunk = { bytes, decoder, at: first, end };
    while (this.#waiters.length > 0 && chunk.at < end) this.#deliver(chunk, this.#waiters.shift() as Waiter);
    if (chunk.at < end && this.state === 'open') this.#keep(chunk);
    return undefined;
  }

  /** The next item, or the end. Calls that come before an item has arrived are served in their order. */
  next(): Promise<IteratorResult<unknown, unknown>> {
    return new Promise(this.#ask);
  }

  /** Executor of the promise of a reader that asks for the next item; an error that is thrown here rejects that promise. */
  readonly #ask = (resolve: Waiter['resolve'], reject: Waiter['reject']): void => {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return this.#wait({ resolve, reject });
    resolve(this.#take(chunk));
    if (chunk.at >= chunk.end && this.#chunks[0] === chunk) giveSpare((this.#chunks.shift() as Chunk).bytes);
    if (this.#chunks.length === 0 && this.state === 'ended') this.#credit();
  };

  #wait(waiter: Waiter): void {
    if (this.state !== 'open') return this.#giveEnd(waiter);
    this.#waiters.push(waiter);
    if (this.#terms?.total.isScarce) this.#credit();
    this.#handler.onWaits();
  }

  /** The consumer wants no more items. Returns false where the stream was closed before. */
  stop(): boolean {
    const hasEnded = this.state === 'ended';
    if (!this.#lifecycle.move('closed')) return false;
    this.#end = undefined;
    this.#discard();
    this.#handler.onStopped(hasEnded);
    this.#settleWaiters();
    return true;
  }

  /** The stream ends behind the items that have arrived or, with `isNow`, at once. */
  end(end: StreamEnd, isNow: boolean): void {
    if (this.state === 'closed' || (this.state === 'ended' && !isNow)) return;
    this.#end = end;
    if (isNow) this.#discard();
    this.#terms?.total.leave(this);
    this.#lifecycle.move('ended');
    if (!isNow && this.#chunks.length === 0) this.#credit();
    this.#settleWaiters();
  }

  /** The bytes of other streams may keep the producer from sending, so that no half of the window is ever taken. */
  onScarce(): void {
    if (this.isWaiting) this.#credit();
  }

  #exceeds(count: number, { window, total }: ReceiverTerms): boolean {
    const items = this.#arrivedItems - this.#creditedItems;
    if (items + count > window.items || this.#arrivedBytes - this.#creditedBytes >= window.bytes) return true;
    return items > 0 && total.isFull;
  }

  #keep({ bytes, decoder, at, end }: Chunk): void {
    this.#chunks.push({ bytes: keepCopy(bytes, at, end), decoder, at: 0, end: end - at });
  }

  #deliver(chunk: Chunk, { resolve, reject }: Waiter): void {
    try {
      resolve(this.#take(chunk));
    } catch (error) {
      reject(error as Error);
      this.#settleWaiters();
    }
  }

  /** The next item of the chunk. Throws the error for the consumer where the item cannot be decoded: the stream is closed then. */
  #take(chunk: Chunk): IteratorResult<unknown, unknown> {
    const start = chunk.at + LENGTH_BYTES;
    const end = start + readUint32(chunk.bytes, chunk.at);
    let value: unknown;
    try {
      value = chunk.decoder.decode(chunk.bytes, start, end);
    } catch (error) {
      const hasEnded = this.state === 'ended';
      this.#lifecycle.move('closed');
      this.#discard();
      this.#end = undefined;
      throw this.#handler.onUndecodable(error, hasEnded);
    }
    this.#takenItems += 1;
    this.#takenBytes += end - chunk.at;
    chunk.at = end;
    if (this.#isHalfTaken || this.#terms?.total.isScarce) this.#credit();
    return { done: false, value };
  }

  get #isHalfTaken(): boolean {
    const { items, bytes } = (this.#terms as ReceiverTerms).window;
    return this.#takenItems - this.#creditedItems >= items / 2 || this.#takenBytes - this.#creditedBytes >= bytes / 2;
  }

  #credit(): void {
    if (this.#takenItems === this.#creditedItems) return;
    this.#terms?.total.release(this.#takenBytes - this.#creditedBytes);
    this.#creditedItems = this.#takenItems;
    this.#creditedBytes = this.#takenBytes;
    this.#handler.onTaken({ items: this.#takenItems, bytes: this.#takenBytes });
  }

  /** Gives up all that has arrived, and has not been credited. */
  #discard(): void {
    for (const { bytes } of this.#chunks.splice(0)) giveSpare(bytes);
    this.#terms?.total.leave(this);
    this.#terms?.total.release(this.#arrivedBytes - this.#creditedBytes);
    this.#creditedItems = this.#arrivedItems;
    this.#creditedBytes = this.#arrivedBytes;
  }

  /** Gives the end to all that wait for an item. */
  #settleWaiters(): void {
    for (const waiter of this.#waiters.splice(0)) this.#giveEnd(waiter);
  }

  #giveEnd({ resolve, reject }: Waiter): void {
    const end = this.#end;
    this.#end = undefined;
    this.#lifecycle.move('closed');
    if (end !== undefined && 'fail' in end) reject(end.fail());
    else resolve({ done: true, value: end?.returned });
  }
}

/** Number of the items whose lengths fill `bytes[start … end)` exactly; 0 where they do not. */
function countItems(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let at = start;
  while (end - at >= LENGTH_BYTES) {
    at += LENGTH_BYTES + readUint32(bytes, at);
    count += 1;
  }
  return at === end && count <= MAX_FRAME_ITEMS ? count : 0;
}
