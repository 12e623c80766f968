// A page makes no calls in pomelo's form, whose callbacks get what the method gave its own.

/** Failure of a method that called back with a value in the place of the error. */
export class CalledBackError extends Error {
  declare readonly callbackArguments: readonly unknown[];
}

export function calledBackIn(..._given: unknown[]): CalledBackError | undefined {
  return undefined;
}

export function noteResults(..._given: unknown[]): void {}

export function resultsOf(..._given: unknown[]): readonly unknown[] | undefined {
  return undefined;
}
