const POLYNOMIAL = 0xedb88320;

/** The crc32 of the low byte of each UTF-16 unit, as an unsigned integer. Texts are short, so that a table is not worth its room. */
export function crc32OfText(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}
