import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeList, encodeList } from '../../lib/protocol/argument-list.js';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import {
  HEAD,
  type Head,
  invokeHead,
  registerHead,
  registerResHead,
  subscribeHead,
} from '../../lib/protocol/message.js';
import { DEFAULT_MAX_FRAME_BYTES, REQUEST, RESPONSE } from '../../lib/protocol/packet.js';
import { parseHead } from '../../lib/protocol/parse-head.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';
import { subscribeResultHead, VALUE_ACKNOWLEDGED } from '../../lib/protocol/value-message.js';
import { type CopiedFrame, framesOf, takeAll } from '../lib/protocol/support.js';

/** See record.ts, which wrote it. */
interface Recording {
  readonly recordedFrom: string;
  readonly frames: readonly {
    readonly step: string;
    readonly from: 'follower' | 'leader';
    readonly head: string;
    readonly hex: string;
  }[];
}

const recording = JSON.parse(readFileSync(new URL('./recorded.json', import.meta.url), 'utf8')) as Recording;
const key = '$$inner$$__{"dataId":"com.example.Hosts","group":"größer"}';
const reg = { dataId: 'com.example.Hosts', group: 'größer' };
const invoke = (method: string, argLength: number, oneway = false): Head => ({
  type: 'invoke',
  method,
  argLength,
  oneway,
  meta: false,
});
const invokeResult = (success: boolean): Head => ({
  type: 'invoke_result',
  success,
  results: undefined,
  code: undefined,
});
const firstHosts = { version: 1, hosts: ['10.0.0.1:8080', '10.0.0.2:8080'] };

/** What each recorded packet says, in the order of the recording. `values`: the list's items, or the body's one value. */
const MEANINGS: readonly { readonly head: Head; readonly values?: readonly unknown[] }[] = [
  { head: { type: 'register_channel', channelName: 'RecordedClient', ext: undefined } },
  { head: { type: 'register_channel_res', ext: undefined }, values: [{ success: true }] },
  { head: { type: 'subscribe', key, reg } },
  { head: { type: 'subscribe_result', key }, values: [firstHosts] },
  { head: { type: 'subscribe_result_res' } },
  {
    head: invoke('echo', 6),
    values: [
      ...['a b+c|d^e%f', -12.5, Buffer.from([0, 1, 254, 255]), new Date(1_700_000_000_123), undefined],
      { list: [1, '', null, true, { deep: 'ö' }], none: undefined },
    ],
  },
  { head: invokeResult(true), values: ['a b+c|d^e%f'] },
  { head: invoke('echo', 1), values: [{ id: 7, tags: ['x', 'y'], at: new Date(0), raw: Buffer.from('raw') }] },
  { head: invokeResult(true), values: [{ id: 7, tags: ['x', 'y'], at: new Date(0), raw: Buffer.from('raw') }] },
  { head: invoke('nothing', 0) },
  { head: invokeResult(true), values: [undefined] },
  { head: invoke('fail', 0) },
  {
    head: invokeResult(false),
    values: [
      {
        stack: 'RangeError: no room for 11|12\n    at seats.js:7:9',
        name: 'RangeError',
        message: 'no room for 11|12',
        code: 'E_NO_ROOM',
      },
    ],
  },
  { head: invoke('notify', 2, true), values: ['seen', 3] },
  { head: invoke('publish', 1, true), values: [{ version: 2, hosts: [] }] },
  { head: { type: 'subscribe_result', key }, values: [{ version: 2, hosts: [] }] },
  { head: { type: 'subscribe_result_res' } },
  { head: { type: 'unSubscribe', key, reg } },
  { head: { type: 'heartbeat' } },
  { head: { type: 'heartbeat_res' } },
];

/** The same head as we write it; of all types, since either end of any connection may be ours. */
function ourHead(head: Head): Buffer {
  switch (head.type) {
    case 'register_channel':
      return registerHead(head.channelName, undefined);
    case 'register_channel_res':
      return registerResHead(undefined);
    case 'invoke':
      return invokeHead(head.method, head.argLength, head.oneway, head.meta);
    case 'invoke_result':
      return head.success ? HEAD.success : HEAD.failure;
    case 'subscribe':
    case 'unSubscribe':
      return subscribeHead(head.type, head.key, head.reg);
    case 'subscribe_result':
      return subscribeResultHead(head.key);
    case 'subscribe_result_res':
      return VALUE_ACKNOWLEDGED;
    case 'heartbeat':
      return HEAD.heartbeat;
    case 'heartbeat_res':
      return HEAD.heartbeatRes;
    default:
      return assert.fail(`a stock peer sends no ${head.type}`);
  }
}

function valuesIn({ body }: CopiedFrame, head: Head): readonly unknown[] {
  const bytes = Buffer.from(body, 'hex');
  if (head.type === 'invoke') return decodeList(stockCodec, bytes, 0, bytes.length, head.argLength);
  return bytes.length === 0 ? [] : [stockCodec.decode(bytes, 0, bytes.length)];
}

function frameIn(hex: string): CopiedFrame {
  const frames = framesOf([Buffer.from(hex, 'hex')]);
  assert.equal(frames.length, 1);
  return frames[0] as CopiedFrame;
}

describe(`the wire format, recorded from ${recording.recordedFrom}`, () => {
  it('is of the version that it is said to be compatible with, and has a packet of every kind', () => {
    assert.equal(recording.recordedFrom, 'cluster-client 3.7.0');
    assert.equal(recording.frames.length, MEANINGS.length);
  });

  recording.frames.forEach(({ step, from, head: headText, hex }, i) => {
    const { head, values = [] } = MEANINGS[i] ?? assert.fail();

    it(`${i + 1}. ${step}: reads ${head.type} from the ${from}`, () => {
      const frame = frameIn(hex);
      assert.equal(frame.head, headText);
      assert.equal(frame.kind, /_res$|^invoke_result$/.test(head.type) ? RESPONSE : REQUEST);
      assert.deepEqual(parseHead(frame.head), head);
      assert.deepEqual(valuesIn(frame, head), values);
    });

    it(`${i + 1}. ${step}: writes ${head.type} in the same bytes as the ${from}`, () => {
      const { kind, id, timeout } = frameIn(hex);
      const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
      writer.begin(kind, id, timeout, ourHead(head));
      if (head.type === 'invoke') encodeList(writer, stockCodec, values, 'args');
      else for (const value of values) stockCodec.encode(value, writer);
      writer.commit();
      assert.equal(takeAll(writer).toString('hex'), hex);
    });
  });

  it('answers each request with its id', () => {
    const frames = recording.frames.map(({ hex }) => frameIn(hex));
    const requested = new Set(frames.filter(({ kind }) => kind === REQUEST).map(({ id }) => id));
    assert.equal(requested.size, frames.filter(({ kind }) => kind === REQUEST).length, 'no id is used twice');
    for (const { id } of frames.filter(({ kind }) => kind === RESPONSE)) assert.ok(requested.has(id));
  });

  it('comes through the framer as one stream in each direction, in chunks of any size', () => {
    for (const direction of ['follower', 'leader']) {
      const hexes = recording.frames.filter(({ from }) => from === direction).map(({ hex }) => hex);
      const stream = Buffer.from(hexes.join(''), 'hex');
      for (const size of [1, 7, 24, 25, 100, 1000, stream.length]) {
        const chunks = Array.from({ length: Math.ceil(stream.length / size) }, (_, n) =>
          stream.subarray(n * size, (n + 1) * size),
        );
        assert.deepEqual(framesOf(chunks), hexes.map(frameIn));
      }
    }
  });
});
