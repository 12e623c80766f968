import { hintOf, keysOf, proofOf } from '../../lib/auth/proof.js';
import { encodeItem, encodeList } from '../../lib/protocol/argument-list.js';
import { AUTH_VERSION } from '../../lib/protocol/auth-message.js';
import type { Codec } from '../../lib/protocol/codec.js';
import { FrameWriter } from '../../lib/protocol/frame-writer.js';
import { jsonCodec } from '../../lib/protocol/json-codec.js';
import {
  EXTENSION_VERSION,
  type Extension,
  FEATURES,
  failureHead,
  HEAD,
  invokeHead,
  LEADER_FEATURES,
  registerChallengeHead,
  registerHead,
  registerProofHead,
  registerResHead,
  resultsHead,
  subscribeHead,
} from '../../lib/protocol/message.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { DEFAULT_MAX_FRAME_BYTES, type PacketKind, REQUEST, RESPONSE } from '../../lib/protocol/packet.js';
import { relayMessage, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS } from '../../lib/protocol/relay-message.js';
import { stockCodec } from '../../lib/protocol/stock-codec.js';
import { DEFAULT_STREAM_WINDOW } from '../../lib/protocol/stream-window.js';
import { writeTrace } from '../../lib/protocol/trace-item.js';
import { subscribeResultHead, VALUE_ACKNOWLEDGED } from '../../lib/protocol/value-message.js';
import { CREDIT_BYTES, creditBody, writeCount } from '../../lib/stream/stream-body.js';
import { takeAll } from '../lib/protocol/support.js';

type WriteBody = (out: FrameWriter) => void;

/** A whole frame, written as the library writes its own. */
function frame(kind: PacketKind, id: number, timeout: number, head: Uint8Array, body: WriteBody = () => {}): Buffer {
  const writer = new FrameWriter(DEFAULT_MAX_FRAME_BYTES);
  writer.begin(kind, id, timeout, head);
  body(writer);
  writer.commit();
  return takeAll(writer);
}

const value =
  (codec: Codec, what: unknown): WriteBody =>
  (out) =>
    codec.encode(what, out);

/** The frame of what the relay's two ends send and do not answer. */
const unanswered = (head: Uint8Array): Buffer => frame(REQUEST, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS, head);

const asked: Extension = {
  version: EXTENSION_VERSION,
  codecs: ['msgpack', 'json'],
  features: FEATURES,
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
};
const { items, bytes, total } = DEFAULT_STREAM_WINDOW;
const askedWithWindow: Extension = { ...asked, stream: { items, bytes, total, received: 65_536 } };
const generation = 'q7Jm2xGd0R5tVb1Z';
const chosen: Extension = {
  ...asked,
  features: LEADER_FEATURES,
  codecs: ['msgpack'],
  generation,
  stream: { items, bytes, total, received: 65_536 },
  holder: { name: 'mailstation', version: '0.1.0', pid: 4711, channels: ['area-1'] },
};
const refusal: Extension = { version: EXTENSION_VERSION, codecs: [], features: [] };
/** The `ext` of a peer that has only what it must. */
const least: Extension = { version: EXTENSION_VERSION, codecs: ['json'], features: [] };
/** The exchange of proofs on the page. */
const keys = keysOf(Buffer.from('the secret of this page'));
const nonceOf = (text: string): string => Buffer.from(text).toString('base64url');
const followerNonce = nonceOf('nonce of the Follower-24');
const hint = hintOf(keys, followerNonce);
const transcript = {
  channel: 'area-1',
  place: '',
  followerNonce,
  leaderNonce: nonceOf('nonce of the Leader--24.'),
  hint,
  followerBinds: false,
  leaderBinds: false,
  binding: Buffer.alloc(0),
};
const key = '$$inner$$__{"service":"user"}';

/** The process that the page shows. */
const PROCESS = { machine: 'host-1', pid: 4711, version: '0.1.0' };

