import { integer } from '../options.js';
import { HEADER_BYTES } from './packet.js';

/** Checks an option that limits the size of a frame: one byte beyond the header at least, 2^31 at most. Unit: bytes. */
export function frameLimit(name: string, value: unknown, fallback: number): number {
  return integer(name, value, fallback, HEADER_BYTES + 1, 2 ** 31);
}
