import { crc32 } from 'node:zlib';

/** The crc32 of the low byte of each UTF-16 unit, as an unsigned integer. */
export function crc32OfText(text: string): number {
  return crc32(Buffer.from(text, 'latin1'));
}
