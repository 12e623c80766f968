/** A real client whose methods read streams among their arguments. */
export class Storing {
  /** The latest in this process. */
  static latest: Storing | undefined;
  /** Items that methods have read, and codes of errors in their place. */
  readonly seen: unknown[] = [];
  /** Streams of `hold`. */
  readonly held: AsyncIterator<unknown>[] = [];
  letGo: () => void = () => {};

  constructor() {
    Storing.latest = this;
  }

  async save(table: string, rows: AsyncIterable<unknown> | ReadableStream<unknown>, note: string | null = null) {
    try {
      for await (const row of rows) this.seen.push(row);
    } catch (error) {
      this.seen.push((error as { code: string }).code);
      throw error;
    }
    return [table, note, this.seen.length];
  }

  /** Reads two items, and answers when it is let go. */
  async two(rows: AsyncIterable<unknown>) {
    for await (const row of rows) if (row === 2) break;
    await new Promise<void>((resolve) => {
      this.letGo = resolve;
    });
    return 'two';
  }

  async early(_rows: AsyncIterable<unknown>) {
    return 'early';
  }

  async fails(rows: AsyncIterable<unknown>) {
    for await (const _ of rows) throw Object.assign(new TypeError('no'), { code: 'E_NO' });
  }

  /** Reads nothing, and answers when it is let go. */
  hold(rows: AsyncIterable<unknown>): Promise<void> {
    this.held.push(rows[Symbol.asyncIterator]());
    return new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  async *double(rows: AsyncIterable<number>): AsyncGenerator<number, string> {
    for await (const row of rows) yield row * 2;
    return 'doubled';
  }

  /** With a callback, as methods of cluster-client's time have it. */
  count(rows: AsyncIterable<unknown>, callback: (error: Error | null, count?: number) => void): void {
    (async () => {
      let count = 0;
      for await (const _ of rows) count += 1;
      return count;
    })().then((count) => callback(null, count), callback);
  }

  async note(_rows: AsyncIterable<unknown>) {}

  async echo(value: unknown) {
    return value;
  }

  async close() {}
}
