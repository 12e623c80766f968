import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callerError, LEADER_ERROR, withName } from '../../../lib/cluster/error-names.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';

describe('callerError', () => {
  const NAMES: readonly [code: RpcCode, name: string][] = [
    [RpcCode.Timeout, 'ResponseTimeoutError'],
    [RpcCode.ConnectionLost, 'SocketCloseError'],
    [RpcCode.Stopping, 'SocketCloseError'],
    [RpcCode.Closed, 'SocketCloseError'],
    [RpcCode.PeerSilent, 'ServerNoResponseError'],
    [RpcCode.Connect, 'TcpConnectionTimeoutError'],
    [RpcCode.PendingFull, 'RpcError'],
    [RpcCode.NoMethod, 'RpcError'],
    [RpcCode.Encode, 'RpcError'],
  ];
  for (const [code, name] of NAMES) {
    it(`names ${code} ${name}, and leaves the rest of it`, () => {
      const error = new RpcError(code, 'why', { delivery: 'unknown', serverId: 's', method: 'm' });
      const known = callerError(error) as RpcError;
      assert.equal(known, error);
      assert.deepEqual(
        [known.name, known.code, known.delivery, known.serverId, known.message],
        [name, code, 'unknown', 's', 'why'],
      );
    });
  }

  it("is the real client's own error where that failed", () => {
    const cause = Object.assign(new TypeError('no such key'), { code: 'E_KEY' });
    assert.equal(callerError(new RpcError(RpcCode.Remote, 'failed', { cause })), cause);
    const bare = new RpcError(RpcCode.Remote, 'failed', { cause: 'text' });
    assert.equal(callerError(bare), bare);
  });

  it('changes no other error', () => {
    callerError(new RpcError(RpcCode.Timeout, 'why'));
    assert.equal(new RpcError(RpcCode.Timeout, 'another').name, 'RpcError');
  });
});

describe('withName', () => {
  it('is the same error, shown by that name', () => {
    const error = new RpcError(RpcCode.PeerSilent, 'why');
    assert.equal(withName(error, LEADER_ERROR.silent), error);
    assert.match(String(error), /^ClusterClientNoResponseError: why/);
    assert.equal(Object.keys(error).includes('name'), false);
  });
});
