import { allocBytes, copyBytes, NO_BYTES, type RawBytes, readHex, readUtf8 } from '../raw-bytes.js';
import { CHARGE, DecodeBudget, isHashedKey, TOO_MANY_KEYS, tooMuchMemory } from './decode-budget.js';
import { errorOfParts } from './error-value.js';
import { EXT, VIEW_OF_KIND } from './msgpack-types.js';
import { isStackOverflow, MAX_DEPTH, noStack, tooDeep } from './nesting.js';

/** Length below which a loop over the characters is faster than the call into native code. */
const SHORT_TEXT_BYTES = 16;
/** Number of remembered keys. An application has few different keys, and making a text is expensive. */
const KEY_SLOTS = 1024;

// State of the value that is being decoded. One value at a time: no user code runs in between.
let source: RawBytes = NO_BYTES;
let at = 0;
let end = 0;
/**
 * Number of items that arrays may still claim. Each item takes at least a byte, so all arrays of a value together have at most
 * as many items as the value has bytes. Without this sum, each of many nested arrays could claim all remaining bytes.
 */
let claimable = 0;
/** Levels around the value that is being read. */
let depth = 0;
/** Rest of the frame's {@link DecodeBudget}. */
let memory = 0;
let hashedKeys = 0;
/** View for doubles. Made at the first double of a chunk, and kept, since many frames lie in one chunk. */
let view: DataView = new DataView(NO_BYTES.buffer, 0, 0);
let viewed: RawBytes = NO_BYTES;

interface Key {
  readonly bytes: Uint8Array;
  readonly text: string;
}
const keys: (Key | undefined)[] = new Array(KEY_SLOTS);

/**
 * Decodes `bytes[start … stop)`. Throws where the bytes are not exactly one value, are nested too deep, or cost more than the
 * budget has left.
 *
 * The decoder reads what msgpack-encoder.ts writes, and nothing else. msgpackr's own decoder is made for trusted bytes. msgpackr
 * also accepts records (for which it compiles code), pointers (a value of thirty bytes that takes forever to print), strings by
 * reference, and all types that other users of the package have registered in this process. msgpackr hands out internal objects,
 * and puts decoded values into error messages. For objects and texts the decoder here is also 1.2 to 2.5 times as fast, though
 * not for long arrays of numbers (0.6 times).
 *
 * The cost of values beyond their bytes is bounded: see decode-budget.ts.
 */
export function decodeMsgpack(
  bytes: RawBytes,
  start: number,
  stop: number,
  budget = new DecodeBudget(stop - start),
): unknown {
  source = bytes;
  at = start;
  end = stop;
  claimable = stop - start;
  depth = 0;
  memory = budget.memory;
  hashedKeys = budget.hashedKeys;
  try {
    const value = read();
    if (at !== end) throw new RangeError(`${end - at} bytes are left over after a msgpack value`);
    budget.memory = memory;
    budget.hashedKeys = hashedKeys;
    return value;
  } catch (error) {
    throw isStackOverflow(error) ? noStack() : error;
  } finally {
    source = NO_BYTES;
  }
}

/** Goes a level down. An error leaves `depth` as it is, since it ends the whole value. */
function enter(): void {
  depth += 1;
  if (depth > MAX_DEPTH) throw tooDeep();
}

function read(): unknown {
  const token = readByte();
  if (token < 0x80) return token;
  if (token < 0x90) return readObject(token & 0x0f);
  if (token < 0xa0) return readArray(token & 0x0f);
  if (token < 0xc0) return readText(token & 0x1f);
  if (token >= 0xe0) return token - 0x100;
  return readTyped(token);
}

/** Reads a value of a less frequent type. Apart from {@link read}, so that both stay small enough for the compiler to inline their callees. */
function readTyped(token: number): unknown {
  switch (token) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBuffer(readByte());
    case 0xc5:
      return readBuffer(readUint16());
    case 0xc6:
      return readBuffer(readUint32());
    case 0xc7:
      return readExtension(readByte());
    case 0xc8:
      return readExtension(readUint16());
    case 0xc9:
      return readExtension(readUint32());
    case 0xcb:
      return readDouble();
    case 0xcc:
      return readByte();
    case 0xcd:
      return readUint16();
    case 0xce:
      return readUint32();
    case 0xcf:
      return (BigInt(readUint32()) << 32n) | BigInt(readUint32());
    case 0xd0:
      return (readByte() << 24) >> 24;
    case 0xd1:
      return (readUint16() << 16) >> 16;
    case 0xd2:
      return readUint32() | 0;
    case 0xd3:
      return (BigInt(readUint32() | 0) << 32n) | BigInt(readUint32());
    case 0xd4:
      return readTagged();
    case 0xd5:
      return readExtension(2);
    case 0xd6:
      return readExtension(4);
    case 0xd7:
      return readExtension(8);
    case 0xd8:
      return readExtension(16);
    case 0xd9:
      return readText(readByte());
    case 0xda:
      return readText(readUint16());
    case 0xdb:
      return readText(readUint32());
    case 0xdc:
      return readArray(readUint16());
    case 0xdd:
      return readArray(readUint32());
    case 0xde:
      return readObject(readUint16());
    case 0xdf:
      return readObject(readUint32());
    default:
      throw new TypeError(`0x${token.toString(16)} is not the type of a msgpack value`);
  }
}

