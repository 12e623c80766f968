import { createClient } from 'mailstation';

const remote = (app: { readonly id: string }) => ({
  /** Adds two numbers. */
  async add(a: number, b: number): Promise<number> {
    return a + b;
  },
  /** Answers through a callback. */
  twice(n: number, callback: (error: Error | null, result: number, by: string) => void): void {
    callback(null, n * 2, app.id);
  },
  /** Takes optional arguments. */
  join(text: string, times?: number, separator?: string): string {
    return [text, times, separator].join();
  },
  /** Takes any number of arguments. */
  all(first: number, ...rest: number[]): number {
    return first + rest.length;
  },
  /** Is generic. */
  async same<T extends object>(value: T): Promise<T> {
    return value;
  },
});

class Rooms {
  readonly #rooms = new Set<string>();
  /** Enters a room. */
  enter(room: string): boolean {
    return this.#rooms.add(room).has(room);
  }
}

interface Remotes {
  user: { test: { sums: typeof remote; rooms: typeof Rooms } };
}

const { sums, rooms } = createClient<Remotes>().proxies.user.test;
export const answers = [
  sums.add(null, 1, 2),
  sums.twice(null, 1),
  sums.join(null, 'a', 2),
  sums.all(null, 1, 2),
  sums.same(null, {}),
  rooms.enter(null, 'lobby'),
];
