import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Codec } from '../../../lib/protocol/codec.js';
import { copyValue } from '../../../lib/protocol/encoded-value.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { jsonCodec } from '../../../lib/protocol/json-codec.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { MAX_DEPTH } from '../../../lib/protocol/nesting.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { isEncodeRefusal } from '../../../lib/protocol/value-path.js';
import { encode, roundTrip } from './support.js';

const CODECS: readonly Codec[] = [msgpackCodec, stockCodec, jsonCodec];

class Point {
  readonly inner: unknown;
  constructor(inner: unknown) {
    this.inner = inner;
  }
}
class Wrapped {
  readonly #inner: unknown;
  constructor(inner: unknown) {
    this.#inner = inner;
  }
  toJSON(): object {
    return { inner: this.#inner };
  }
}

/** Each puts a value one level deeper. */
const SHAPES: Readonly<Record<string, readonly [wrap: (inner: unknown) => unknown, ...codecs: Codec[]]>> = {
  objects: [(inner) => ({ inner }), ...CODECS],
  arrays: [(inner) => [inner], ...CODECS],
  'instances of a class': [(inner) => new Point(inner), ...CODECS],
  'objects with a toJSON': [(inner) => new Wrapped(inner), ...CODECS],
  'plain objects with a toJSON': [(inner) => ({ toJSON: () => [inner] }), ...CODECS],
  'items of Maps': [(inner) => new Map([['key', inner]]), msgpackCodec],
  'keys of Maps': [(inner) => new Map([[inner, 1]]), msgpackCodec],
  Sets: [(inner) => new Set([inner]), msgpackCodec],
  'causes of Errors': [(cause) => new Error('e', { cause }), msgpackCodec, stockCodec],
};

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

/** Bytes of arrays in arrays, as a peer without the limit would send them. */
const DEEP_BYTES: readonly (readonly [Codec, (levels: number) => Buffer])[] = [
  [msgpackCodec, (levels) => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.from([1])])],
  [stockCodec, (levels) => Buffer.from(`^^^^${'@'.repeat(levels)}-1${']'.repeat(levels)}`)],
  [jsonCodec, (levels) => Buffer.from(`${'['.repeat(levels)}1${']'.repeat(levels)}`)],
];

/** Calls `attempt` at places where less and less of the stack is used up, and returns what it threw there. */
function atTheEndOfTheStack(attempt: () => unknown): unknown[] {
  const thrown: unknown[] = [];
  let callsUp = 0;
  const descend = (): void => {
    try {
      descend();
    } catch {
      callsUp += 1;
      if (callsUp % 25 === 0 && thrown.length < 40) {
        try {
          attempt();
        } catch (error) {
          thrown.push(error);
        }
      }
      if (thrown.length < 40 && callsUp < 2_000) throw new Error('one call up');
    }
  };
  descend();
  return thrown;
}

