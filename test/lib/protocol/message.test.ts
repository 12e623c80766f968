import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  FEATURES,
  failureHead,
  HEAD,
  invokeHead,
  MAX_ITEMS,
  registerHead,
  registerResHead,
  resultsHead,
  subscribeHead,
} from '../../../lib/protocol/message.js';
import { parseHead } from '../../../lib/protocol/parse-head.js';
import { subscribeResultHead, VALUE_ACKNOWLEDGED } from '../../../lib/protocol/value-message.js';

const ext = { version: 1, codecs: ['msgpack', 'json'], features: FEATURES };

/** What a receiver finds before the results of an answer. */
function firstIn(head: string): unknown {
  const parsed = parseHead(head);
  return parsed.type === 'invoke_result' ? parsed.first : assert.fail(parsed.type);
}

describe('heads', () => {
  // The bytes of each are in test/wire; here: that each is understood as it was meant.
  const pairs = [
    [registerHead('area-1', ext), { type: 'register_channel', channelName: 'area-1', ext }],
    [registerHead('area-1', undefined), { type: 'register_channel', channelName: 'area-1', ext: undefined }],
    [registerResHead(ext), { type: 'register_channel_res', ext }],
    [registerResHead(undefined), { type: 'register_channel_res', ext: undefined }],
    [
      invokeHead('a.b.c', 3, false, false),
      { type: 'invoke', method: 'a.b.c', argLength: 3, oneway: false, meta: false },
    ],
    [invokeHead('a.b.c', 1, true, true), { type: 'invoke', method: 'a.b.c', argLength: 1, oneway: true, meta: true }],
    [HEAD.success, { type: 'invoke_result', success: true, results: undefined, code: undefined }],
    [HEAD.failure, { type: 'invoke_result', success: false, results: undefined, code: undefined }],
    [failureHead('E'), { type: 'invoke_result', success: false, results: undefined, code: 'E' }],
    [subscribeHead('subscribe', 'k', { a: [1] }), { type: 'subscribe', key: 'k', reg: { a: [1] } }],
    [subscribeHead('unSubscribe', 'k', undefined), { type: 'unSubscribe', key: 'k', reg: undefined }],
    [subscribeResultHead('k'), { type: 'subscribe_result', key: 'k' }],
    [VALUE_ACKNOWLEDGED, { type: 'subscribe_result_res' }],
    [HEAD.heartbeat, { type: 'heartbeat' }],
    [HEAD.heartbeatRes, { type: 'heartbeat_res' }],
    [HEAD.goaway, { type: 'goaway' }],
    [HEAD.goawayRes, { type: 'goaway_res' }],
  ] as const;
  for (const [bytes, expected] of pairs) {
    it(`${bytes} comes back`, () => assert.deepEqual(parseHead(String(bytes)), expected));
  }

  it('of results come back for every count', () => {
    for (const count of [0, 1, 2, 15, 16, 17, 2, MAX_ITEMS]) {
      assert.equal(String(resultsHead(count)), `{"type":"invoke_result","success":true,"results":${count}}`);
    }
  });

  it('of results have the falsy value that came before them, and no other', () => {
    for (const first of [0, false, ''] as const) assert.equal(firstIn(String(resultsHead(1, first))), first);
    for (const first of [null, true, 1, 'x', [], {}]) {
      assert.equal(firstIn(JSON.stringify({ type: 'invoke_result', success: true, results: 1, first })), undefined);
    }
    assert.equal(resultsHead(1), resultsHead(1), 'made once');
  });
});
