import type { SendingRoom, TurnTaker } from '../../../lib/stream/sender-parts.js';

/** Lets the streams of a page's connection write in turn, one item each, while little is queued. */
export class SenderTurns {
  readonly #room: SendingRoom;
  readonly #queue: TurnTaker[] = [];

  constructor(room: SendingRoom) {
    this.#room = room;
  }

  add(taker: TurnTaker): void {
    this.#queue.push(taker);
    this.resume();
  }

  resume(): void {
    while (this.#room.hasRoom) {
      const taker = this.#queue.shift();
      if (taker === undefined) return;
      taker.takeTurn();
    }
  }
}
