import { EventEmitter } from 'node:events';
import { cluster } from 'mailstation';

/** A connector that has not spoken for so long is gone, and its visitors with it. Unit: ms */
const GONE_AFTER = 6_000;
const SAY_EVERY = 2_000;

/** Who is online, for all connectors. One instance serves all of them: that of the connector that leads. */
class OnlineBoard extends EventEmitter {
  #names = new Map(); // connector -> { names, at }
  #timer = setInterval(() => this.#tell(), SAY_EVERY).unref();

  publish({ connector, names }) {
    this.#names.set(connector, { names, at: Date.now() });
    this.#tell();
  }

  subscribe(_what, listener) {
    this.on('names', listener);
    listener(this.#list());
  }

  close() {
    clearInterval(this.#timer);
  }

  #list() {
    const heard = [...this.#names.values()].filter(({ at }) => Date.now() - at < GONE_AFTER);
    return [...new Set(heard.flatMap(({ names }) => names))].sort();
  }

  #tell() {
    this.emit('names', this.#list());
  }
}

/** The board as one connector sees it. */
export class Online {
  #board;
  #connector;
  #here = new Map(); // name -> number of pages
  #timer;
  names = [];

  constructor(connector, path, onChange) {
    this.#connector = connector;
    this.#board = cluster(OnlineBoard, { path }).create();
    this.#board.on('error', (error) => console.error('%s: %s', connector, error.message));
    this.#board.subscribe({ dataId: 'names' }, (names) => {
      if (names.join() === this.names.join()) return;
      this.names = names;
      onChange(names);
    });
    this.#timer = setInterval(() => this.#publish(), SAY_EVERY);
  }

  enter(name) {
    this.#here.set(name, (this.#here.get(name) ?? 0) + 1);
    this.#publish();
  }

  leave(name) {
    const left = this.#here.get(name) - 1;
    if (left > 0) this.#here.set(name, left);
    else this.#here.delete(name);
    this.#publish();
  }

  async close() {
    clearInterval(this.#timer);
    await this.#board.close();
  }

  #publish() {
    this.#board.publish({ dataId: 'names', connector: this.#connector, names: [...this.#here.keys()] });
  }
}
