import type { ByteSink } from './frame-writer.js';

/**
 * How one value becomes bytes and a value again. Stateless: what was encoded once can be decoded by any end that
 * agreed on the codec, in any order, and may be relayed or shared as bytes.
 */
export interface Codec {
  readonly name: string;
  /** Throws an Error that says which part of the value the codec cannot carry faithfully. */
  encode(value: unknown, out: ByteSink): void;
  /** Decodes `bytes[start … end)`. The value holds no reference into `bytes`. Throws on bytes that are not a value. */
  decode(bytes: Buffer, start: number, end: number): unknown;
}
