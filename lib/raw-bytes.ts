/**
 * Bytes of the protocol. In Node they are Buffers, whose methods are the fastest there. In a web page they are Uint8Arrays, and
 * `browser/lib/raw-bytes.ts` stands in the place of this file. All other files use bytes as a Uint8Array, and by these functions.
 */
export type RawBytes = Buffer;

/** Length below which a loop is faster than the call into native code. */
const COPY_LOOP_BYTES = 64;

export const NO_BYTES: RawBytes = Buffer.alloc(0);

/** Bytes that nothing else uses. The content is not set. */
export function allocBytes(length: number): RawBytes {
  // Not from Node's pool: a pooled slice would keep unrelated buffers alive, and would be kept alive by them.
  return Buffer.allocUnsafeSlow(length);
}

/** Bytes that live shortly. The content is not set. */
export function scratchBytes(length: number): RawBytes {
  return Buffer.allocUnsafe(length);
}

/** Copies `source[start … end)` to `target`, from `at` on. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start >= COPY_LOOP_BYTES) return target.set(source.subarray(start, end), at);
  let to = at;
  for (let from = start; from < end; from++) target[to++] = source[from] as number;
}

export function bytesOfText(text: string): RawBytes {
  return Buffer.from(text);
}

/** Number of bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

/** Writes a text where there is room for the text, or for `room` bytes of it. Returns the number of bytes written. */
export function writeUtf8(bytes: RawBytes, text: string, at: number, room = bytes.length - at): number {
  return bytes.write(text, at, room, 'utf8');
}

/** Writes a text all of whose characters are ASCII, for a fifth of the time of {@link writeUtf8}. Returns the number of bytes written. */
export function writeAscii(bytes: RawBytes, text: string, at: number): number {
  return bytes.write(text, at, 'latin1');
}

export function readUtf8(bytes: RawBytes, start: number, end: number): string {
  return bytes.toString('utf8', start, end);
}

/** Reads each byte as one character, which makes the cheapest text of bytes. */
export function readLatin1(bytes: RawBytes, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

/** Writes hexadecimal digits, an even number of them. Returns the number of bytes written. */
export function writeHex(bytes: RawBytes, digits: string, at: number): number {
  return bytes.write(digits, at, 'hex');
}

export function readHex(bytes: RawBytes, start: number, end: number): string {
  return bytes.toString('hex', start, end);
}
