import { jsonCodec } from '../../../lib/protocol/json-codec.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import { stockCodec } from '../../../lib/protocol/stock-codec.js';
import { stock } from '../../behaviour/raw-peers.js';
import { encode } from '../../lib/protocol/support.js';
import { listOf, packetsOf } from '../../lib/transport/support.js';
import { bytesOf, VECTORS } from '../../wire/vectors.js';
import type { Frame } from '../mutation.js';
import type { Random } from '../random.js';
import { plainValue, richValue } from '../values.js';

const CODECS = { json: jsonCodec, msgpack: msgpackCodec, 'serialize-json': stockCodec } as const;
export type CodecName = keyof typeof CODECS;

export const NO_BODY = Buffer.alloc(0);
const FEATURES = [
  'results',
  'meta',
  'goaway',
  'progress',
  'cancel',
  'caller',
  'trace',
  'relay',
  'relay-url',
  'stream',
] as const;
/** Windows that make no sense. */
const ODD_WINDOWS: readonly unknown[] = [null, 0, [], {}, { items: 0, bytes: -1, total: 1.5 }, 'x', { items: 2 ** 53 }];
const METHODS = [
  ...['user.service.echo', 'user.service.echo', 'user.service.later', 'user.service.fail', 'user.service.back'],
  ...['user.service.big', 'user.service.none', 'user.service.constructor', '__proto__.a.b', 'get', 'echo', 'publish'],
] as const;
/** Every message of the page on the wire. */
const KNOWN: readonly Frame[] = VECTORS.flatMap((vector) => packetsOf(bytesOf(vector)));

export const REQUEST = 0;
export const RESPONSE = 1;
export type Kind = typeof REQUEST | typeof RESPONSE;

export const frame = (kind: Kind, id: number, head: object, body: Buffer = NO_BODY, timeout = 1): Frame => ({
  ...{ kind, id, timeout, body },
  head: head as Frame['head'],
});
export const request = (id: number, head: object, body?: Buffer, timeout = 200): Frame =>
  frame(REQUEST, id, head, body, timeout);
export const response = (id: number, head: object, body?: Buffer): Frame => frame(RESPONSE, id, head, body);

/** What a peer says of itself in a registration. */
export function extOf(random: Random, codec: CodecName): object {
  const window = random.oneIn(4) ? {} : { stream: random.oneIn(6) ? random.pick(ODD_WINDOWS) : windowOf(random) };
  return { version: 1, codecs: [codec], features: FEATURES.filter(() => !random.oneIn(4)), ...window };
}

/** The same for a peer that keeps to the rules of registrations, and then uses streams. */
export function streamingExt(random: Random, codec: CodecName): object {
  return { version: 1, codecs: [codec], features: FEATURES, stream: windowOf(random) };
}

/** A usual window, or a narrow one. */
function windowOf(random: Random): object {
  const [items, bytes, total] = random.pick([
    [256, 262_144, 8_388_608],
    [20, 5_000, 1_000],
    [1, 1, 1],
  ] as const);
  return { items, bytes, total, ...(random.oneIn(2) && { received: random.pick([1, 65_536]) }) };
}

/** A value and its encoding. */
export function argumentItem(random: Random, codec: CodecName): Buffer {
  const value = codec === 'msgpack' ? richValue(random, 3) : plainValue(random, 3);
  return encode(CODECS[codec], value);
}

/** A list of encoded items, as the arguments of a call are. */
export function argumentItems(random: Random, codec: CodecName): { body: Buffer; count: number } {
  const all = Array.from({ length: random.below(4) }, () => argumentItem(random, codec));
  return { body: listOf(...all), count: all.length };
}

/** A trace context, or what stands in the place of one. */
function traceItem(random: Random): Buffer {
  const good = '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}';
  const odd = [
    '',
    '[]',
    'null',
    '{"a":1}',
    '{"__proto__":{"a":"b"}}',
    `{"a":"${'x'.repeat(random.below(40_000))}"}`,
    '{',
  ];
  return listOf(random.oneIn(3) ? random.damage(Buffer.from(good)) : Buffer.from(random.pick([good, ...odd])));
}

