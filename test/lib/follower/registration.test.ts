import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { transcodeCodec } from '../../../lib/cluster/transcode.js';
import { endpointOf } from '../../../lib/endpoint.js';
import { RpcCode } from '../../../lib/errors.js';
import { type Registering, readRefusal, readRegistration } from '../../../lib/follower/registration.js';
import { chooseCodec, STOCK_CODEC } from '../../../lib/protocol/codecs.js';
import { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import type { Head } from '../../../lib/protocol/message.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';

const ASKED: Registering = {
  endpoint: endpointOf({ port: 1 }),
  channel: 'a',
  codecs: ['msgpack', 'json'],
  maxFrameBytes: 1_000,
};
const transcode = transcodeCodec({
  encode: (value) => JSON.stringify(value),
  decode: (bytes) => JSON.parse(`${bytes}`),
});

const frame = (bytes: Buffer): FrameView => ({ bytes, bodyStart: 0, end: bytes.length }) as FrameView;
const body = (value: unknown, codec = STOCK_CODEC) => frame(EncodedValue.of(value, codec).in(codec));
const head = (codecs?: string[]): Head =>
  ({ type: 'register_channel_res', ext: codecs && { version: 1, codecs, features: [] } }) as Head;

describe('readRegistration', () => {
  it('takes the codec that the Leader chose of those that were offered', () => {
    const agreed = readRegistration(head(['json']), body({ success: true }), ASKED);
    assert.deepEqual([agreed.codec, agreed.isStock], [chooseCodec(['json']), false]);
  });

  it("is the stock codec's, or the user's own, with a stock Leader", () => {
    assert.deepEqual(readRegistration(head(), body({ success: true }), ASKED), {
      codec: STOCK_CODEC,
      features: [],
      holder: undefined,
      maxFrameBytes: undefined,
      generation: undefined,
      uploads: undefined,
      takesCallers: false,
      isStock: true,
    });
    const own = readRegistration(head(), body({ success: true }, transcode), { ...ASKED, transcode });
    assert.equal(own.codec, transcode);
  });

  it('takes a generation that is a short text, and no other', () => {
    for (const [sent, expected] of [
      ['g1', 'g1'],
      ['', undefined],
      ['x'.repeat(65), undefined],
      [7, undefined],
    ]) {
      const answer = { type: 'register_channel_res', ext: { version: 1, codecs: ['json'], generation: sent } };
      const agreed = readRegistration(parseHead(JSON.stringify(answer)), body({ success: true }), ASKED);
      assert.equal(agreed.generation, expected);
    }
  });

  it("takes the user's own codec only where the Leader has one too", () => {
    const asked = { ...ASKED, transcode };
    assert.equal(readRegistration(head(['transcode']), body({ success: true }), asked).codec, transcode);
    for (const [names, given] of [
      [['msgpack'], asked],
      [['transcode'], ASKED],
      [['json'], { ...ASKED, codecs: ['msgpack'] }],
    ] as const) {
      assert.throws(() => readRegistration(head([...names]), body({ success: true }), given), {
        code: RpcCode.Register,
        message: /chose a codec that was not offered/,
      });
    }
  });

  it('says why it was refused, and of what makes no sense that it does not', () => {
    const WRONG: readonly [head: Head, frame: FrameView, why: RegExp][] = [
      [head(['json']), body({ success: false, error: { message: 'nobody leads' } }), /on "a": nobody leads$/],
      [head(), body({ success: false }), /no reason given/],
      [head(), body(null), /no reason given/],
      [head(), body({ success: false, error: { message: { toString: 1 } } }), /on "a": \{ toString: 1 \}$/],
      [head(), body({ success: false, error: { message: 'no\u001b[2J\n' } }), /on "a": no\\u001b\[2J\\u000a$/],
      [head(), frame(Buffer.from('{')), /cannot be decoded/],
      [{ type: 'heartbeat_res' } as Head, body({ success: true }), /answered with heartbeat_res/],
    ];
    for (const [given, bytes, message] of WRONG)
      assert.throws(() => readRegistration(given, bytes, ASKED), { code: RpcCode.Register, message });
  });

  it('has the code of a refusal in its cause, and no code that a refusal does not have', () => {
    const refused = (code: unknown) => body({ success: false, error: { name: 'RpcError', message: 'not here', code } });
    const causeOf = (code: unknown): unknown => {
      try {
        return readRegistration(head(['json']), refused(code), ASKED);
      } catch (error) {
        return (error as Error).cause;
      }
    };
    const { code, message } = causeOf('no_leader') as { code: unknown; message: unknown };
    assert.deepEqual([code, message], ['no_leader', 'not here']);
    // A peer must not pass for a connection that the system refused, nor an older version for anything.
    for (const given of ['ECONNREFUSED', 'ERR_RPC_CONNECTION_LOST', 7, undefined])
      assert.equal(causeOf(given), undefined);
  });
});

describe('readRefusal', () => {
  const refusing = { type: 'invoke_result', success: false } as Head;

  it('is none where the Leader did as it was asked', () => {
    assert.equal(
      readRefusal('subscribe a', { type: 'invoke_result', success: true } as Head, body(1), STOCK_CODEC),
      undefined,
    );
    assert.equal(readRefusal('subscribe a', { type: 'subscribe_result_res' } as Head, body(1), STOCK_CODEC), undefined);
  });

  it('says what was refused, and why', () => {
    const error = readRefusal('subscribe a', refusing, body({ message: 'not this one' }), STOCK_CODEC);
    assert.deepEqual([error?.code, error?.message], [RpcCode.Remote, 'the Leader refused subscribe a: not this one']);
    const hostile = readRefusal('subscribe a', refusing, body({ message: '\u001b[2J\u202e' }), STOCK_CODEC);
    assert.match(String(hostile?.message), /: \\u001b\[2J\\u202e$/);
    const unread = readRefusal('subscribe a', refusing, frame(Buffer.from('{')), STOCK_CODEC);
    assert.match(String(unread?.message), /cannot be decoded/);
  });
});