describe('the depth of a value', () => {
  for (const [name, [wrap, ...codecs]] of Object.entries(SHAPES)) {
    for (const codec of codecs) {
      it(`is bounded alike at both ends: ${name} in ${codec.name}`, () => {
        const most = encode(codec, nested(MAX_DEPTH, wrap));
        assert.notEqual(codec.decode(most, 0, most.length), undefined);
        for (const levels of [MAX_DEPTH + 1, 20_000]) {
          assert.throws(
            () => encode(codec, { list: [nested(levels - 2, wrap)] }),
            (error: Error) => {
              assert.equal(error.name, 'RangeError');
              assert.match(
                error.message,
                /^\$\.list\[0\].* … .+ is nested deeper than 1000 levels of arrays and objects/,
              );
              return isEncodeRefusal(error);
            },
          );
        }
        assert.deepEqual(roundTrip(codec, [[1]]), [[1]]);
      });
    }
  }

  for (const [codec, bytesOf] of DEEP_BYTES) {
    it(`is bounded for a peer that does not know the bound: ${codec.name}`, () => {
      const most = bytesOf(MAX_DEPTH);
      assert.ok(Array.isArray(codec.decode(most, 0, most.length)));
      for (const levels of [MAX_DEPTH + 1, 100_000]) {
        const bytes = bytesOf(levels);
        assert.throws(() => codec.decode(bytes, 0, bytes.length), {
          name: 'RangeError',
          message: 'a value is nested deeper than 1000 levels, which is the limit',
        });
      }
    });
  }

  for (const codec of [msgpackCodec, stockCodec]) {
    it(`is refused in words where the caller has used up the stack: ${codec.name}`, () => {
      const value = nested(MAX_DEPTH, (inner) => [inner]);
      const out = new FrameWriter(2 ** 20);
      out.begin(0, 1, 0, new Uint8Array(0));
      const thrown = atTheEndOfTheStack(() => codec.encode(value, out));
      const inWords = thrown.filter((error) => /call stack of this process is nearly full/.test(String(error)));
      assert.ok(inWords.length > 0, `${thrown.length} errors, the last: ${thrown.at(-1)}`);
      assert.ok(inWords.every(isEncodeRefusal));
      assert.ok(inWords.length > thrown.length / 2, 'only the last few calls have no room for words');
      assert.deepEqual(roundTrip(codec, value), value);
    });
  }

  it('makes a decoder say why where its process has used up the stack', () => {
    const bytes = encode(
      msgpackCodec,
      nested(MAX_DEPTH, (inner) => [inner]),
    );
    const thrown = atTheEndOfTheStack(() => msgpackCodec.decode(bytes, 0, bytes.length));
    assert.ok(thrown.some((error) => /cannot be decoded here, since the call stack/.test(String(error))));
    assert.equal(roundTrip(msgpackCodec, 1), 1);
  });
});

describe('a cycle', () => {
  for (const codec of CODECS) {
    it(`is named by its shortest path, however long it is: ${codec.name}`, () => {
      for (const length of [1, 2, 15, 16, 17, 500, 900]) {
        const first: { next: unknown } = { next: undefined };
        first.next = nested(length - 1, (next) => ({ next }));
        let last = first;
        for (let i = 1; i < length; i++) last = last.next as typeof first;
        last.next = first;
        const path = length > 15 ? /^\$\.start(\.next){7} … (\.next){8} is a cycle/ : /^\$\.start(\.next)+ is a cycle/;
        assert.throws(() => encode(codec, { start: first }), { name: 'TypeError', message: path });
      }
    });
  }

  it('is a cycle also where its content is larger than a frame', () => {
    const value: Record<string, unknown> = { text: 'x'.repeat(20_000) };
    value['self'] = value;
    const out = new FrameWriter(65_536);
    out.begin(0, 1, 0, new Uint8Array(0));
    assert.throws(() => msgpackCodec.encode(value, out), { message: /^\$\.self is a cycle/ });
  });

  it('is none where one object is there twice, or is made anew by each toJSON', () => {
    const shared = { a: [1] };
    assert.deepEqual(roundTrip(msgpackCodec, [shared, { shared }]), [shared, { shared }]);
    class Endless {
      toJSON(): Endless {
        return new Endless();
      }
    }
    for (const codec of CODECS)
      assert.throws(() => encode(codec, [new Endless()]), {
        message: /^\$\[0\] is an object whose toJSON returns another/,
      });
  });
});

describe('copyValue()', () => {
  it('copies a value as it would arrive, and refuses what would not', () => {
    const value = { at: new Date(5), list: [new Map([['a', 1]])] };
    const copy = copyValue(value, msgpackCodec) as typeof value;
    assert.deepEqual(copy, value);
    assert.notEqual(copy.list, value.list);
    assert.throws(() => copyValue({ save() {} }, msgpackCodec), { message: /^\$\.save is a function/ });
  });
});