/** A frame as a Follower sends one; some are such as only a Leader may send. */
export function followerFrame(random: Random, codec: CodecName, id: number): Frame {
  const { body, count } = argumentItems(random, codec);
  const key = random.pick(['hosts', 'key', 'x'.repeat(200), `k${random.below(1e6)}`]);
  const heads: readonly (() => Frame)[] = [
    () => request(id, invoke(random, 'invoke', count), body),
    () => request(id, invoke(random, 'invoke', count), body),
    () => request(id, { ...invoke(random, 'invoke', count), meta: 1, caller: 'someone' }, body),
    () => request(id, { ...invoke(random, 'invoke', count + 1), trace: 1 }, Buffer.concat([traceItem(random), body])),
    () => request(id, { ...invoke(random, random.pick(['invoke', 'relay']), count), trace: 1 }, body),
    () => request(random.pick([id, Math.max(1, id - 1)]), { type: 'cancel' }),
    () => request(id, { type: 'heartbeat' }),
    () => request(id, { type: 'subscribe', key }),
    () => request(id, { type: 'unSubscribe', key }),
    () => request(id, { ...invoke(random, 'relay', count), to: random.below(3) }, body),
    () => request(0, { type: 'close_mailbox', to: random.below(3) }),
    () => request(id, { type: 'register_channel', channelName: 'other' }),
    () => request(id, { type: 'register_proof', auth: { proof: 'A'.repeat(43) }, ext: { version: 1 } }),
    () => response(id, random.pick([{ type: 'goaway_res' }, { type: 'heartbeat_res' }, { type: 'invoke_result' }, {}])),
    () => ({ ...random.pick(KNOWN), id }),
  ];
  return random.pick(heads)();
}

function invoke(random: Random, type: string, argLength: number): object {
  return { type, method: random.pick(METHODS), argLength, oneway: random.oneIn(5) };
}

/** The answer to a frame that a Follower sent. */
export function answerTo(random: Random, codec: CodecName, { id, head }: Pick<Frame, 'id' | 'head'>): Frame {
  const { body, count } = argumentItems(random, codec);
  switch (head['type']) {
    case 'heartbeat':
      return response(id, { type: 'heartbeat_res' });
    case 'subscribe':
      return request(id, { type: 'subscribe_result', key: head['key'] }, argumentItem(random, codec));
    case 'open_mailbox':
      return request(0, { type: 'mailbox_state', to: head['to'], state: 'ready' });
    case 'invoke':
    case 'relay': {
      const answers: readonly (() => Frame)[] = [
        () => response(id, { type: 'invoke_result', success: true, results: count }, body),
        () => response(id, { type: 'invoke_result', success: true }, argumentItem(random, codec)),
        () =>
          response(
            id,
            { type: 'invoke_result', success: false, code: 'ERR_RPC_OVERLOADED' },
            argumentItem(random, codec),
          ),
        () =>
          response(
            id,
            { type: 'relay_failure', code: 'ERR_RPC_STOPPING', delivery: 'not-sent' },
            argumentItem(random, codec),
          ),
      ];
      return random.pick(answers)();
    }
    default:
      return response(id, {});
  }
}

/** A frame as a Leader sends one without being asked. */
export function leaderFrame(random: Random, codec: CodecName, id: number): Frame {
  const frames: readonly (() => Frame)[] = [
    () => request(id, { type: 'heartbeat' }),
    () => request(id, { type: 'goaway' }),
    () => request(id, { type: 'progress' }, argumentItem(random, codec)),
    () => request(id, { type: 'subscribe_result', key: 'hosts' }, argumentItem(random, codec)),
    () =>
      request(0, { type: 'mailbox_state', to: random.below(4), state: random.pick(['ready', 'backoff', 'closed']) }),
    () => answerTo(random, codec, { id, head: { type: 'invoke' } }),
    () => ({ ...random.pick(KNOWN), id }),
  ];
  return random.pick(frames)();
}

/** The answer that accepts a registration. */
export function acceptance(id: number, ext: object): Frame {
  return response(id, { type: 'register_channel_res', ext: { ...ext, generation: 'g1' } }, stock({ success: true }));
}
