import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcodeCodec } from '../../../lib/cluster/transcode.js';
import { RpcCode } from '../../../lib/errors.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';

const through = (codec: ReturnType<typeof transcodeCodec>, value: unknown) => EncodedValue.of(value, codec).decode();

describe('transcodeCodec', () => {
  it('takes bytes, and strings as UTF-8', () => {
    const decode = (bytes: Buffer) => JSON.parse(bytes.toString());
    const text = transcodeCodec({ encode: (value) => JSON.stringify(value), decode });
    const bytes = transcodeCodec({ encode: (value) => new TextEncoder().encode(JSON.stringify(value)), decode });
    const value = { text: 'äöü €', list: [1, 2] };
    assert.deepEqual([through(text, value), through(bytes, value)], [value, value]);
    assert.equal(text.name, 'transcode');
  });

  it('gives the decoder bytes of its own', () => {
    const kept: Buffer[] = [];
    const codec = transcodeCodec({
      encode: () => 'abc',
      decode: (bytes) => {
        kept.push(bytes);
        return bytes;
      },
    });
    const frame = Buffer.from('--abc--');
    codec.decode(frame, 2, 5);
    frame.fill('x');
    assert.deepEqual(kept.map(String), ['abc']);
  });

  it('hands on what the encoder throws, and refuses what is neither bytes nor text', () => {
    const decode = () => undefined;
    const throwing = transcodeCodec({
      encode: () => {
        throw new Error('not this one');
      },
      decode,
    });
    assert.throws(() => through(throwing, 1), { message: 'not this one' });
    const wrong = transcodeCodec({ encode: () => 42 as never, decode });
    assert.throws(() => through(wrong, 1), TypeError);
  });

  it('must have both functions', () => {
    for (const given of [null, {}, { encode() {} }, { decode() {} }])
      assert.throws(() => transcodeCodec(given as never), { code: RpcCode.InvalidArgument });
  });
});
