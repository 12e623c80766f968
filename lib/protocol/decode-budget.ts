/**
 * Bound on what the values of one frame may cost the process that decodes the frame, beyond the frame's bytes. One byte can
 * become a whole object, and a few bytes can become a key that is slow to find; the limit on a frame's size does not bound
 * such costs.
 *
 * All values of a frame share one budget: with a budget for each value, a list of many values would multiply the bound.
 */
export class DecodeBudget {
  /** Memory that may still be charged, see {@link CHARGE}. Unit: bytes */
  memory = 0;
  /** Number of numbers and bigints that may still become keys of Maps and items of Sets. */
  hashedKeys = 0;

  constructor(frameBytes: number) {
    this.reset(frameBytes);
  }

  /** Refills the budget for the next frame. */
  reset(frameBytes: number): void {
    this.memory = FREE_MEMORY + MEMORY_PER_BYTE * frameBytes;
    this.hashedKeys = MAX_HASHED_KEYS;
  }
}

/**
 * Largest number of numbers and bigints as keys of Maps and items of Sets in one frame. V8 hashes numbers without a seed, and
 * bigints by their lowest 64 bits, so a sender can choose thousands that fall into one bucket of the table; each is then
 * compared with all before it. So large a number takes less than a tenth of a second at worst. Texts are hashed with a seed, and
 * objects by a random number, so these are not counted.
 *
 * The encoder refuses more as well, so that a value is refused at the same place on every way to the other end.
 */
export const MAX_HASHED_KEYS = 4096;

export const TOO_MANY_KEYS =
  `more than ${MAX_HASHED_KEYS} numbers and bigints as Map keys and Set items in one call or answer, ` +
  'which is the limit, since they can be chosen to be slow; texts are not limited';

/** True for a key that counts toward {@link MAX_HASHED_KEYS}. */
export function isHashedKey(key: unknown): boolean {
  return typeof key === 'number' || typeof key === 'bigint';
}

/** Memory of every frame, so that only large frames reach the bound: 80,000 empty objects, or 30,000 empty Buffers. Unit: bytes */
const FREE_MEMORY = 8 * 1024 * 1024;

/**
 * Memory for each byte of a frame. Ordinary values take less: objects with one key and one small number, Buffers of 16 bytes,
 * Errors with a message, texts and numbers of any kind. Unit: bytes
 */
const MEMORY_PER_BYTE = 16;

/**
 * Charge for each kind of value: at least the memory that the value takes, and more where making the value takes long. A value
 * that takes a small multiple of its bytes on the wire is free: texts, numbers, the content of a Buffer. Unit: bytes
 */
export const CHARGE = {
  slot: 8,
  /** Entry in the dictionary of a stock value. */
  entry: 24,
  array: 48,
  object: 88,
  /** Key of an object that was not met recently. */
  key: 64,
  bigint: 88,
  date: 160,
  buffer: 256,
  /** Typed array, with its ArrayBuffer. */
  view: 512,
  collection: 256,
  error: 512,
} as const;

export function tooMuchMemory(): RangeError {
  return new RangeError(
    `the values of a frame would take far more memory than its bytes: over ${MEMORY_PER_BYTE} times as much, ` +
      `and ${FREE_MEMORY} bytes`,
  );
}

/**
 * Runs `create`, which makes Errors without a stack. The place where an Error was decoded says nothing about the failure, and
 * collecting a stack takes longer than all the rest.
 */
export function withoutStacks<T>(create: () => T): T {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return create();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
