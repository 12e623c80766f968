import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameWriter } from '../../../lib/protocol/frame-writer.js';
import { MAX_TRACE_BYTES, readTrace, traceText, writeTrace } from '../../../lib/protocol/trace-item.js';
import { listOf } from '../transport/support.js';
import { takeAll } from './support.js';

const HEADER_BYTES = 24;

function written(text: string): Buffer {
  const out = new FrameWriter(1_000_000);
  out.begin(0, 1, 1, Buffer.alloc(0));
  writeTrace(out, text);
  out.commit();
  return takeAll(out).subarray(HEADER_BYTES);
}

const read = (item: string | Buffer) => {
  const body = listOf(Buffer.from(item));
  return readTrace(body, 0, body.length);
};

describe('the item with a trace context', () => {
  it('arrives as it was sent, as an object without a prototype', () => {
    const fields = { traceparent: '00-ab-cd-01', tracestate: 'a=1,b=2', baggage: 'user=anna;p=1' };
    const body = written(traceText(fields) as string);
    const arrived = readTrace(body, 0, body.length);
    assert.deepEqual({ ...arrived }, fields);
    assert.equal(Object.getPrototypeOf(arrived), null);
  });

  it('is not made of what no receiver takes', () => {
    const wrong = [
      ...[undefined, null, 'text', 7, [], ['a'], {}, { a: 1 }, { a: undefined }, { Traceparent: 'a' }, { 'a b': 'c' }],
      ...[{ '': 'a' }, { a: 'b\n' }, { a: 'ö' }, { ['x'.repeat(65)]: 'a' }, { a: 'x'.repeat(MAX_TRACE_BYTES) }],
      Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`f${at}`, 'x'])),
    ];
    for (const fields of wrong) assert.equal(traceText(fields), undefined, JSON.stringify(fields)?.slice(0, 50));
  });

  it('holds a baggage of the largest size that W3C allows', () => {
    const fields = { traceparent: 'x'.repeat(55), tracestate: 'y'.repeat(512), baggage: 'z'.repeat(8_192) };
    assert.equal(JSON.parse(traceText(fields) as string).baggage.length, 8_192);
  });

  it('is passed over where anything is wrong with it', () => {
    const wrong = [
      ...['', '{', 'null', '"a"', '7', '[]', '{}', '{"a":1}', '{"a":{"b":"c"}}', '{"A":"b"}', '{"a":"\\u0000"}'],
      ...[`{"a":"${'x'.repeat(MAX_TRACE_BYTES)}"}`, '{"__proto__":{"a":"b"}}', '{"constructor":["a"]}'],
    ];
    for (const item of wrong) assert.equal(read(item), undefined, item.slice(0, 50));
    assert.equal(read(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), undefined);
  });

  it('is passed over where its length goes past the body', () => {
    const body = listOf(Buffer.from('{"a":"b"}'));
    body.writeUInt32BE(10, 0);
    assert.equal(readTrace(body, 0, body.length), undefined);
    for (const bytes of [0, 1, 3]) assert.equal(readTrace(body, 0, bytes), undefined);
  });
});
