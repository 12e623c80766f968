/**
 * Bytes of the protocol. See `lib/raw-bytes.ts`, in whose place this file stands in a web page. `Uint8Array<ArrayBuffer>`, in a form
 * that TypeScript before 5.7 reads too, in which the type takes no argument.
 */
export type RawBytes = ReturnType<Uint8ArrayConstructor['of']>;

export const NO_BYTES: RawBytes = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function allocBytes(length: number): RawBytes {
  return new Uint8Array(length);
}

export { allocBytes as scratchBytes };

export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  target.set(source.subarray(start, end), at);
}

export function bytesOfText(text: string): RawBytes {
  return encoder.encode(text);
}

/** Number of bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

export function writeUtf8(bytes: Uint8Array, text: string, at: number, room = bytes.length - at): number {
  return encoder.encodeInto(text, bytes.subarray(at, at + room)).written;
}

export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (const byte of bytes.subarray(start, end)) text += String.fromCharCode(byte);
  return text;
}

export function writeHex(bytes: Uint8Array, digits: string, at: number): number {
  const size = digits.length / 2;
  for (let i = 0; i < size; i++) bytes[at + i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  return size;
}

export function readHex(bytes: Uint8Array, start: number, end: number): string {
  let digits = '';
  for (const byte of bytes.subarray(start, end)) digits += byte.toString(16).padStart(2, '0');
  return digits;
}
