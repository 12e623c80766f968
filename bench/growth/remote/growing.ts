/** The remote service of the growth figures. */

let waiting: (() => void)[] = [];

export const growing = {
  echo(value: unknown): unknown {
    return value;
  },
  /** Answers at the next `release`. */
  hold(number: number): Promise<number> {
    return new Promise((resolve) => waiting.push(() => resolve(number)));
  },
  /** Number of calls that wait. */
  held(): number {
    return waiting.length;
  },
  release(): void {
    const released = waiting;
    waiting = [];
    for (const answer of released) answer();
  },
};
