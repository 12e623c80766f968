import { Lifecycle } from '../lifecycle.js';
import type { SenderParts, TurnTaker } from './sender-parts.js';
import { SENDER_TRANSITIONS, type SenderState } from './sender-state.js';
import { SentItems } from './sent-items.js';
import type { Credit } from './stream-body.js';
import { checkedStep, type StreamSource } from './stream-source.js';
import type { RoomWaiter } from './stream-total.js';

/** Way on which the frames of a stream leave, and receiver of its end. */
export interface SenderHandler {
  /**
   * Writes one item as a frame, and returns its bytes as the window counts them. Throws where the item cannot be sent.
   * `sequence`: number of the item, from 0.
   */
  write(sequence: number, item: unknown): number;
  /** The streams of the connection are as far ahead as they may be together. */
  onFull(): void;
  /** The source has ended, and all its items are written. */
  onDone(returned: unknown): void;
  /** The source has failed. */
  onFailed(error: unknown): void;
  /** An item cannot be sent. The source has been asked to end. */
  onUnsendable(error: unknown): void;
  /** The source has ended after {@link StreamSender.stop}, with an error where its last step or its clean-up failed. */
  onStopped(error: unknown): void;
}

/**
 * The producer's end of a stream, without a connection. Asks the source for an item when the consumer's credit allows one more,
 * and writes the item before the source is asked again: a generator may use the memory of its last item for the next one.
 */
export class StreamSender implements TurnTaker, RoomWaiter {
  readonly #source: StreamSource;
  readonly #parts: SenderParts;
  readonly #handler: SenderHandler;
  /** Counts of the items that were sent. They are kept after the sender has ended, until the consumer has taken all items. */
  readonly items: SentItems;
  readonly #lifecycle = new Lifecycle<SenderState>('idle', SENDER_TRANSITIONS, () => {});
  #item: unknown;
  /** The item waits until there is room among the bytes of all streams: the others have used the room meanwhile. */
  #isHeld = false;

  constructor(source: StreamSource, parts: SenderParts, handler: SenderHandler) {
    this.#source = source;
    this.#parts = parts;
    this.#handler = handler;
    this.items = new SentItems(parts.total);
  }

  get state(): SenderState {
    return this.#lifecycle.state;
  }

  /** Items that were sent. */
  get sent(): number {
    return this.items.count;
  }

  /** Asks for the first item. */
  start(): void {
    this.#goOn();
  }

  /** The consumer has taken items. Returns what is wrong with a credit that makes no sense; undefined for a good one. */
  credit(credit: Credit): string | undefined {
    const wrong = this.items.credit(credit);
    if (wrong === undefined) this.#goOn();
    return wrong;
  }

  onRoom(): void {
    this.#goOn();
  }

  takeTurn(): number {
    if (this.state !== 'ready') return 0;
    if (!this.#hasRoom()) {
      this.#isHeld = true;
      return 0;
    }
    const item = this.#item;
    this.#item = undefined;
    let bytes: number;
    try {
      bytes = this.#handler.write(this.items.count, item);
    } catch (error) {
      this.#lifecycle.move('over');
      this.#source.return().catch(ignore); // the consumer gets the first error
      this.#handler.onUnsendable(error);
      return 0;
    }
    this.items.add(bytes);
    if (this.#parts.total.isFull) this.#handler.onFull();
    // A write may end the connection, and thereby stop the stream.
    if (this.#lifecycle.move('idle')) this.#goOn();
    return bytes;
  }

  /** Ends the stream before the end of its source. Nothing is sent any more. A stream that is over stays so. */
  stop(): void {
    if (!this.#lifecycle.move('closing')) return;
    this.#item = undefined;
    this.#parts.total.forget(this);
    const stopped = (error: unknown): void => {
      if (this.#lifecycle.move('over')) this.#handler.onStopped(error);
    };
    this.#source.return().then(() => stopped(undefined), stopped);
  }

  /** The consumer takes no more: what it has not taken counts no longer among the bytes of the connection. */
  forget(): void {
    // Room for the others must not make this stream send once more.
    this.#parts.total.forget(this);
    this.items.forget();
  }

  #goOn(): void {
    if (this.#isHeld) return this.#goOnWithItem();
    if (this.state !== 'idle' || !this.#hasCredit()) return;
    this.#lifecycle.move('asked');
    this.#source.next().then(this.#onItem, this.#onError);
  }

  #hasCredit(): boolean {
    return !this.items.fill(this.#parts.window) && this.#hasRoom();
  }

  /** Asked for again where there is none: see {@link onRoom}. */
  #hasRoom(): boolean {
    const { total } = this.#parts;
    if (this.items.areTaken || !total.isFull) return true;
    total.wait(this);
    return false;
  }

  #goOnWithItem(): void {
    if (this.state === 'ready' && !this.#hasRoom()) return;
    this.#isHeld = false;
    if (this.state === 'ready') this.#parts.turns.add(this);
  }

  readonly #onItem = (step: unknown): void => {
    let done: boolean | undefined;
    let value: unknown;
    try {
      ({ done, value } = checkedStep(step));
    } catch (error) {
      return this.#onError(error);
    }
    if (done === true) {
      if (this.#lifecycle.move('over')) this.#handler.onDone(value);
      return;
    }
    if (!this.#lifecycle.move('ready')) return;
    this.#item = value;
    this.#parts.turns.add(this);
  };

  readonly #onError = (error: unknown): void => {
    const wasStopped = this.state === 'closing';
    if (!this.#lifecycle.move('over')) return;
    if (wasStopped) this.#handler.onStopped(error);
    else this.#handler.onFailed(error);
  };
}

function ignore(): void {}
