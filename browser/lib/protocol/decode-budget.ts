// A page trusts its server with its own memory: frames are bounded by their size, and values by their frames.

/** Largest number of numbers and bigints as keys of Maps and items of Sets in one frame: a server takes no more. */
export const MAX_HASHED_KEYS = 4096;
export const TOO_MANY_KEYS = `more than ${MAX_HASHED_KEYS} numbers and bigints as Map keys and Set items in one call or answer`;

/** Stands for the budget of a frame, and is never used up. */
export class DecodeBudget {
  memory = Number.POSITIVE_INFINITY;
  hashedKeys = Number.POSITIVE_INFINITY;

  constructor(_frameBytes: number) {}

  reset(_frameBytes: number): void {}
}

export function isHashedKey(key: unknown): boolean {
  return typeof key === 'number' || typeof key === 'bigint';
}

/** Charges of values. */
export const CHARGE = {
  slot: 0,
  array: 0,
  object: 0,
  key: 0,
  bigint: 0,
  date: 0,
  buffer: 0,
  view: 0,
  collection: 0,
  error: 0,
} as const;

export function tooMuchMemory(): RangeError {
  return new RangeError();
}

export function withoutStacks<T>(create: () => T): T {
  return create();
}
