import type { StreamWindow } from '../protocol/stream-window.js';
import type { StreamTotal } from './stream-total.js';

/** A stream that has an item to write. */
export interface TurnTaker {
  /** Writes the item, and returns the bytes of the item. 0 where the stream has ended meanwhile. */
  takeTurn(): number;
}

/** The connection that the items are written to. */
export interface SendingRoom {
  /** True while little is queued: answers of calls must not wait behind the items of streams. */
  readonly hasRoom: boolean;
}

/** Bounds of the streams of one connection, and their turns. */
export interface SenderParts {
  readonly window: Pick<StreamWindow, 'items' | 'bytes'>;
  readonly total: StreamTotal;
  readonly turns: { add(taker: TurnTaker): void };
}
