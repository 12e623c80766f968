import type { Context } from '../../context.js';

type Answer = (error: Error | null, sum: number, serverId: string) => void;

/** How long the method that "asks a database" takes. */
const QUERY_MS = 20;

/**
 * A module in pomelo's form: a factory whose methods answer through a callback, with as many results as they like.
 * Loaded with `callbacks: true`.
 */
export default function module1({ serverId }: Context) {
  return {
    func1(a: number, b: number, callback: Answer): void {
      callback(null, a + b, serverId);
    },

    /** The same, only slower. */
    func2(a: number, b: number, callback: Answer): void {
      setTimeout(callback, QUERY_MS, null, a + b, serverId);
    },
  };
}
