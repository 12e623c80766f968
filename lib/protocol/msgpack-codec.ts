import { addExtension, Packr } from 'msgpackr';
import type { Codec } from './codec.js';
import { type DecodeBudget, isHashedKey, MAX_HASHED_KEYS } from './decode-budget.js';
import { type CodecAbilities, type ErrorFields, isSpecial, toEncodable } from './encodable.js';
import type { ByteSink } from './frame-writer.js';
import { decodeMsgpack, TAG, VIEWS } from './msgpack-decoder.js';

const ABILITIES: CodecAbilities = {
  codec: 'msgpack',
  classes: [Date, ArrayBuffer],
  views: [Buffer, ...VIEWS],
  bigint: true,
  sets: true,
  undefined: true,
  invalidDate: true,
  carriesNumber: () => true,
  ofMap: (entries) => new Tagged(TAG.map, entries),
  ofError: ({ name, message, code, cause }: ErrorFields) => new Tagged(TAG.error, [name, message, code, cause]),
};

/** msgpackr's own flags: write into its buffer without slicing it, and start over at the same place next time. */
const REUSE_BUFFER_MODE = 512;
const RESET_BUFFER_MODE = 1024;

/** What the packer is stopped with when it meets a value that it would not do justice to. */
const NEEDS_CARE = new Error('a value that needs care');

/** Built-ins that the packer writes as they are, and their constructors, so that the usual ones are not looked into. */
const SAFE: ReadonlySet<unknown> = new Set([...ABILITIES.classes, ...ABILITIES.views]);

/** Whom the packer writes for, and what it meets is looked at. Undefined: for others in this process, as it may. */
let sink: ByteSink | undefined;

/**
 * A value that MessagePack has no type for, as a tag and the array of its parts.
 *
 * msgpackr asks this class, the first of those that it was told of, whether it claims an object that is neither
 * plain, nor an array, nor a Map. That is the one chance to see a promise among the arguments, without a look at the
 * plain ones.
 */
class Tagged {
  readonly tag: number;
  readonly parts: readonly unknown[];
  constructor(tag: number, parts: readonly unknown[]) {
    this.tag = tag;
    this.parts = parts;
  }

  static [Symbol.hasInstance](value: object): boolean {
    const itsClass: unknown = value.constructor;
    if (itsClass === Tagged) return true;
    if (sink !== undefined && !SAFE.has(itsClass)) {
      if (itsClass === Set && value instanceof Set) countItems(value, sink);
      else if (isSpecial(value)) throw NEEDS_CARE;
    }
    return false;
  }
}

/** A Map has its keys counted where it is made fit; a Set is the packer's own, and would pass unseen. */
function countItems(items: ReadonlySet<unknown>, frame: ByteSink): void {
  for (const item of items) if (isHashedKey(item)) frame.hashedKeys += 1;
  if (frame.hashedKeys > MAX_HASHED_KEYS) throw NEEDS_CARE;
}

interface WrittenBuffer extends Buffer {
  start: number;
  end: number;
}

/** MessagePack, written by msgpackr. Its packers are made at the first use, since nothing happens at import. */
class Msgpack implements Codec {
  readonly name = 'msgpack';
  #fast: Packr | undefined;
  #thorough: Packr | undefined;

  encode(value: unknown, out: ByteSink): void {
    let written: WrittenBuffer;
    const outerSink = sink; // a toJSON among the arguments may make a call of its own
    const { hashedKeys } = out;
    sink = out;
    try {
      this.#fast ??= createFastPacker();
      written = pack(this.#fast, value);
    } catch {
      sink = undefined;
      out.hashedKeys = hashedKeys;
      written = this.#encodeThoroughly(value, out);
    } finally {
      sink = outerSink;
    }
    out.append(written, written.start, written.end);
  }

  decode(bytes: Buffer, start: number, end: number, budget?: DecodeBudget): unknown {
    return decodeMsgpack(bytes, start, end, budget);
  }

  /** Explains why the value cannot be encoded, or encodes it after all. */
  #encodeThoroughly(value: unknown, out: ByteSink): WrittenBuffer {
    this.#thorough ??= createPacker({ variableMapSize: true });
    return pack(this.#thorough, toEncodable(value, ABILITIES, out));
  }
}

export const msgpackCodec: Codec = new Msgpack();

/** For plain values, the common case; it stops at whatever else, and at objects of 65,536 keys and more. */
function createFastPacker(): Packr {
  // Of no type, since msgpackr's types are shared with its other users in this process, and reading is not its job.
  addExtension({ Class: Tagged, type: -1, pack: packTagged as never });
  const packer = createPacker({ variableMapSize: false });
  // The one place where msgpackr asks before it writes a Map.
  Object.defineProperty(packer, 'mapAsEmptyObject', {
    get() {
      throw NEEDS_CARE;
    },
  });
  return packer;
}

function createPacker(options: { variableMapSize: boolean }): Packr {
  const packer = new Packr({ useRecords: false, moreTypes: true, ...options });
  Object.assign(packer, {
    writeFunction: () => {
      throw NEEDS_CARE;
    },
  });
  return packer;
}

function pack(packer: Packr, value: unknown): WrittenBuffer {
  return packer.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as WrittenBuffer;
}

type Allocate = (bytes: number) => { target: Uint8Array; position: number };

function packTagged({ tag, parts }: Tagged, allocate: Allocate, packPart: (part: unknown) => void): void {
  const { target, position } = allocate(3);
  target[position] = 0xd4; // an extension with one byte of content, which is of no meaning
  target[position + 1] = tag;
  target[position + 2] = 0;
  packPart(parts);
}
