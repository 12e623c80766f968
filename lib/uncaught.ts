import { nextTick } from './timers.js';

/** Throws an error of a user's code as an `uncaughtException`, as in Node, so that the error harms no call. */
export function throwUncaught(error: unknown): void {
  nextTick(() => {
    throw error;
  });
}
