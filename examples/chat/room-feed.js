import { setTimeout } from 'node:timers/promises';

/** Wait before a stream that broke is opened again. Unit: ms */
const OPEN_AGAIN_AFTER = 200;

/**
 * One room, as a connector follows it: one stream from the chat server, however many pages read it here. When the chat server dies
 * the stream is opened again behind the last message, so that a page sees each message once, and in order.
 */
export class RoomFeed {
  #rooms;
  #room;
  #pages = new Set();
  #messages = [];
  #reader = new AbortController();

  /** `rooms`: the module of the chat servers. */
  constructor(rooms, room) {
    this.#rooms = rooms;
    this.#room = room;
    this.#follow();
  }

  /** Sends the page all messages so far, and each new one. */
  add(page) {
    this.#pages.add(page);
    for (const message of this.#messages) page.push({ message });
  }

  /** Returns the number of pages that are left. */
  remove(page) {
    this.#pages.delete(page);
    if (this.#pages.size === 0) this.#reader.abort();
    return this.#pages.size;
  }

  async #follow() {
    const { signal } = this.#reader;
    const { messages } = this.#rooms;
    while (!signal.aborted) {
      try {
        for await (const item of messages.with({ signal }).stream(null, this.#room, this.#messages.length)) {
          if (item.message !== undefined) this.#messages.push(item.message);
          for (const page of this.#pages) page.push(item);
        }
      } catch (error) {
        if (signal.aborted) return;
        for (const page of this.#pages) page.push({ away: error.code });
      }
      await setTimeout(OPEN_AGAIN_AFTER);
    }
  }
}
