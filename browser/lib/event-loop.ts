/**
 * A page does not measure how long its event loop was blocked: a browser slows the timers of a page in the background, and
 * stops a page that it has put aside, so that late timers say nothing about load.
 */
export const eventLoop = {
  enter(..._given: unknown[]): void {},
  leave(..._given: unknown[]): void {},
  touch(..._given: unknown[]): void {},
  longestStall: (_since: number): number => 0,
  longestStallAround: (_since: number): number => 0,
  justBlocked: (_now: number): number => 0,
};
