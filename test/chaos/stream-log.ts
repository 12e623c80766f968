import type { GeneratorNoted, HistoryRecord, Read, StreamWay } from './history.js';

/** Items name their call and their place in it, so that a reader can tell a wrong one. */
export type Item = readonly [call: string, index: number, filler: string];

/** A generator is asked to end when its reader leaves; how long it may take to do so, ms. */
const FINISHING_MS = 1_500;

/** Which call a stream belongs to. */
export interface StreamOf {
  readonly client: string;
  readonly token: number;
}

/** Notes for the history what the generators and the readers of one process do. */
export class StreamLog {
  readonly #who: string;
  readonly #write: (record: HistoryRecord) => void;
  #running = 0;

  constructor(who: string, write: (record: HistoryRecord) => void) {
    this.#who = who;
    this.#write = write;
  }

  /** Items of a call, each large or small, in the number that is asked for. `finish` writes down that it is finished; a seeded bug forgets it. */
  async *generate(of: StreamOf, count: number, finish = this.finished): AsyncGenerator<Item, void> {
    this.begun(of);
    try {
      for (let index = 0; index < count; index++) {
        if (index % 16 === 7) await new Promise((resolve) => setImmediate(resolve));
        yield [nameOf(of), index, 'x'.repeat(index % 5 === 3 ? 1_500 : 3)];
      }
    } finally {
      this.ended(of, finish);
    }
  }

  readonly begun = ({ client, token }: StreamOf): void => {
    this.#running += 1;
    this.#write({ type: 'generator', what: 'begun', who: this.#who, client, token } satisfies GeneratorNoted);
  };

  ended(of: StreamOf, finish = this.finished): void {
    this.#running -= 1;
    finish(of);
  }

  readonly finished = ({ client, token }: StreamOf): void => {
    this.#write({ type: 'generator', what: 'finished', who: this.#who, client, token } satisfies GeneratorNoted);
  };

  /** Reads a stream, at most `limit` items of it, and writes down what it read, whatever ends it. */
  async read(
    of: StreamOf,
    way: StreamWay,
    stream: AsyncIterator<unknown, unknown>,
    count: number,
    { limit = Number.POSITIVE_INFINITY, note = (items: number[]) => items } = {},
  ): Promise<unknown> {
    const items: number[] = [];
    let total: number | undefined;
    try {
      while (items.length < limit) {
        const { done, value } = await stream.next();
        if (done === true) {
          total = count;
          return value;
        }
        const [call, index] = value as Item;
        items.push(call === nameOf(of) ? index : -1);
      }
      await stream.return?.();
      return undefined;
    } finally {
      const { client, token } = of;
      const ended = total === undefined ? {} : { total };
      this.#write({ type: 'read', who: this.#who, client, token, way, items: note(items), ...ended } satisfies Read);
    }
  }

  /** Waits until the generators of this process have finished, for some time. */
  async settled(): Promise<void> {
    const startedAt = performance.now();
    while (this.#running > 0 && performance.now() - startedAt < FINISHING_MS)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function nameOf({ client, token }: StreamOf): string {
  return `${client} ${token}`;
}
