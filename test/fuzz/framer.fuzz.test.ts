import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcError } from '../../lib/errors.js';
import { decodeList, encodeList } from '../../lib/protocol/argument-list.js';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import { Framer } from '../../lib/protocol/framer.js';
import { HeadCache } from '../../lib/protocol/head-cache.js';
import { invokeHead } from '../../lib/protocol/message.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { framesOf, takeAll } from '../lib/protocol/support.js';
import { packetsOf, request, response } from '../lib/transport/support.js';
import { bytesOf, VECTORS } from '../wire/vectors.js';
import { digest } from './harmless.js';
import { mutated } from './mutation.js';
import { fuzz, SEED } from './seeds.js';
import { richValue } from './values.js';

const MAX_FRAME_BYTES = 16 * 1024;
const VALID_PACKETS = VECTORS.map(bytesOf);
const AUTH = { v: 1, nonce: 'n'.repeat(32), hint: 'h'.repeat(11), hints: ['h'.repeat(11)], proof: 'p'.repeat(43) };
/** Registrations with a secret, which the vectors lack. */
const SECRET_PACKETS = [
  request(1, { type: 'register_channel', channelName: 'a', ext: { version: 1, codecs: [], features: [], auth: AUTH } }),
  response(1, { type: 'register_challenge', auth: AUTH }),
  request(2, { type: 'register_proof', auth: AUTH, ext: { version: 1, clientId: 'a', token: { b: [1] } } }),
];
const VALID_FRAMES = [...VALID_PACKETS, ...SECRET_PACKETS].flatMap((packet) => packetsOf(packet));

describe(`the protocol, with FUZZ_SEED=${SEED}`, () => {
  const cleanPrototype = Object.getOwnPropertyNames(Object.prototype).join();

  fuzz('finds all frames of a stream, however it is cut', 1_000, (random) => {
    const packets = Array.from({ length: 1 + random.below(20) }, () => random.pick(VALID_PACKETS));
    const whole = packets.flatMap((packet) => framesOf([packet]));
    assert.deepEqual(framesOf(random.cut(Buffer.concat(packets))), whole);
  });

  fuzz('takes a damaged stream apart, or says what is wrong with it', 6_000, (random) => {
    const packets = Array.from({ length: 1 + random.below(4) }, () => random.pick(VALID_PACKETS));
    const heads = new HeadCache();
    let received = 0;
    const framer = new Framer(MAX_FRAME_BYTES, (frame) => {
      assert.ok(frame.end - frame.headStart <= MAX_FRAME_BYTES);
      assert.ok(frame.headStart <= frame.bodyStart && frame.bodyStart <= frame.end && frame.end <= frame.bytes.length);
      received += 1;
      digest(heads, frame);
    });
    try {
      for (const chunk of random.cut(random.damage(Buffer.concat(packets)))) framer.push(chunk);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
      assert.equal(framer.isMidFrame, false);
    }
    assert.ok(received <= packets.length + 1);
  });

  fuzz('reads heads whose fields are odd, or says what is wrong with them', 4_000, (random) => {
    const heads = new HeadCache();
    const framer = new Framer(MAX_FRAME_BYTES * 8, (frame) => digest(heads, frame));
    try {
      for (const chunk of random.cut(mutated(random, random.pick(VALID_FRAMES)))) framer.push(chunk);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
    }
  });

  fuzz('takes nothing but noise for noise', 2_000, (random) => {
    const heads = new HeadCache();
    const framer = new Framer(MAX_FRAME_BYTES, (frame) => digest(heads, frame));
    const noise = random.bytes(random.below(200));
    if (random.oneIn(2)) Buffer.from('01000000', 'hex').copy(noise); // so that some of it gets further
    try {
      for (const chunk of random.cut(noise)) framer.push(chunk);
    } catch (error) {
      assert.ok(error instanceof RpcError, `not an RpcError: ${error}`);
    }
  });

  fuzz('writes frames that it reads again, between failures and pauses', 300, (random) => {
    const writer = new FrameWriter(MAX_FRAME_BYTES * 8);
    const expected: unknown[][] = [];
    const chunks: Buffer[] = [];
    for (let i = 0; i < 30; i++) {
      const items = Array.from({ length: random.below(4) }, () => richValue(random, 2));
      const fails = random.oneIn(5);
      writer.begin(0, i + 1, 0, invokeHead('a.b.c', items.length, false, false));
      try {
        encodeList(writer, msgpackCodec, fails ? [...items, () => 1] : items, 'args');
        writer.commit();
        expected.push(items);
      } catch {
        assert.ok(fails);
        writer.rollback();
      }
      if (random.oneIn(4)) chunks.push(takeAll(writer));
      if (random.oneIn(6)) writer.recycle();
    }
    chunks.push(takeAll(writer));
    const frames = framesOf(random.cut(Buffer.concat(chunks)));
    const decoded = frames.map(({ body }, i) => {
      const bytes = Buffer.from(body, 'hex');
      return decodeList(msgpackCodec, bytes, 0, bytes.length, (expected[i] as unknown[]).length);
    });
    assert.deepEqual(decoded, expected);
  });

  it('has left Object.prototype alone', () => {
    assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), cleanPrototype);
  });
});
