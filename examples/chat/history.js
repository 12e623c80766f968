import { EventEmitter, once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** The messages of one room, in a file: a chat server that dies and starts again has all that it has answered for. */
export class History {
  #file;
  #messages = [];
  #ids = new Set();
  #news = new EventEmitter().setMaxListeners(0);

  constructor(file) {
    this.#file = file;
    if (!existsSync(file)) return;
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1); // what follows the last line break was cut off
    for (const line of lines) this.#keep(JSON.parse(line));
  }

  /** Keeps a message, unless its id is known: a caller whose connection was lost may send it again. Returns its number. */
  add({ id, from, text }) {
    if (!this.#ids.has(id)) {
      const message = { number: this.#messages.length + 1, id, from, text };
      appendFileSync(this.#file, `${JSON.stringify(message)}\n`);
      this.#keep(message);
      this.#news.emit('message');
    }
    return this.#messages.find((message) => message.id === id).number;
  }

  /** Yields the messages behind a number, and then each new one, until the signal aborts. */
  async *after(number, signal) {
    for (let next = number; ; next++) {
      while (next >= this.#messages.length) {
        await once(this.#news, 'message', { signal }).catch(() => {});
        if (signal.aborted) return;
      }
      yield this.#messages[next];
    }
  }

  #keep(message) {
    this.#messages.push(message);
    this.#ids.add(message.id);
  }
}