/** Checks that so many bytes are left. Lengths are claims, and are checked before they are used. */
function need(bytes: number): void {
  if (bytes > end - at)
    throw new RangeError(`a msgpack value ends early: it needs ${bytes} bytes more, ${end - at} are left`);
}

/** Charges the budget. */
function charge(bytes: number): void {
  memory -= bytes;
  if (memory < 0) throw tooMuchMemory();
}

function readByte(): number {
  if (at >= end) need(1);
  return source[at++] as number;
}

function readUint16(): number {
  need(2);
  const value = ((source[at] as number) << 8) | (source[at + 1] as number);
  at += 2;
  return value;
}

function readUint32(): number {
  need(4);
  const value =
    (((source[at] as number) << 24) |
      ((source[at + 1] as number) << 16) |
      ((source[at + 2] as number) << 8) |
      (source[at + 3] as number)) >>>
    0;
  at += 4;
  return value;
}

function readDouble(): number {
  need(8);
  if (viewed !== source) {
    view = new DataView(source.buffer, source.byteOffset, source.length);
    viewed = source;
  }
  at += 8;
  return view.getFloat64(at - 8);
}

function readText(bytes: number): string {
  need(bytes);
  const from = at;
  at += bytes;
  if (bytes >= SHORT_TEXT_BYTES) return readUtf8(source, from, at);
  let text = '';
  let i = from;
  for (; i + 3 < at; i += 4) {
    const a = source[i] as number;
    const b = source[i + 1] as number;
    const c = source[i + 2] as number;
    const d = source[i + 3] as number;
    if ((a | b | c | d) >= 0x80) return readUtf8(source, from, at);
    text += String.fromCharCode(a, b, c, d);
  }
  for (; i < at; i++) {
    const a = source[i] as number;
    if (a >= 0x80) return readUtf8(source, from, at);
    text += String.fromCharCode(a);
  }
  return text;
}

/** Reads a Buffer with memory of its own, not of Node's pool: a Buffer's `buffer` must not show unrelated bytes. */
function readBuffer(bytes: number): RawBytes {
  need(bytes);
  charge(CHARGE.buffer);
  const copy = allocBytes(bytes);
  copyBytes(source, at, at + bytes, copy, 0);
  at += bytes;
  return copy;
}

function readArray(length: number): unknown[] {
  claimItems(length);
  enter();
  const items: unknown[] = new Array(length);
  for (let i = 0; i < length; i++) items[i] = read();
  depth -= 1;
  return items;
}

function claimItems(length: number): void {
  need(length);
  claimable -= length;
  if (claimable < 0) throw new RangeError('the arrays of a msgpack value claim more items than it has bytes');
  charge(CHARGE.array + CHARGE.slot * length);
}

/** Reads the header of the array behind a tag, or of an entry in it, and returns the number of items. */
function readListLength(otherwise = 'the value of a msgpack extension is not an array'): number {
  const token = readByte();
  const length =
    token >= 0x90 && token < 0xa0 ? token & 0x0f : token === 0xdc ? readUint16() : token === 0xdd ? readUint32() : -1;
  if (length < 0) throw new TypeError(otherwise);
  claimItems(length);
  return length;
}

function readObject(size: number): Record<string, unknown> {
  need(size * 2);
  charge(CHARGE.object);
  enter();
  const object: Record<string, unknown> = {};
  for (let i = 0; i < size; i++) {
    const key = readKey();
    const value = read();
    if (key !== '__proto__') object[key] = value;
  }
  depth -= 1;
  return object;
}

function readKey(): string {
  const token = readByte();
  if (token < 0xa0 || token >= 0xc0) {
    at -= 1;
    const key = read();
    if (typeof key !== 'string')
      throw new TypeError(`a key of a msgpack object is of type ${typeof key}; only text is allowed`);
    return key;
  }
  const bytes = token & 0x1f;
  if (bytes === 0) return '';
  need(bytes);
  const from = at;
  const first = source[from] as number;
  const middle = source[from + (bytes >> 1)] as number;
  const last = source[from + bytes - 1] as number;
  const slot = ((bytes << 5) ^ (first << 3) ^ (middle << 1) ^ last) & (KEY_SLOTS - 1);
  const known = remembered(slot, from, bytes) ?? remembered(slot ^ 1, from, bytes);
  if (known !== undefined) return known;
  charge(CHARGE.key);
  const text = readText(bytes);
  // Two keys that fall into one slot, as `id` and `text` do, both stay.
  keys[slot ^ 1] = keys[slot];
  keys[slot] = { bytes: copyOf(from, bytes), text };
  return text;
}

