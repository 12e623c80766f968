/** A user's own exception, thrown where it is nobody's: an `uncaughtException`, as in Node, that harms no call. */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
