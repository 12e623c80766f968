/**
 * The extensions of MessagePack that a value may have. Encoder and decoder know this closed list, whatever other packages in
 * the process register elsewhere. A value is a byte for the type, then the length or the content, all integers big-endian.
 *
 *   type         content           value
 *   0x00         1 byte            undefined
 *   0xff         1 byte            an invalid Date
 *   0xff         4, 8, 12 bytes    Date, as MessagePack's timestamps
 *   0x42 'B'     1 byte or more    bigint beyond 64 bits, two's complement
 *   0x74 't'     kind, bytes       a typed array, an ArrayBuffer or a DataView; kinds as in VIEWS
 *   0x73 's'     1 byte, a value   Set; the value is the array of its items
 *   0x4d 'M'     1 byte, a value   Map; the array of its [key, item] pairs
 *   0x45 'E'     1 byte, a value   Error; the array of its parts, see error-value.ts
 *
 * A RegExp (type 0x78 in msgpackr) is refused, since the cost of compiling one has no relation to its length.
 */
export const EXT = {
  undefined: 0x00,
  date: 0xff,
  bigint: 0x42,
  view: 0x74,
  set: 0x73,
  map: 0x4d,
  error: 0x45,
} as const;

/** Constructors of binary data besides Buffer. */
const VIEWS = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, ArrayBuffer, DataView],
] as const;

/** Number of a kind on the wire, by its place in VIEWS. There is a gap between the typed arrays and the last two. */
const kindAt = (i: number): number => (i < 11 ? i : i + 5);

/** Constructors by number. */
export const VIEW_OF_KIND: Readonly<Record<number, (new (buffer: ArrayBuffer) => object) | undefined>> =
  Object.fromEntries(VIEWS.map((view, i) => [kindAt(i), view]));

/** Numbers by the name of the class. */
export const KIND_OF_VIEW: ReadonlyMap<string, number> = new Map(VIEWS.map((view, i) => [view.name, kindAt(i)]));
