import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeFailure } from '../../lib/diagnostics.js';
import { RpcCode, RpcError } from '../../lib/errors.js';

const STACK = /\n {4}at /;

describe('a failed call as one log entry', () => {
  it('has no stack of this package, nor of the system', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    assert.equal(
      describeFailure(new RpcError(RpcCode.Connect, 'user.m.f on chat-1: not connected', { cause })),
      'RpcError: user.m.f on chat-1: not connected (ERR_RPC_CONNECT)',
    );
  });

  for (const code of [RpcCode.Filter, RpcCode.Route, RpcCode.Encode, RpcCode.Remote]) {
    it(`has the stack of a user's function, with ${code}`, () => {
      const text = describeFailure(new RpcError(code, 'user.m.f failed', { cause: new TypeError('no such field') }));
      assert.match(text, /^RpcError: user\.m\.f failed \(ERR_RPC_\w+\); the cause is TypeError: no such field\n/);
      assert.match(text, STACK);
      assert.match(text, /diagnostics\.test/);
    });
  }

  it('has no stack of an error of this package under another', () => {
    const cause = new RpcError(RpcCode.FrameTooLarge, 'the frame is too large');
    assert.equal(
      describeFailure(new RpcError(RpcCode.Encode, 'not sent', { cause })),
      'RpcError: not sent (ERR_RPC_ENCODE); the cause is RpcError: the frame is too large (ERR_RPC_FRAME_TOO_LARGE)',
    );
  });

  it('has the stack of any other error, and no control characters', () => {
    assert.match(describeFailure(new Error('lost')), STACK);
    assert.ok(!describeFailure(new RpcError(RpcCode.Timeout, 'a\u001b[31m')).includes('\u001b'));
  });
});
