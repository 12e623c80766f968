/**
 * The part of protobuf's encoding that etcd's messages need: varints, and bytes behind their length. Source:
 * https://protobuf.dev/programming-guides/encoding. A field with the value of its type's default is not written.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const TWO_32 = 0x1_0000_0000;
const MORE = 0x80;
const BITS = 0x7f;
/** Longest varint: 64 bits, 7 in each byte. Unit: bytes */
const MAX_VARINT = 10;

/** Writes one message. Each method writes a field, and returns the writer. A value that the field cannot hold is a RangeError. */
export class ProtoWriter {
  readonly #parts: Buffer[] = [];

  /** `value`: a safe integer from 0. */
  int(field: number, value: number): this {
    return value === 0 ? this : this.chosenInt(field, value);
  }

  /** `value`: 16 hexadecimal digits. */
  hex(field: number, value: string): this {
    if (!/^[0-9a-f]{16}$/i.test(value)) throw new RangeError('an id has 16 hexadecimal digits');
    return this.#varint64(field, Number.parseInt(value.slice(0, 8), 16), Number.parseInt(value.slice(8), 16));
  }

  bool(field: number, value: boolean): this {
    return this.int(field, value ? 1 : 0);
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, Buffer.from(value));
  }

  bytes(field: number, value: Buffer): this {
    this.#parts.push(varint(0, field * 8 + BYTES), varint(0, value.length), value);
    return this;
  }

  /** A message within the message, which is written where it is empty, too. */
  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish());
  }

  /** An integer of a `oneof`, which is written where it is 0, too: otherwise no member would be chosen. */
  chosenInt(field: number, value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no safe integer from 0`);
    return this.#varint64(field, Math.floor(value / TWO_32), value % TWO_32);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #varint64(field: number, high: number, low: number): this {
    this.#parts.push(varint(0, field * 8 + VARINT), varint(high, low));
    return this;
  }
}

function varint(high: number, low: number): Buffer {
  const bytes: number[] = [];
  let [upper, lower] = [high, low];
  while (upper > 0 || lower >= MORE) {
    bytes.push((lower & BITS) | MORE);
    lower = ((lower / 128) >>> 0) | ((upper & BITS) << 25);
    lower >>>= 0;
    upper = Math.floor(upper / 128);
  }
  bytes.push(lower);
  return Buffer.from(bytes);
}

/** Reads the fields of one message, in the order in which they were written. */
export class ProtoReader {
  readonly #bytes: Buffer;
  #at = 0;
  #wireType = VARINT;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Number of the next field; undefined at the end of the message. The value is read next, or skipped. */
  next(): number | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const { low } = this.#varint();
    this.#wireType = low & 7;
    return low >>> 3;
  }

  /** An int64 or uint64. Throws where a number cannot hold the value. */
  int(): number {
    const { high, low } = this.#varint();
    const value = (high | 0) * TWO_32 + low; // int64 is signed: -1 is all ones
    if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${high}:${low} is too large`);
    return value;
  }

  /** A 64-bit value as 16 hexadecimal digits. */
  hex(): string {
    const { high, low } = this.#varint();
    return `${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
  }

  bool(): boolean {
    return this.int() !== 0;
  }

  text(): string {
    return this.bytes().toString();
  }

  bytes(): Buffer {
    const { low: length } = this.#varint();
    return this.#take(length);
  }

  message(): ProtoReader {
    return new ProtoReader(this.bytes());
  }

  /** Passes over the value of a field that later versions of etcd have added. */
  skip(): void {
    if (this.#wireType === VARINT) this.#varint();
    else if (this.#wireType === BYTES) this.bytes();
    else if (this.#wireType === FIXED64) this.#take(8);
    else if (this.#wireType === FIXED32) this.#take(4);
    else throw new RangeError(`a field has the unknown wire type ${this.#wireType}`);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('a field is longer than its message');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  #varint(): { high: number; low: number } {
    let [high, low] = [0, 0];
    for (let read = 0; read < MAX_VARINT; read++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('a message ends within a number');
      const bits = byte & BITS;
      const shift = read * 7;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < MORE) return { high: high >>> 0, low: low >>> 0 };
    }
    throw new RangeError('a number has more than 64 bits');
  }
}
