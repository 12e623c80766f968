import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeadCache } from '../../../lib/protocol/head-cache.js';
import { HEAD, type Head, invokeHead, resultsHead, subscribeHead } from '../../../lib/protocol/message.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';
import { viewOf } from './support.js';

/** Decodes from a buffer that is made anew, as chunks are. */
function decode(cache: HeadCache, head: Uint8Array): Head {
  return cache.decode(viewOf(Buffer.from(head)));
}

const add = invokeHead('user.area.add', 2, false, false);
const sub = invokeHead('user.area.sub', 2, false, false);

describe('HeadCache', () => {
  it('decodes what parseHead decodes', () => {
    const cache = new HeadCache();
    for (const head of [
      add,
      sub,
      add,
      HEAD.heartbeat,
      HEAD.success,
      resultsHead(3),
      HEAD.empty,
      subscribeHead('subscribe', 'k', [1]),
    ]) {
      assert.deepEqual(decode(cache, head), parseHead(String(head)));
    }
  });

  it('reads the head where it lies in the chunk', () => {
    const bytes = Buffer.concat([Buffer.from('before'), add, Buffer.from('after')]);
    const frame = { ...viewOf(bytes), headStart: 6, bodyStart: 6 + add.length };
    assert.deepEqual(new HeadCache().decode(frame), parseHead(String(add)));
  });

  it('returns the very same head for the same bytes, next to each other or not', () => {
    const cache = new HeadCache();
    const first = decode(cache, add);
    assert.equal(decode(cache, add), first);
    decode(cache, sub);
    assert.equal(decode(cache, add), first);
  });

  it('does not depend on bytes that are overwritten after a decoding', () => {
    const cache = new HeadCache();
    const chunk = Buffer.from(add);
    const first = cache.decode(viewOf(chunk));
    sub.copy(chunk);
    assert.deepEqual(cache.decode(viewOf(chunk)), parseHead(String(sub)));
    assert.equal(decode(cache, add), first);
  });

  it('tells apart heads that differ in one byte, wherever it is', () => {
    const cache = new HeadCache();
    const text = '{"type":"invoke","method":"aaaaaaaaaaaaaaaa","argLength":0,"oneway":false}';
    for (let at = 0; at < 16; at++) {
      const method = `${'a'.repeat(at)}b${'a'.repeat(15 - at)}`;
      const head = decode(cache, Buffer.from(text.replace('a'.repeat(16), method)));
      assert.equal(head.type === 'invoke' && head.method, method);
    }
  });

  it('tells apart a name in UTF-8 and the name that its bytes are in latin1', () => {
    const cache = new HeadCache();
    for (const method of ['größe', 'grÃ¶Ã\u009fe', 'größe']) {
      const head = decode(cache, invokeHead(method, 0, false, false));
      assert.equal(head.type === 'invoke' && head.method, method);
    }
  });

  it('tells apart bytes that differ in their highest bit only', () => {
    const cache = new HeadCache();
    const ascii = invokeHead('A', 0, false, false);
    const at = ascii.indexOf('A');
    const notUtf8 = Buffer.from(ascii);
    notUtf8[at] = 0x80 | (ascii[at] as number);
    for (const [bytes, method] of [
      [ascii, 'A'],
      [notUtf8, '\ufffd'],
      [ascii, 'A'],
    ] as const) {
      const head = decode(cache, bytes);
      assert.equal(head.type === 'invoke' && head.method, method);
    }
  });

  it('freezes what it shares', () => {
    const head = decode(new HeadCache(), add);
    assert.ok(Object.isFrozen(head));
    assert.throws(() => Object.assign(head, { method: 'user.area.steal' }), TypeError);
  });

  it('does not share what a user may change: the reg of a subscription', () => {
    const cache = new HeadCache();
    const bytes = subscribeHead('subscribe', 'key', { hosts: ['a'] });
    const first = decode(cache, bytes);
    assert.ok(first.type === 'subscribe');
    (first.reg as { hosts: string[] }).hosts.push('b');
    const second = decode(cache, bytes);
    assert.deepEqual(second.type === 'subscribe' && second.reg, { hosts: ['a'] });
  });

  it('keeps a bounded number of heads, and still decodes when it is full', () => {
    const cache = new HeadCache();
    const first = decode(cache, add);
    for (let i = 0; i < 5_000; i++) {
      const head = decode(cache, invokeHead(`user.area.m${i}`, 0, false, false));
      assert.equal(head.type === 'invoke' && head.method, `user.area.m${i}`);
    }
    const again = decode(cache, add);
    assert.notEqual(again, first, 'it was forgotten on the way');
    assert.deepEqual(again, first);
    assert.equal(decode(cache, add), again);
  });

  it('does not keep long heads', () => {
    const cache = new HeadCache();
    const long = invokeHead('m'.repeat(1000), 0, false, false);
    const first = decode(cache, long);
    assert.deepEqual(decode(cache, long), first);
    assert.notEqual(decode(cache, long), first);
  });

  it('throws again at each head that is not JSON', () => {
    const cache = new HeadCache();
    for (let i = 0; i < 3; i++)
      assert.throws(() => decode(cache, Buffer.from('{"type":')), { code: 'ERR_RPC_PROTOCOL' });
    assert.deepEqual(decode(cache, add), parseHead(String(add)));
  });

  it('takes an empty head for one without a type', () => {
    assert.deepEqual(decode(new HeadCache(), Buffer.alloc(0)), {
      type: 'invalid',
      reason: 'a head without a type',
    });
  });
});
