import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPayload, PAYLOADS, type PayloadName } from '../../bench/payload.js';

const NAMES = Object.keys(PAYLOADS) as readonly PayloadName[];

/** Answer of a peer: equal to the payload, and another object. */
function copyOf(sent: unknown): unknown {
  return Buffer.isBuffer(sent) ? new Uint8Array(sent) : JSON.parse(JSON.stringify(sent));
}

describe('payload', () => {
  for (const name of NAMES) {
    it(`${name}: recognises what came back whole`, () => {
      const payload = createPayload(name);
      const sent = payload.make(7);
      assert.ok(payload.matches(sent, copyOf(sent)));
    });

    it(`${name}: sees the answer to another call in flight`, () => {
      const payload = createPayload(name);
      const [one, other] = [payload.make(0), payload.make(1)];
      assert.ok(!payload.matches(one, other));
      assert.ok(!payload.matches(other, one));
    });

    it(`${name}: sees an answer that is nothing of the kind`, () => {
      const payload = createPayload(name);
      const sent = payload.make(0);
      for (const reply of [undefined, null, 0, '', 'text', {}, [sent]]) assert.ok(!payload.matches(sent, reply));
    });
  }

  it('small: sees a change in any field', () => {
    const payload = createPayload('small');
    const sent = payload.make(3) as Record<string, unknown>;
    for (const field of Object.keys(sent)) {
      assert.ok(!payload.matches(sent, { ...sent, [field]: 'changed' }), `${field} changed`);
      assert.ok(!payload.matches(sent, { ...sent, [field]: undefined }), `${field} missing`);
    }
  });

  it('small: never sends the same object twice', () => {
    const payload = createPayload('small');
    assert.notDeepEqual(payload.make(0), payload.make(0));
  });

  it('10k: is 10 KiB of ASCII that JSON need not escape', () => {
    const text = createPayload('10k').make(511);
    assert.ok(typeof text === 'string');
    assert.equal(text.length, 10_240);
    assert.equal(Buffer.byteLength(JSON.stringify(text)), 10_242);
  });

  it('cjk: is about 10 KiB of UTF-8, three bytes a character', () => {
    const text = createPayload('cjk').make(63);
    assert.ok(typeof text === 'string');
    assert.ok(Math.abs(Buffer.byteLength(text) - 10_240) < 3, `${Buffer.byteLength(text)} bytes`);
    assert.ok(text.length < 3_500);
  });

  it('buffer and mib: see one byte that is another', () => {
    for (const [name, length] of [
      ['buffer', 256],
      ['mib', 1_048_576],
    ] as const) {
      const payload = createPayload(name);
      const sent = payload.make(0) as Buffer;
      assert.equal(sent.length, length);
      const reply = Buffer.from(sent);
      reply[length - 1] = 0;
      assert.ok(!payload.matches(sent, reply));
      assert.ok(!payload.matches(sent, sent.subarray(1)));
    }
  });
});
