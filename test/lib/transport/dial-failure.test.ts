import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dialFailure } from '../../../lib/transport/dial-failure.js';

function failed(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('the failure of a dial', () => {
  it('to one address is the error of the system', () => {
    const error = failed('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED');
    assert.equal(dialFailure(error), error);
  });

  it('to several addresses names all reasons, once each', () => {
    const cause = new AggregateError(
      [failed('refused 1', 'ECONNREFUSED'), failed('refused 2'), failed('refused 2')],
      '',
    );
    const error = dialFailure(cause) as NodeJS.ErrnoException;
    assert.equal(error.message, 'refused 1; refused 2');
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.cause, cause);
  });

  it('to several addresses is a refusal where one of them refused', () => {
    const cause = new AggregateError([failed('no route', 'ENETUNREACH'), failed('refused', 'ECONNREFUSED')], '');
    assert.equal((dialFailure(cause) as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    const unreachable = new AggregateError([failed('no route', 'ENETUNREACH'), failed('late', 'ETIMEDOUT')], '');
    assert.equal((dialFailure(unreachable) as NodeJS.ErrnoException).code, 'ENETUNREACH');
  });

  it('has no code where the system gave none', () => {
    assert.equal('code' in (dialFailure(new AggregateError([failed('x')])) as object), false);
    const empty = new AggregateError([], 'nothing was tried');
    assert.equal(dialFailure(empty), empty);
  });
});