/** Every frame that docs/wire.md shows, by the name of its block there. */
export const FRAMES: Readonly<Record<string, Buffer>> = {
  'register_channel from a stock Follower': frame(REQUEST, 1, 3_000, registerHead('area-1', undefined)),
  register_channel: frame(REQUEST, 1, 3_000, registerHead('area-1', { ...askedWithWindow, process: PROCESS })),
  'register_channel with a secret': frame(
    REQUEST,
    1,
    3_000,
    registerHead('area-1', { ...askedWithWindow, auth: { v: AUTH_VERSION, nonce: followerNonce, hints: [hint] } }),
  ),
  register_challenge: frame(
    RESPONSE,
    1,
    3_000,
    registerChallengeHead({ nonce: transcript.leaderNonce, hint, proof: proofOf(keys, 'leader', transcript) }),
  ),
  register_proof: frame(
    REQUEST,
    2,
    3_000,
    registerProofHead(
      { proof: proofOf(keys, 'follower', transcript) },
      { version: EXTENSION_VERSION, clientId: 'gateway-1', process: PROCESS, token: 'a token' },
    ),
  ),
  register_channel_res: frame(RESPONSE, 1, 1, registerResHead(chosen), value(stockCodec, { success: true })),
  'register_channel_res from a stock Leader': frame(
    RESPONSE,
    1,
    3_000,
    registerResHead(undefined),
    value(stockCodec, { success: true }),
  ),
  'register_channel_res with a refusal': frame(
    RESPONSE,
    1,
    1,
    registerResHead(refusal),
    value(stockCodec, { success: false, error: { name: 'RpcError', message: 'not here', code: 'no_leader' } }),
  ),
  'register_channel of the smallest peer': frame(REQUEST, 1, 3_000, registerHead('area-1', least)),
  'register_channel_res of the smallest peer': frame(
    RESPONSE,
    1,
    1,
    registerResHead(least),
    value(stockCodec, { success: true }),
  ),
  'invoke of the smallest peer': frame(REQUEST, 2, 30_000, invokeHead('user.area.add', 2, false, false), (out) =>
    encodeList(out, jsonCodec, [1, 'a']),
  ),
  'invoke_result for the smallest peer': frame(RESPONSE, 2, 1, HEAD.success, value(jsonCodec, '1a')),
  'invoke_result of a failed method, in json': frame(
    RESPONSE,
    2,
    1,
    HEAD.failure,
    value(jsonCodec, { name: 'RangeError', message: 'full', code: 'E_FULL' }),
  ),
  invoke: frame(REQUEST, 2, 30_000, invokeHead('user.area.add', 2, false, false), (out) =>
    encodeList(out, msgpackCodec, [1, 'a']),
  ),
  'invoke with a meta': frame(REQUEST, 3, 500, invokeHead('user.area.add', 3, false, true), (out) => {
    encodeItem(out, msgpackCodec, 'm', 'meta');
    encodeList(out, msgpackCodec, [1, 'a']);
  }),
  'invoke with a trace context': frame(
    REQUEST,
    3,
    500,
    invokeHead('user.area.add', 4, false, true, undefined, undefined, undefined, false, true),
    (out) => {
      writeTrace(out, '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}');
      encodeItem(out, msgpackCodec, 'm', 'meta');
      encodeList(out, msgpackCodec, [1, 'a']);
    },
  ),
  'invoke with a caller': frame(
    REQUEST,
    2,
    30_000,
    invokeHead('user.area.add', 2, false, false, undefined, 'chat-1'),
    (out) => encodeList(out, msgpackCodec, [1, 'a']),
  ),
  'invoke, one-way, in json': frame(REQUEST, 4, 30_000, invokeHead('user.area.seen', 2, true, false), (out) =>
    encodeList(out, jsonCodec, [7, undefined]),
  ),
  invoke_result: frame(RESPONSE, 2, 1, resultsHead(2), (out) => encodeList(out, msgpackCodec, ['1a', true], 'results')),
  'invoke_result for a stock Follower': frame(RESPONSE, 2, 1, HEAD.success, value(stockCodec, '1a')),
  'invoke_result of a failed method': frame(
    RESPONSE,
    2,
    1,
    HEAD.failure,
    value(msgpackCodec, { name: 'RangeError', message: 'full', code: 'E_FULL' }),
  ),
  'invoke_result of a refused call': frame(
    RESPONSE,
    2,
    1,
    failureHead('ERR_RPC_NO_METHOD'),
    value(msgpackCodec, { name: 'RpcError', message: 'no add', code: 'ERR_RPC_NO_METHOD' }),
  ),
  'invoke for a stream': frame(
    REQUEST,
    2,
    30_000,
    invokeHead('user.rooms.history', 1, false, false, undefined, undefined, 'first'),
    (out) => encodeList(out, msgpackCodec, [7]),
  ),
  'invoke with an upload': frame(
    REQUEST,
    3,
    30_000,
    invokeHead('user.rooms.import', 0, false, false, undefined, undefined, undefined, true),
  ),
  stream_end: frame(REQUEST, 3, 1, HEAD.streamEnd),
  stream_stop: frame(RESPONSE, 3, 1, HEAD.streamStop),
  stream_items: frame(RESPONSE, 2, 1, HEAD.streamItems, (out) => {
    writeCount(out, 5);
    encodeList(out, msgpackCodec, ['a', true]);
  }),
  stream_credit: frame(REQUEST, 2, 1, HEAD.streamCredit, (out) =>
    out.append(creditBody({ items: 7, bytes: 41 }), 0, CREDIT_BYTES),
  ),
  stream_received: frame(REQUEST, 0, 1, HEAD.streamReceived, (out) => writeCount(out, 65_560)),
  'stream_received of a Leader': frame(RESPONSE, 0, 1, HEAD.streamReceived, (out) => writeCount(out, 65_560)),
  heartbeat: frame(REQUEST, 5, 60_000, HEAD.heartbeat),
  heartbeat_res: frame(RESPONSE, 5, 60_000, HEAD.heartbeatRes),
  cancel: frame(REQUEST, 2, 1, HEAD.cancel),
  progress: frame(
    REQUEST,
    2,
    1,
    HEAD.progress,
    value(msgpackCodec, [{ id: 2, heldMs: 399, isRunning: true, stallMs: 4 }]),
  ),
  goaway: frame(REQUEST, 6, 2_000, HEAD.goaway),
  goaway_res: frame(RESPONSE, 6, 2_000, HEAD.goawayRes),
  subscribe: frame(REQUEST, 7, 3_000, subscribeHead('subscribe', key, { service: 'user' })),
  'the answer to subscribe': frame(RESPONSE, 7, 1, HEAD.empty),
  subscribe_result: frame(REQUEST, 8, 3_000, subscribeResultHead(key), value(msgpackCodec, ['10.0.0.1:80'])),
  subscribe_result_res: frame(RESPONSE, 8, 3_000, VALUE_ACKNOWLEDGED),
  unSubscribe: frame(REQUEST, 9, 3_000, subscribeHead('unSubscribe', key, { service: 'user' })),
  open_mailbox: unanswered(
    relayMessage({
      type: 'open_mailbox',
      to: 1,
      server: { id: 'area-1', host: '127.0.0.1', port: 3333, transport: 'tcp' },
    }),
  ),
  close_mailbox: unanswered(relayMessage({ type: 'close_mailbox', to: 1 })),
  mailbox_state: unanswered(
    relayMessage({
      type: 'mailbox_state',
      to: 1,
      state: 'ready',
      lastFailure: undefined,
      reason: undefined,
      generation,
    }),
  ),
  'mailbox_state after a failure': unanswered(
    relayMessage({
      type: 'mailbox_state',
      to: 1,
      state: 'backoff',
      lastFailure: { name: 'RpcError', message: 'refused', code: 'ERR_RPC_CONNECT' },
      reason: undefined,
    }),
  ),
  relay: frame(REQUEST, 10, 30_000, invokeHead('user.area.add', 2, false, false, 1), (out) =>
    encodeList(out, msgpackCodec, [1, 'a']),
  ),
  relay_failure: frame(
    RESPONSE,
    10,
    1,
    relayMessage({ type: 'relay_failure', code: 'ERR_RPC_CONNECTION_LOST', delivery: 'unknown' }),
    value(msgpackCodec, { name: 'RpcError', message: 'lost', code: 'ERR_RPC_CONNECTION_LOST' }),
  ),
};

