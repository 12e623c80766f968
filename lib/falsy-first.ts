/** A value that some methods give their callback in the place of the error, and that is neither an error nor nothing. */
export type FalsyFirst = 0 | false | '';

const firstValues = new WeakMap<readonly unknown[], FalsyFirst>();

/** True for the falsy values that mean something: `callback(count)` and `callback(isOnline)` give 0 and false. */
export function isFalsyFirst(value: unknown): value is FalsyFirst {
  return value === 0 || value === false || value === '';
}

/**
 * Notes what a method gave its callback before the results, for callers in pomelo-rpc's form. The call has succeeded. Any
 * other caller gets the results alone, as by Node's convention a falsy value is no error.
 */
export function noteFirst(results: readonly unknown[], first: unknown): void {
  if (isFalsyFirst(first)) firstValues.set(results, first === 0 ? 0 : first); // -0 is 0 in the JSON of a head
}

/** The noted value; undefined for results that came after `null` or nothing. */
export function firstOf(results: readonly unknown[]): FalsyFirst | undefined {
  return firstValues.get(results);
}