function remembered(slot: number, from: number, bytes: number): string | undefined {
  const known = keys[slot];
  if (known === undefined || !isKey(known.bytes, from, bytes)) return undefined;
  at += bytes;
  return known.text;
}

/** Copies by a loop: for so few bytes the call into native code takes longer. */
function copyOf(from: number, bytes: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let i = 0; i < bytes; i++) copy[i] = source[from + i] as number;
  return copy;
}

function isKey(known: Uint8Array, from: number, bytes: number): boolean {
  if (known.length !== bytes) return false;
  for (let i = 0; i < bytes; i++) if (known[i] !== source[from + i]) return false;
  return true;
}

/** Reads an extension with one byte of content: a tag before a value, or a value without content. */
function readTagged(): unknown {
  const type = readByte();
  readByte();
  switch (type) {
    case EXT.undefined:
      return undefined;
    case EXT.date:
      charge(CHARGE.date);
      return new Date(Number.NaN);
    case EXT.set:
      return readSet();
    case EXT.map:
      return readMap();
    case EXT.error:
      return readError();
    case EXT.bigint:
      at -= 1;
      return readBigint(1);
    default:
      throw unknownExtension(type);
  }
}

function readExtension(bytes: number): unknown {
  const type = readByte();
  need(bytes);
  switch (type) {
    case EXT.date:
      return readDate(bytes);
    case EXT.bigint:
      return readBigint(bytes);
    case EXT.view:
      return readView(bytes);
    default:
      throw unknownExtension(type);
  }
}

function unknownExtension(type: number): TypeError {
  return new TypeError(`0x${type.toString(16)} is not a known type of a msgpack extension`);
}

function readDate(bytes: number): Date {
  charge(CHARGE.date);
  if (bytes === 4) return new Date(readUint32() * 1000);
  if (bytes === 8) {
    const high = readUint32(); // 30 bits of nanoseconds, then 34 bits of seconds
    const seconds = (high & 0x3) * 2 ** 32 + readUint32();
    return new Date(seconds * 1000 + Math.floor((high >>> 2) / 1e6));
  }
  if (bytes !== 12) throw new RangeError(`a msgpack date of ${bytes} bytes`);
  const nanoseconds = readUint32();
  const seconds = (readUint32() | 0) * 2 ** 32 + readUint32();
  return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
}

function readBigint(bytes: number): bigint {
  if (bytes === 0) throw new RangeError('a msgpack bigint of no bytes');
  charge(CHARGE.bigint);
  const digits = readHex(source, at, at + bytes);
  at += bytes;
  return BigInt.asIntN(bytes * 8, BigInt(`0x${digits}`));
}

function readView(bytes: number): unknown {
  if (bytes === 0) throw new RangeError('a msgpack typed array of no kind');
  const kind = readByte();
  const View = VIEW_OF_KIND[kind];
  if (View === undefined) throw new TypeError(`${kind} is not a kind of msgpack typed array`);
  charge(CHARGE.view);
  const content = new Uint8Array(bytes - 1);
  content.set(source.subarray(at, at + bytes - 1));
  at += bytes - 1;
  if (View === Uint8Array) return content;
  return View === ArrayBuffer ? content.buffer : new View(content.buffer);
}

function readSet(): Set<unknown> {
  charge(CHARGE.collection);
  const length = readListLength();
  enter();
  const set = new Set<unknown>();
  for (let i = 0; i < length; i++) {
    const item = read();
    if (isHashedKey(item)) chargeHashedKey();
    set.add(item);
  }
  depth -= 1;
  return set;
}

const NO_PAIR = 'a msgpack Map with an entry that is not a pair';

function readMap(): Map<unknown, unknown> {
  charge(CHARGE.collection);
  const length = readListLength();
  enter();
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < length; i++) {
    if (readListLength(NO_PAIR) !== 2) throw new TypeError(NO_PAIR);
    const key = read();
    if (isHashedKey(key)) chargeHashedKey();
    map.set(key, read());
  }
  depth -= 1;
  return map;
}

function chargeHashedKey(): void {
  hashedKeys -= 1;
  if (hashedKeys < 0) throw new RangeError(TOO_MANY_KEYS);
}

function readError(): Error {
  charge(CHARGE.error);
  const parts: unknown[] = new Array(readListLength());
  enter();
  for (let i = 0; i < parts.length; i++) parts[i] = read();
  depth -= 1;
  return errorOfParts(parts);
}