/** The values of the table of encodings in docs/wire.md, in its order: as JavaScript, and as bytes of each codec. */
export const VALUES: readonly { readonly js: string; readonly value: unknown }[] = [
  { js: 'null', value: null },
  { js: 'undefined', value: undefined },
  { js: 'true', value: true },
  { js: 'false', value: false },
  { js: '127', value: 127 },
  { js: '200', value: 200 },
  { js: '65535', value: 65_535 },
  { js: '4294967295', value: 4_294_967_295 },
  { js: '4294967296', value: 4_294_967_296 },
  { js: '-0', value: -0 },
  { js: '-1', value: -1 },
  { js: '-33', value: -33 },
  { js: '-200', value: -200 },
  { js: '-40000', value: -40_000 },
  { js: '1.5', value: 1.5 },
  { js: 'NaN', value: Number.NaN },
  { js: '5n', value: 5n },
  { js: '-5n', value: -5n },
  { js: '2n ** 63n', value: 2n ** 63n },
  { js: '2n ** 64n', value: 2n ** 64n },
  { js: "''", value: '' },
  { js: "'ö'", value: 'ö' },
  { js: "'a b%'", value: 'a b%' },
  { js: "[1, 'a']", value: [1, 'a'] },
  { js: '{ a: 1 }', value: { a: 1 } },
  { js: 'Buffer.from([1, 2, 3])', value: Buffer.from([1, 2, 3]) },
  { js: 'new Date(0)', value: new Date(0) },
  { js: 'new Date(1700000000123)', value: new Date(1_700_000_000_123) },
  { js: 'new Date(-1)', value: new Date(-1) },
  { js: 'new Date(NaN)', value: new Date(Number.NaN) },
  { js: 'new Uint8Array([1, 2])', value: new Uint8Array([1, 2]) },
  { js: 'new Int16Array([258])', value: new Int16Array([258]) },
  { js: 'new Float64Array([1.5])', value: new Float64Array([1.5]) },
  { js: 'new Uint8Array([7]).buffer', value: new Uint8Array([7]).buffer },
  { js: "new Set([1, 'a'])", value: new Set([1, 'a']) },
  { js: "new Map([[1, 'a']])", value: new Map([[1, 'a']]) },
  { js: "new RangeError('no')", value: new RangeError('no') },
];
