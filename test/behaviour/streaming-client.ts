import { Readable } from 'node:stream';

/** A real client whose methods answer with streams. */
export class Streaming {
  /** The latest in this process. */
  static latest: Streaming | undefined;
  asked = 0;
  finals = 0;

  constructor() {
    Streaming.latest = this;
  }

  async *count(to: number): AsyncGenerator<number, string> {
    for (let i = 1; i <= to; i++) yield i;
    return 'counted';
  }

  async *endless(): AsyncGenerator<{ n: number }, never> {
    try {
      for (;;) {
        this.asked += 1;
        yield { n: this.asked };
      }
    } finally {
      this.finals += 1;
    }
  }

  async *fails(after: number): AsyncGenerator<number> {
    yield* this.count(after);
    throw Object.assign(new TypeError('no more'), { code: 'E_EMPTY' });
  }

  async *failsFrozen(): AsyncGenerator<number> {
    yield 1;
    throw Object.freeze(new TypeError('frozen'));
  }

  readable(): Readable {
    return Readable.from(['a', 'b']);
  }

  *steps(): Generator<number> {
    yield 1;
    yield 2;
  }

  async plain(value: unknown): Promise<unknown> {
    return value;
  }

  async close(): Promise<void> {}
}
