import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { crc32OfText } from '../../browser/lib/crc32.js';
import * as ofPages from '../../browser/lib/raw-bytes.js';
import * as ofNode from '../../lib/raw-bytes.js';
import { Random } from '../fuzz/random.js';

const PARTS = ['a', '\0', 'é', '€', '\ufeff', '😀', '\ud800', '\udc00', '\uffff', 'ab'];

describe('the bytes of a page', () => {
  const random = new Random(7);
  const texts = Array.from({ length: 500 }, () =>
    Array.from({ length: random.below(12) }, () => random.pick(PARTS)).join(''),
  );

  it('are those of Node, for every text: in length, written, and read', () => {
    for (const text of texts) {
      const expected = Buffer.from(text);
      assert.equal(ofPages.utf8Length(text), expected.length, JSON.stringify(text));
      assert.deepEqual(Buffer.from(ofPages.bytesOfText(text)), expected);
      const written = ofPages.allocBytes(expected.length + 4);
      assert.equal(ofPages.writeUtf8(written, text, 2), expected.length);
      assert.deepEqual(Buffer.from(written.subarray(2, -2)), expected);
      assert.equal(ofPages.readUtf8(written, 2, written.length - 2), ofNode.readUtf8(expected, 0, expected.length));
    }
  });

  it('are read as latin1 and as hexadecimal digits, and written of these', () => {
    const bytes = ofPages.allocBytes(256);
    for (let i = 0; i < bytes.length; i++) bytes[i] = i;
    const node = Buffer.from(bytes);
    assert.equal(ofPages.readLatin1(bytes, 1, 256), ofNode.readLatin1(node, 1, 256));
    assert.equal(ofPages.readHex(bytes, 3, 200), ofNode.readHex(node, 3, 200));
    const written = ofPages.allocBytes(256);
    assert.equal(ofPages.writeHex(written, node.toString('hex'), 0), 256);
    assert.deepEqual(written, bytes);
  });

  it('have the crc32 of zlib, so that a uid has the same server in a page and in Node', () => {
    for (const text of texts) assert.equal(crc32OfText(text), crc32(Buffer.from(text, 'latin1')));
  });
});
