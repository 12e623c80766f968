import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { hasCode, messageOf, RpcCode, RpcError, toError } from '../../lib/errors.js';

describe('RpcError', () => {
  it('says what it is about', () => {
    const cause = new Error('ECONNRESET');
    const error = new RpcError(RpcCode.ConnectionLost, 'gone', {
      serverId: 'a-1',
      method: 'user.m.f',
      delivery: 'unknown',
      cause,
    });
    assert.deepEqual(
      [error.name, error.code, error.message, error.serverId, error.method, error.delivery, error.cause],
      ['RpcError', 'ERR_RPC_CONNECTION_LOST', 'gone', 'a-1', 'user.m.f', 'unknown', cause],
    );
    assert.ok(error instanceof Error);
  });

  it('has no cause where there is none, and keeps its name out of its own properties', () => {
    const error = new RpcError(RpcCode.Closed, 'closed');
    assert.equal('cause' in error, false);
    assert.equal(Object.hasOwn(error, 'name'), false);
    assert.match(inspect(error), /^RpcError: closed/);
  });

  it('has one text a code, and one code a text', () => {
    const codes = Object.values(RpcCode);
    assert.equal(new Set(codes).size, codes.length);
    for (const code of codes) assert.match(code, /^ERR_RPC_[A-Z_]+$/);
  });
});

describe('messageOf', () => {
  it('prints whatever was thrown', () => {
    assert.equal(messageOf(new TypeError('boom')), 'boom');
    assert.equal(messageOf('boom'), 'boom');
    assert.equal(messageOf(undefined), 'undefined');
    assert.equal(messageOf(Symbol('s')), 'Symbol(s)');
    assert.equal(messageOf(Object.create(null)), '[Object: null prototype] {}');
    assert.equal(messageOf({ message: 'boom' }), 'boom');
    const unreadable = {
      get message() {
        throw new Error('no');
      },
    };
    assert.equal(messageOf(unreadable), 'an object that cannot be read');
  });
});

describe('toError', () => {
  it('keeps an Error, and wraps anything else', () => {
    const error = new TypeError('boom');
    assert.equal(toError(error), error);
    const wrapped = toError(5);
    assert.deepEqual([wrapped.message, wrapped.cause], ['5', 5]);
  });

  it('keeps message and code of an object, and survives a Proxy that was revoked', () => {
    const wrapped = toError({ message: 'down', code: 'E_DOWN' }) as Error & { code?: unknown };
    assert.deepEqual([wrapped.message, wrapped.code], ['down', 'E_DOWN']);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.equal(toError(proxy).cause, proxy);
  });
});

describe('hasCode', () => {
  const refused = { code: 'ECONNREFUSED' };

  it('looks at the error and at its causes, whatever those are', () => {
    const error = new RpcError(RpcCode.Connect, 'nobody', { cause: new Error('no', { cause: refused }) });
    assert.equal(hasCode(error, ['ECONNRESET', 'ECONNREFUSED']), true);
    assert.equal(hasCode(error, [RpcCode.Connect]), true);
    assert.equal(hasCode(error, ['ECONNRESET']), false);
    for (const none of [undefined, null, 'ECONNREFUSED', 7, { code: 7 }, new Error('no')])
      assert.equal(hasCode(none, ['ECONNREFUSED']), false);
  });

  it('comes to an end where an error is its own cause', () => {
    const error: Error = new Error('round');
    error.cause = error;
    assert.equal(hasCode(error, ['ECONNREFUSED']), false);
  });
});
