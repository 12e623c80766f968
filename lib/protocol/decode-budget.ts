/**
 * What the values of one frame may cost the process that decodes them, beyond the bytes that they lie in. A byte can
 * be a whole object, and a few of them a key that is slow to find; the limit on a frame's size says nothing of that.
 *
 * One budget serves all the values of a frame: with one for each, a list of many values would multiply it.
 */
export class DecodeBudget {
  /** Bytes of memory that may still be charged, see {@link CHARGE}. */
  memory = 0;
  /** Numbers and bigints that may still become keys of Maps and items of Sets. */
  hashedKeys = 0;

  constructor(frameBytes: number) {
    this.reset(frameBytes);
  }

  /** For the next frame. */
  reset(frameBytes: number): void {
    this.memory = FREE_MEMORY + MEMORY_PER_BYTE * frameBytes;
    this.hashedKeys = MAX_HASHED_KEYS;
  }
}

/**
 * V8 hashes numbers without a seed, and bigints by nothing but their lowest 64 bits, so that a sender can choose
 * thousands that all fall into one place of the table; each is then compared with all before it. So many take less
 * than a tenth of a second at worst. Texts are hashed with a seed, objects by a random number: there may be any
 * number of those.
 *
 * The encoder refuses more, too, so that it does not depend on the way to the other end whether a value arrives.
 */
export const MAX_HASHED_KEYS = 4096;

export const TOO_MANY_KEYS =
  `more than ${MAX_HASHED_KEYS} numbers and bigints as Map keys and Set items in one call or answer, ` +
  'which is the limit, since they can be chosen to be slow; texts are not limited';

/** True for what counts toward {@link MAX_HASHED_KEYS}. */
export function isHashedKey(key: unknown): boolean {
  return typeof key === 'number' || typeof key === 'bigint';
}

/** So that only large frames notice: 80,000 empty objects, or 30,000 empty Buffers. */
const FREE_MEMORY = 8 * 1024 * 1024;

/**
 * Values of a use take less: objects of one key and one small number, Buffers of 16 bytes, Errors with a message,
 * texts and numbers of any kind.
 */
const MEMORY_PER_BYTE = 16;

/**
 * What a value is charged, in bytes: what it takes of memory at least, and more where making it takes long. Not
 * charged is what lies within a small multiple of its bytes on the wire: texts, numbers, the content of a Buffer.
 */
export const CHARGE = {
  slot: 8,
  /** Of a stock value's dictionary. */
  entry: 24,
  array: 48,
  object: 88,
  /** One that was not met lately. */
  key: 64,
  bigint: 88,
  date: 160,
  buffer: 256,
  /** Of a typed array, with the ArrayBuffer that it takes. */
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
 * Runs what creates Errors, and gives them no stack: where one was decoded says nothing about where it happened, and
 * to find it out takes longer than all the rest.
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
