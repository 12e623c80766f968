import type { RawBytes } from '../raw-bytes.js';
import type { DecodeBudget, MAX_HASHED_KEYS } from './decode-budget.js';
import type { ByteSink } from './frame-writer.js';

/**
 * Encodes a value as bytes, and decodes bytes. A codec has no state: encoded values can be decoded in any order by any end
 * that agreed on the codec, and can be relayed or shared as bytes.
 *
 * With every codec an object arrives as a plain object, or as the result of its `toJSON`. An Error arrives with its name,
 * message, code and cause. Keys that are symbols or `__proto__` do not arrive. docs/values.md has the whole list.
 */
export interface Codec {
  readonly name: string;
  /**
   * Throws an Error that names the part of the value that would not arrive as it is, or that is nested too deep, or the Map or Set
   * with which a frame has more numbers and bigints as keys and items than {@link MAX_HASHED_KEYS} allows for all its values.
   */
  encode(value: unknown, out: ByteSink): void;
  /**
   * Decodes `bytes[start … end)`. The value holds no reference into `bytes`. Throws on bytes that are not a value, and on a
   * value that would cost more than is left of the budget. Without a budget, the value has a budget of its own.
   */
  decode(bytes: RawBytes, start: number, end: number, budget?: DecodeBudget): unknown;
}
