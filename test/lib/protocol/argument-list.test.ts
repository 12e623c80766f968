import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeList, encodeItem, encodeList } from '../../../lib/protocol/argument-list.js';
import type { Codec } from '../../../lib/protocol/codec.js';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { jsonCodec } from '../../../lib/protocol/json-codec.js';
import { MAX_ITEMS } from '../../../lib/protocol/message.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { DEFAULT_MAX_FRAME_BYTES, HEADER_BYTES, REQUEST } from '../../../lib/protocol/packet.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { takeAll } from './support.js';

function bodyOf(write: (out: FrameWriter) => void): Buffer {
  const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
  writer.begin(REQUEST, 1, 0, new Uint8Array(0));
  write(writer);
  writer.commit();
  return takeAll(writer).subarray(HEADER_BYTES);
}

function decodeHex(hex: string, count: number, codec: Codec = msgpackCodec): unknown[] {
  const bytes = Buffer.from(hex, 'hex');
  return decodeList(codec, bytes, 0, bytes.length, count);
}

describe('the argument list', () => {
  it('is for each item its length and its encoding', () => {
    assert.equal(
      bodyOf((out) => encodeList(out, msgpackCodec, [1, 'a', null], 'args')).toString('hex'),
      '0000000101' + '00000002a161' + '00000001c0',
    );
    assert.equal(bodyOf((out) => encodeItem(out, jsonCodec, [1], 'meta')).toString('hex'), '000000035b315d');
    assert.equal(bodyOf((out) => encodeList(out, msgpackCodec, [], 'args')).length, 0);
  });

  for (const codec of [msgpackCodec, jsonCodec, stockCodec]) {
    it(`comes back whole through ${codec.name}, wherever it lies`, () => {
      const items = ['first', 2, null, undefined, [3, { four: '5' }], '', false];
      const body = bodyOf((out) => encodeList(out, codec, items, 'args'));
      const bytes = Buffer.concat([Buffer.alloc(11, 0xff), body, Buffer.alloc(5, 0xff)]);
      assert.deepEqual(decodeList(codec, bytes, 11, 11 + body.length, items.length), items);
    });
  }

  it('reads holes as undefined', () => {
    const body = bodyOf((out) => encodeList(out, msgpackCodec, Object.assign(new Array(3), { 0: 1, 2: 3 })));
    assert.deepEqual(decodeList(msgpackCodec, body, 0, body.length, 3), [1, undefined, 3]);
  });

  it('has as many items as the other end takes, and no more', () => {
    const most = new Array(MAX_ITEMS).fill(7);
    const body = bodyOf((out) => encodeList(out, msgpackCodec, most, 'args'));
    assert.deepEqual(decodeList(msgpackCodec, body, 0, body.length, MAX_ITEMS), most);
    assert.throws(() => bodyOf((out) => encodeList(out, msgpackCodec, [...most, 8], 'args')), {
      code: 'ERR_RPC_ENCODE',
      message: /4097 items/,
    });
  });

  describe('whose lengths lie is refused', () => {
    const lies = [
      { name: 'nothing there, one item announced', hex: '', count: 1, message: /item 1 of 1 is missing/ },
      { name: 'half a length', hex: '000000', count: 1, message: /item 1 of 1 is missing/ },
      { name: 'a length and no item', hex: '00000001', count: 1, message: /claims 1 bytes, 0 are left/ },
      { name: 'an item cut short', hex: '00000003a161', count: 1, message: /claims 3 bytes, 2 are left/ },
      { name: 'a negative length', hex: 'ffffffff01', count: 1, message: /claims 4294967295 bytes, 1 are left/ },
      { name: 'the smallest int32 for a length', hex: '8000000001', count: 1, message: /claims 2147483648 bytes/ },
      {
        name: 'a length that reaches into the next item',
        hex: '0000000601' + '00000001c0',
        count: 2,
        message: /left over|item 2/,
      },
      { name: 'fewer items than announced', hex: '0000000101', count: 2, message: /item 2 of 2 is missing/ },
      {
        name: 'more items than announced',
        hex: '0000000101' + '0000000102',
        count: 1,
        message: /5 bytes are left over after 1 items/,
      },
      { name: 'bytes, and no item announced', hex: '00', count: 0, message: /1 bytes are left over after 0 items/ },
    ];
    for (const { name, hex, count, message } of lies) {
      it(name, () => assert.throws(() => decodeHex(hex, count), { message }));
    }

    it('with a code that says who is to blame', () => {
      assert.throws(() => decodeHex('00000009', 1), { name: 'RpcError', code: 'ERR_RPC_BAD_REQUEST' });
    });

    it('and never reads beyond its end, though the chunk goes on', () => {
      const bytes = Buffer.from('0000000101' + '0000000102', 'hex');
      assert.throws(() => decodeList(msgpackCodec, bytes, 0, 5, 2), { message: /item 2 of 2 is missing/ });
      assert.throws(() => decodeList(msgpackCodec, bytes, 0, 4, 1), { message: /claims 1 bytes, 0 are left/ });
    });
  });

  it('is refused when an item is not a value of the codec', () => {
    assert.throws(() => decodeHex('00000001c1', 1));
    assert.throws(() => decodeHex('00000000', 1), 'msgpack has no value without bytes');
    assert.deepEqual(decodeHex('00000000', 1, jsonCodec), [undefined]);
  });
});
