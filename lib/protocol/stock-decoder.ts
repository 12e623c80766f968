import { allocBytes, type RawBytes, readUtf8 } from '../raw-bytes.js';
import { isReservedField } from '../reserved-field.js';
import { CHARGE, type DecodeBudget, tooMuchMemory, withoutStacks } from './decode-budget.js';
import { isStackOverflow, MAX_DEPTH, noStack, tooDeep } from './nesting.js';

/**
 * Constants of the format, from index -1 down. The decoder below reads what serialize-json encodes.
 *
 * The decoder of serialize-json is made for trusted bytes. serialize-json collects a stack for each Error, accepts an array as
 * a key (and makes the array's text, of a few megabytes, thousands of times) and `__proto__` (which is assigned), and
 * accepts a value whose end is missing.
 *
 * A value is a dictionary in four sections, then the value itself, all five with a ^ in between; entries and items
 * have a | in between, and whole numbers are in base 36:
 *
 *   texts ^ whole numbers ^ fractions ^ dates ^ value
 *
 *   @ items ]          array
 *   $ key item … ]     object
 *   * bytes ]          Buffer
 *   # key item … ]     Error, of its fields
 *   a number           the entry of the dictionary, counted through all sections; below 0 as in CONSTANTS
 *
 * Source: serialize-json 1.0.3, lib/encoder.js.
 */
const CONSTANTS: readonly unknown[] = [true, false, null, '', undefined];

/** Parts of an Error among its fields: stock peers send name, code and stack there. */
const PARTS: readonly string[] = ['name', 'message', 'code', 'stack', 'cause', 'errors'];

const BAR = 0x7c; // |
const CARET = 0x5e; // ^
const MINUS = 0x2d; // -
const ARRAY = 0x40; // @
const OBJECT = 0x24; // $
const BUFFER = 0x2a; // *
const ERROR = 0x23; // #
const CLOSE = 0x5d; // ]

const ESCAPED = /\+|%2B|%7C|%5E|%25/g;
const UNESCAPED: Readonly<Record<string, string>> = { '+': ' ', '%2B': '+', '%7C': '|', '%5E': '^', '%25': '%' };

/** Length from which V8 shares a piece of a text, which then keeps the whole text alive. Shorter pieces are copied. */
const SHARED_TEXT_LENGTH = 13;

/** Decodes `bytes[start … end)`. Throws where the bytes are not exactly one value, or cost more than the budget has left. */
export function decodeStock(bytes: RawBytes, start: number, end: number, budget: DecodeBudget): unknown {
  try {
    return new Reader(bytes, start, end, budget).readAll();
  } catch (error) {
    throw isStackOverflow(error) ? noStack() : error;
  }
}

class Reader {
  readonly #bytes: RawBytes;
  readonly #end: number;
  readonly #budget: DecodeBudget;
  readonly #dictionary: unknown[] = [];
  #at: number;
  #depth = 0;

