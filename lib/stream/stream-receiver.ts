import { Lifecycle } from '../lifecycle.js';
import { readUint32 } from '../protocol/packet.js';
import { copyBytes, type RawBytes, scratchBytes } from '../raw-bytes.js';
import { RECEIVER_TRANSITIONS, type ReceiverState } from './receiver-state.js';
import { COUNT_BYTES, type Credit, LENGTH_BYTES, readCount } from './stream-body.js';
import type { StreamTotal, StreamWindow } from './stream-window.js';

/** Largest number of items in one frame. */
const MAX_FRAME_ITEMS = 4_096;

/** Decodes one item, as a codec does. */
export interface ItemDecoder {
  decode(bytes: RawBytes, start: number, end: number): unknown;
}

/** The way back to the producer. */
export interface ReceiverPort {
  /** The consumer has taken items: the producer may send as many more. */
  credit(credit: Credit): void;
  /** The consumer wants no more items. `hasEnded`: the producer has sent the end already. */
  stop(hasEnded: boolean): void;
}

export interface ReceiverHandler {
  /** The consumer waits for an item that has not arrived. */
  onWaits(): void;
  /** An item has arrived that cannot be decoded. The stream is closed with the error that this function returns. */
  undecodable(error: unknown): Error;
}

/** Items of one frame that the consumer has not taken, as bytes. */
interface Chunk {
  readonly bytes: RawBytes;
  readonly decoder: ItemDecoder;
  at: number;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** How a stream ends for its consumer. */
type End = { readonly error: Error } | { readonly returned: unknown };

/**
 * The consumer's end of a stream, without a connection. Items stay bytes until the consumer takes them, so that the window is the
 * bound of their memory. The producer gets credit when half of the window has been taken.
 */
export class StreamReceiver {
  readonly #window: StreamWindow;
  readonly #total: StreamTotal;
  readonly #handler: ReceiverHandler;
  readonly #lifecycle = new Lifecycle<ReceiverState>('open', RECEIVER_TRANSITIONS, () => {});
  #port: ReceiverPort | undefined;
  #chunks: Chunk[] = [];
  #waiters: Waiter[] = [];
  #end: End | undefined;
  #arrivedItems = 0;
  #arrivedBytes = 0;
  #takenItems = 0;
  #takenBytes = 0;
  #creditedItems = 0;
  #creditedBytes = 0;

  constructor(window: StreamWindow, total: StreamTotal, handler: ReceiverHandler) {
    this.#window = window;
    this.#total = total;
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

  /** True while the consumer waits for an item. */
  get isWaiting(): boolean {
    return this.#waiters.length > 0;
  }

  /** The stream is open at its producer, who is reached through the port. */
  open(port: ReceiverPort): void {
    this.#port = port;
  }

  /**
   * Takes the items of a frame, `bytes[start … end)`, which are copied unless the consumer waits for them. Returns what is wrong
   * with a frame that breaks the rules; undefined for a good one.
   */
  items(bytes: RawBytes, start: number, end: number, decoder: ItemDecoder): string | undefined {
    if (this.state !== 'open') return undefined;
    const first = start + COUNT_BYTES;
    const count = first > end ? 0 : countItems(bytes, first, end);
    if (count === 0) return 'a frame of items without a list of them';
    if (readCount(bytes, start) !== this.#arrivedItems)
      return `item ${readCount(bytes, start)} arrived in the place of item ${this.#arrivedItems}`;
    if (this.#exceeds(count)) return 'more items arrived than the window allows';
    this.#arrivedItems += count;
    this.#arrivedBytes += end - first;
    this.#total.add(end - first);
    const chunk = { bytes, decoder, at: first };
    while (this.#waiters.length > 0 && chunk.at < end) this.#deliver(chunk, this.#waiters.shift() as Waiter);
    if (chunk.at < end && this.state === 'open') this.#keep(chunk, end);
    return undefined;
  }

  /** The next item, or the end. Calls that come before an item has arrived are served in their order. */
  next(): Promise<IteratorResult<unknown, unknown>> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const chunk = this.#chunks[0];
      if (chunk !== undefined) {
        this.#deliver(chunk, waiter);
        if (chunk.at >= chunk.bytes.length && this.#chunks[0] === chunk) this.#chunks.shift();
        if (this.#chunks.length === 0 && this.state === 'ended') this.#credit();
        return;
      }
      if (this.state === 'open') {
        this.#waiters.push(waiter);
        this.#handler.onWaits();
      } else this.#giveEnd(waiter);
    });
  }

  /** The consumer wants no more items. Returns false where the stream was closed before. */
  stop(): boolean {
    const hasEnded = this.state === 'ended';
    if (!this.#lifecycle.move('closed')) return false;
    this.#end = undefined;
    this.#discard();
    this.#port?.stop(hasEnded);
    this.#settleWaiters();
    return true;
  }

  /** The stream ends behind the items that have arrived or, with `isNow`, at once. */
  end(end: End, isNow: boolean): void {
    if (this.state !== 'open') return;
    this.#end = end;
    if (isNow) this.#discard();
    this.#lifecycle.move('ended');
    if (!isNow && this.#chunks.length === 0) this.#credit();
    this.#settleWaiters();
  }

  #exceeds(count: number): boolean {
    const items = this.#arrivedItems - this.#creditedItems;
    const { items: most, bytes } = this.#window;
    if (items + count > most || this.#arrivedBytes - this.#creditedBytes >= bytes) return true;
    return items > 0 && this.#total.isFull;
  }

  #keep({ bytes, decoder, at }: Chunk, end: number): void {
    const kept = scratchBytes(end - at);
    copyBytes(bytes, at, end, kept, 0);
    this.#chunks.push({ bytes: kept, decoder, at: 0 });
  }

  #deliver(chunk: Chunk, { resolve, reject }: Waiter): void {
    const start = chunk.at + LENGTH_BYTES;
    const end = start + readUint32(chunk.bytes, chunk.at);
    let value: unknown;
    try {
      value = chunk.decoder.decode(chunk.bytes, start, end);
    } catch (error) {
      const hasEnded = this.state === 'ended';
      this.#lifecycle.move('closed');
      this.#discard();
      this.#port?.stop(hasEnded);
      this.#end = undefined;
      reject(this.#handler.undecodable(error));
      this.#settleWaiters();
      return;
    }
    this.#takenItems += 1;
    this.#takenBytes += end - chunk.at;
    chunk.at = end;
    const { items, bytes } = this.#window;
    if (this.#takenItems - this.#creditedItems >= items / 2 || this.#takenBytes - this.#creditedBytes >= bytes / 2)
      this.#credit();
    resolve({ done: false, value });
  }

  #credit(): void {
    if (this.#takenItems === this.#creditedItems) return;
    this.#total.release(this.#takenBytes - this.#creditedBytes);
    this.#creditedItems = this.#takenItems;
    this.#creditedBytes = this.#takenBytes;
    this.#port?.credit({ items: this.#takenItems, bytes: this.#takenBytes });
  }

  /** Gives up all that has arrived, and has not been credited. */
  #discard(): void {
    this.#chunks = [];
    this.#total.release(this.#arrivedBytes - this.#creditedBytes);
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
    if (end !== undefined && 'error' in end) reject(end.error);
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
