import { setImmediate } from '../timers.js';
import type { SendingRoom, TurnTaker } from './sender-parts.js';

/** Bytes of items that all streams of the process may write in one turn of the event loop. */
const TURN_BYTES = 256 * 1024;
/** Each item counts as so many bytes more, since small items take time too. */
const ITEM_COST = 512;

/** The turn of the event loop, which all streams of the process share. */
export class StreamTurn {
  #left = TURN_BYTES;
  #immediate: NodeJS.Immediate | undefined;
  /** Calls back for each connection whose streams wait for the next turn, in their order. */
  readonly #waiting = new Set<() => void>();

  get isOver(): boolean {
    return this.#left <= 0;
  }

  /** An item with so many bytes was written. */
  wrote(bytes: number): void {
    this.#left -= bytes + ITEM_COST;
    this.#immediate ??= setImmediate(this.#onNextTurn);
  }

  wait(goOn: () => void): void {
    this.#waiting.add(goOn);
  }

  readonly #onNextTurn = (): void => {
    this.#immediate = undefined;
    this.#left = TURN_BYTES;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const goOn of waiting) goOn();
  };
}

const streamTurn = new StreamTurn();

/**
 * Lets the streams of one connection write their items in turn, one item each, while little is queued on the connection and the
 * turn of the event loop is not over. A fast producer then delays neither the calls nor the other streams.
 */
export class SenderTurns {
  readonly #room: SendingRoom;
  readonly #turn: Pick<StreamTurn, 'isOver' | 'wrote' | 'wait'>;
  #queue: TurnTaker[] = [];
  #isRunning = false;

  constructor(room: SendingRoom, turn: Pick<StreamTurn, 'isOver' | 'wrote' | 'wait'> = streamTurn) {
    this.#room = room;
    this.#turn = turn;
  }

  /** The stream writes its item now, or when its turn comes. */
  add(taker: TurnTaker): void {
    this.#queue.push(taker);
    this.resume();
  }

  /** The connection has room again. */
  readonly resume = (): void => {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.length > 0 && this.#room.hasRoom) {
      if (this.#turn.isOver) {
        this.#turn.wait(this.resume);
        break;
      }
      this.#turn.wrote((this.#queue.shift() as TurnTaker).takeTurn());
    }
    this.#isRunning = false;
  };

  /** The connection has ended: nothing is written any more. */
  clear(): void {
    this.#queue = [];
  }
}