  constructor(bytes: RawBytes, start: number, end: number, budget: DecodeBudget) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#budget = budget;
  }

  readAll(): unknown {
    this.#readSection(CHARGE.entry, toText);
    this.#readSection(CHARGE.entry, fromBase36);
    this.#readSection(CHARGE.entry, Number.parseFloat);
    this.#readSection(CHARGE.date, (entry) => new Date(fromBase36(entry)));
    const value = this.#read();
    if (this.#at !== this.#end) throw new RangeError(`${this.#end - this.#at} bytes are left over after a value`);
    return value;
  }

  /** Reads a section of the dictionary. Entries are counted and charged before they are made. */
  #readSection(charge: number, toEntry: (text: string) => unknown): void {
    const bytes = this.#bytes;
    const from = this.#at;
    let entries = 1;
    let to = from;
    for (; bytes[to] !== CARET; to++) {
      if (to >= this.#end) throw new RangeError('a value ends within its dictionary');
      if (bytes[to] === BAR) entries += 1;
    }
    this.#at = to + 1;
    if (from === to) return;
    this.#charge(charge * entries);
    for (const text of readUtf8(bytes, from, to).split('|')) this.#dictionary.push(toEntry(text));
  }

  #read(): unknown {
    switch (this.#next()) {
      case ARRAY:
        return this.#readArray();
      case OBJECT:
        this.#charge(CHARGE.object);
        return this.#readFields();
      case BUFFER:
        return this.#readBuffer();
      case ERROR:
        return this.#readError();
      default:
        return this.#readEntry();
    }
  }

  /** First byte of the next part. */
  #next(): number {
    while (this.#bytes[this.#at] === BAR) this.#at += 1;
    if (this.#at >= this.#end) throw new RangeError('a value ends early');
    return this.#bytes[this.#at] as number;
  }

  /** True where the closing mark is next, which is skipped then. */
  #closes(): boolean {
    if (this.#next() !== CLOSE) return false;
    this.#at += 1;
    return true;
  }

  #enter(): void {
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw tooDeep();
  }

  #readArray(): unknown[] {
    this.#charge(CHARGE.array);
    this.#enter();
    const items: unknown[] = [];
    while (!this.#closes()) {
      this.#charge(CHARGE.slot);
      items.push(this.#read());
    }
    this.#depth -= 1;
    return items;
  }

  #readFields(): Record<string, unknown> {
    this.#enter();
    const object: Record<string, unknown> = {};
    while (!this.#closes()) {
      const key = this.#readEntry();
      if (typeof key !== 'string')
        throw new TypeError(`a key of an object is of type ${typeof key}; only text is allowed`);
      const value = this.#read();
      if (key !== '__proto__') object[key] = value;
    }
    this.#depth -= 1;
    return object;
  }

  #readBuffer(): RawBytes {
    this.#charge(CHARGE.buffer);
    this.#at += 1;
    const octets: number[] = [];
    while (!this.#closes()) {
      const octet = this.#readEntry();
      if (typeof octet !== 'number') throw new TypeError(`a Buffer has ${typeof octet} for a byte`);
      octets.push(octet);
    }
    const content = allocBytes(octets.length);
    content.set(octets);
    return content;
  }

  #readError(): Error {
    this.#charge(CHARGE.error);
    const fields = this.#readFields();
    const { message } = fields;
    for (const field in fields) if (isReservedField(field) && !PARTS.includes(field)) delete fields[field];
    return withoutStacks(() => Object.assign(new Error(typeof message === 'string' ? message : undefined), fields));
  }

  #readEntry(): unknown {
    const bytes = this.#bytes;
    const isConstant = bytes[this.#at] === MINUS;
    if (isConstant) this.#at += 1;
    const from = this.#at;
    let index = 0;
    for (; this.#at < this.#end; this.#at++) {
      const digit = digitOf(bytes[this.#at] as number);
      if (digit < 0) break;
      index = index * 36 + digit;
    }
    const entries = isConstant ? CONSTANTS : this.#dictionary;
    if (isConstant) index -= 1;
    if (this.#at === from || index < 0 || index >= entries.length)
      throw new TypeError('a value has a part that is neither in its dictionary nor the start of another');
    return entries[index];
  }

  #charge(bytes: number): void {
    this.#budget.memory -= bytes;
    if (this.#budget.memory < 0) throw tooMuchMemory();
  }
}

function toText(entry: string): string {
  const text =
    entry.includes('%') || entry.includes('+') ? entry.replace(ESCAPED, (sign) => UNESCAPED[sign] as string) : entry;
  return text.length < SHARED_TEXT_LENGTH ? text : ` ${text}`.slice(1);
}

function fromBase36(entry: string): number {
  return Number.parseInt(entry, 36);
}

/** Value of a digit in base 36, in capitals; -1 for any other byte. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41 + 10;
  return -1;
}
