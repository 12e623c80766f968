import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Obstacles } from '../../lib/obstacles.js';

const withCause = (code: RpcCode, message: string, causeCode: string) =>
  new RpcError(code, message, { cause: Object.assign(new Error('a cause'), { code: causeCode }) });

describe('Obstacles', () => {
  it('finds a reason new once, whatever the message says', () => {
    const obstacles = new Obstacles();
    assert.equal(obstacles.isNew(new RpcError(RpcCode.Register, 'no answer after 12 ms')), true);
    assert.equal(obstacles.isNew(new RpcError(RpcCode.Register, 'refused by process 7')), false);
  });

  it('tells errors apart by their codes', () => {
    const obstacles = new Obstacles();
    assert.equal(obstacles.isNew(new RpcError(RpcCode.Register, 'the same text')), true);
    assert.equal(obstacles.isNew(new RpcError(RpcCode.Connect, 'the same text')), true);
  });

  it('tells errors apart by the codes of their causes', () => {
    const obstacles = new Obstacles();
    assert.equal(obstacles.isNew(withCause(RpcCode.Connect, 'the same text', 'ECONNREFUSED')), true);
    assert.equal(obstacles.isNew(withCause(RpcCode.Connect, 'the same text', 'ETIMEDOUT')), true);
    assert.equal(obstacles.isNew(withCause(RpcCode.Connect, 'another text', 'ETIMEDOUT')), false);
  });

  it('finds every reason new again after an attempt has succeeded', () => {
    const obstacles = new Obstacles();
    const error = new RpcError(RpcCode.Register, 'refused');
    obstacles.isNew(error);
    obstacles.clear();
    assert.equal(obstacles.isNew(error), true);
  });

  it('remembers a bounded number of reasons, and finds no further one new', () => {
    const obstacles = new Obstacles();
    const found = Array.from({ length: 20 }, (_, at) => obstacles.isNew(withCause(RpcCode.Connect, 'x', `E${at}`)));
    assert.deepEqual(found, [...Array(8).fill(true), ...Array(12).fill(false)]);
  });

  it('compares causes down to a bounded depth, a cycle included', () => {
    const error = new RpcError(RpcCode.Connect, 'its own cause');
    Object.assign(error, { cause: error });
    assert.equal(new Obstacles().isNew(error), true);
  });
});
