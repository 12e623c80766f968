import type { DecodeBudget, MAX_HASHED_KEYS } from './decode-budget.js';
import type { ByteSink } from './frame-writer.js';

/**
 * How one value becomes bytes and a value again. Stateless: what was encoded once can be decoded by any end that
 * agreed on the codec, in any order, and may be relayed or shared as bytes.
 *
 * With every codec an object arrives as a plain one, or as what its `toJSON` returned; an Error with its name,
 * message, code and cause; -0 as 0; half a surrogate pair as U+FFFD, except in JSON; and without keys that are
 * symbols or `__proto__`.
 */
export interface Codec {
  readonly name: string;
  /**
   * Throws an Error that says which part of the value the codec cannot carry faithfully, or which Map or Set has more
   * numbers and bigints for keys and items than a frame may have ({@link MAX_HASHED_KEYS}, all its values together).
   */
  encode(value: unknown, out: ByteSink): void;
  /**
   * Decodes `bytes[start … end)`. The value holds no reference into `bytes`. Throws on bytes that are not a value, and
   * on a value that would cost more than is left of the budget: of the frame's, or, not given, of one of its own.
   */
  decode(bytes: Buffer, start: number, end: number, budget?: DecodeBudget): unknown;
}
