import { addExtension, Packr } from 'msgpackr';
import type { Codec } from './codec.js';
import { type DecodeBudget, isHashedKey, MAX_HASHED_KEYS } from './decode-budget.js';
import { type CodecAbilities, isSpecial, toEncodable } from './encodable.js';
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
  ofError: (parts) => new Tagged(TAG.error, parts),
};

/** Flags of msgpackr: write into its buffer without slicing, and start at the same offset next time. */
const REUSE_BUFFER_MODE = 512;
const RESET_BUFFER_MODE = 1024;

/** Thrown to stop the fast packer at a value that the fast packer would not encode correctly. */
const NEEDS_CARE = new Error('a value that needs care');

/** Constructors of built-ins that the packer writes correctly, so that usual values need no further check. */
const SAFE: ReadonlySet<unknown> = new Set([...ABILITIES.classes, ...ABILITIES.views]);

/** Sink of the value that is being encoded, while values are checked. Undefined while msgpackr works for other code. */
let sink: ByteSink | undefined;

/**
 * A value for which MessagePack has no type, as a tag and the array of the value's parts.
 *
 * msgpackr asks the registered classes, this class first, whether an object is an instance, for each object that is neither
 * plain, nor an array, nor a Map. The question is the one place to detect a promise among the arguments without a check of
 * every plain object.
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

/** Counts the items of a Set, which the packer writes by itself. The keys of a Map are counted by {@link toEncodable}. */
function countItems(items: ReadonlySet<unknown>, frame: ByteSink): void {
  for (const item of items) if (isHashedKey(item)) frame.hashedKeys += 1;
  if (frame.hashedKeys > MAX_HASHED_KEYS) throw NEEDS_CARE;
}

interface WrittenBuffer extends Buffer {
  start: number;
  end: number;
}

/** MessagePack, written by msgpackr. The packers are made at the first use, since an import must do nothing. */
class Msgpack implements Codec {
  readonly name = 'msgpack';
  #fast: Packr | undefined;
  #thorough: Packr | undefined;

  encode(value: unknown, out: ByteSink): void {
    let written: WrittenBuffer;
    const outerSink = sink; // a toJSON among the arguments may make a call
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

  /** Encodes a value that the fast packer refused, or throws an error that names the part that cannot be carried. */
  #encodeThoroughly(value: unknown, out: ByteSink): WrittenBuffer {
    this.#thorough ??= createPacker({ variableMapSize: true });
    return pack(this.#thorough, toEncodable(value, ABILITIES, out));
  }
}

export const msgpackCodec: Codec = new Msgpack();

/** Makes the packer for plain values, the common case. The packer stops at other values, and at objects of 65,536 keys and more. */
function createFastPacker(): Packr {
  // Registered without a type, since msgpackr shares its types with other users in this process, and does not decode here.
  addExtension({ Class: Tagged, type: -1, pack: packTagged as never });
  const packer = createPacker({ variableMapSize: false });
  // msgpackr reads this property before it writes a Map, and at no other time.
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
  target[position] = 0xd4; // an extension with one byte of content, which has no meaning
  target[position + 1] = tag;
  target[position + 2] = 0;
  packPart(parts);
}
