import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../../lib/protocol/packet.js';
import { parseHead } from '../../lib/protocol/parse-head.js';
import { framesOf, takeAll } from '../lib/protocol/support.js';
import { bytesOf, VECTORS } from './vectors.js';

describe('the wire format, by hand', () => {
  for (const vector of VECTORS) {
    const { name, head, body, packet, parsed, ourHead, writeBody } = vector;

    it(`reads ${name}`, () => {
      assert.deepEqual(framesOf([bytesOf(vector)]), [{ ...packet, head, body }]);
      assert.deepEqual(parseHead(head), parsed);
    });

    it(`writes ${name}`, () => {
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      writer.begin(packet.kind, packet.id, packet.timeout, ourHead);
      writeBody(writer);
      writer.commit();
      assert.equal(takeAll(writer).toString('hex'), bytesOf(vector).toString('hex'));
    });
  }
});
