/** Depth of the objects in a field of an error, and in a cause that is no error. */
const MAX_DEPTH = 32;
/** Charge for each item, key or value, so that a walk over many empty objects ends as well. Bytes */
const ITEM_BYTES = 2;

/**
 * Estimates whether a value takes at most `bytes` when encoded, before anything is encoded: a field of an error may lead to a
 * whole program, as a socket does. Returns the reason for which the value is too large, and undefined for a value that may fit.
 *
 * The walk ends with the bytes, whatever the value refers to. Never throws.
 */
export function estimate(value: unknown, bytes: number): string | undefined {
  try {
    return new Estimate(bytes).walk(value, 0);
  } catch (error) {
    return error instanceof Error ? `cannot be read: ${error.message}` : 'cannot be read';
  }
}

class Estimate {
  readonly #limit: number;
  readonly #ancestors = new Set<object>();
  #left: number;

  constructor(bytes: number) {
    this.#limit = bytes;
    this.#left = bytes;
  }

  walk(value: unknown, depth: number): string | undefined {
    this.#left -= ITEM_BYTES;
    if (typeof value === 'string') this.#left -= value.length;
    if (typeof value === 'object' && value !== null) {
      const why = this.#walkObject(value, depth);
      if (why !== undefined) return why;
    }
    return this.#left < 0 ? `larger than the ${this.#limit} bytes that are left` : undefined;
  }

  #walkObject(value: object, depth: number): string | undefined {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      this.#left -= value.byteLength;
      return undefined;
    }
    if (this.#ancestors.has(value)) return 'a cycle';
    if (depth >= MAX_DEPTH) return `more than ${MAX_DEPTH} levels deep`;
    this.#ancestors.add(value);
    const why = this.#walkParts(value, depth + 1);
    this.#ancestors.delete(value);
    return why;
  }

  #walkParts(value: object, depth: number): string | undefined {
    if (Array.isArray(value) || value instanceof Set) return this.#walkAll(value, depth);
    if (value instanceof Map) {
      for (const [key, item] of value) {
        const why = this.walk(key, depth) ?? this.walk(item, depth);
        if (why !== undefined) return why;
      }
      return undefined;
    }
    // The result of a toJSON is measured when encoded: calling it twice could have an effect twice.
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined;
    for (const key in value) {
      if (!Object.hasOwn(value, key)) continue;
      this.#left -= key.length;
      const why = this.walk((value as Record<string, unknown>)[key], depth);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  #walkAll(items: Iterable<unknown>, depth: number): string | undefined {
    for (const item of items) {
      const why = this.walk(item, depth);
      if (why !== undefined) return why;
    }
    return undefined;
  }
}
