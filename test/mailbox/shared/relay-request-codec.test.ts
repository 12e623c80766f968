import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pack } from 'msgpackr';
import type { OutgoingCall } from '../../../lib/call/outgoing-call.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { msgpackCodec } from '../../../lib/protocol/msgpack-codec.js';
import type { FrameView } from '../../../lib/protocol/packet.js';
import { RelayRequestCodec } from '../../../mailbox/shared/relay-request-codec.js';
import { fakeCall, told } from '../../lib/transport/support.js';

function setUp() {
  const returned: OutgoingCall[] = [];
  const codec = new RelayRequestCodec(7, (call) => void returned.push(call));
  /** The relay answers that the call has failed. */
  const fail = (call: OutgoingCall, code: string, delivery: 'not-sent' | 'unknown', body: Buffer) => {
    const frame = { id: 1, timeout: 1, bytes: body, bodyStart: 0, end: body.length } as FrameView;
    codec.readAnswer(call, { type: 'relay_failure', code, delivery }, frame, msgpackCodec);
  };
  return { codec, returned, fail };
}

describe('RelayRequestCodec', () => {
  it('names the server by its number in the head, and makes each head once', () => {
    const { codec } = setUp();
    const { call } = fakeCall({ args: [1, 2] });
    const head = codec.head(call, false, false, false);
    const { type, to, argLength } = JSON.parse(head.toString());
    assert.deepEqual([type, to, argLength], ['relay', 7, 2]);
    assert.equal(codec.head(call, false, false, false), head);
    assert.equal(
      JSON.parse(codec.head(call, true, false, false).toString()).argLength,
      3,
      'meta travels before the arguments',
    );
  });

  it('takes a call back that a stopping relay did not send, and leaves the call unsettled', () => {
    const { returned, fail } = setUp();
    const { call, outcomes } = fakeCall();
    fail(call, RpcCode.Stopping, 'not-sent', Buffer.alloc(0));
    assert.deepEqual([returned, outcomes], [[call], []]);
  });

  it('fails a call that a stopping relay may have sent', () => {
    const { returned, fail } = setUp();
    const { call, outcomes } = fakeCall();
    fail(call, RpcCode.Stopping, 'unknown', pack({ name: 'Error', message: 'cut off' }));
    assert.deepEqual([returned, told(outcomes)], [[], [`${RpcCode.Stopping} unknown`]]);
  });

  it('fails a call whose failure cannot be read', () => {
    const { fail } = setUp();
    const { call, outcomes } = fakeCall();
    fail(call, RpcCode.Timeout, 'unknown', Buffer.from([0xc1]));
    assert.deepEqual(told(outcomes), [`${RpcCode.Decode} answered`]);
  });

  it('blames the relay for a lost call, unless this process ended the line or the mailbox', () => {
    const { codec } = setUp();
    const lost = (code: RpcCode, message: string) => codec.lost(new RpcError(code, message));
    assert.equal(lost(RpcCode.ConnectionLost, 'ECONNRESET'), 'the process that relayed the call is gone: ECONNRESET');
    assert.equal(lost(RpcCode.Closed, 'the client was stopped'), 'the client was stopped');
    assert.equal(lost(RpcCode.ServerRemoved, 'server x was removed'), 'server x was removed');
  });
});
