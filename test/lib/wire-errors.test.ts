import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { readError, rpcCode, tellError } from '../../lib/wire-errors.js';

const told = (error: Error) => readError(JSON.parse(JSON.stringify(tellError(error))));

describe('an error that is told to another process', () => {
  it('is the same there, with its causes', () => {
    const system = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = told(new RpcError(RpcCode.Connect, 'no connection', { cause: system })) as RpcError;
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.code, error.message], ['ERR_RPC_CONNECT', 'no connection']);
    const cause = error.cause as Error & { code: string };
    assert.deepEqual([cause.name, cause.message, cause.code], ['Error', system.message, system.code]);
    const type = told(new TypeError('of a kind'));
    assert.deepEqual([type.name, type.message, String(type.stack)], ['TypeError', 'of a kind', 'TypeError: of a kind']);
  });

  it('has an end, however long its text and its chain of causes', () => {
    let error = new Error('x'.repeat(100_000));
    for (let i = 0; i < 10; i++) error = new Error('y'.repeat(100_000), { cause: error });
    assert.ok(JSON.stringify(tellError(error)).length < 5_000);
  });

  it('is something, whatever was told', () => {
    for (const nonsense of [undefined, null, 5, 'text', {}, { message: 5, name: {}, code: [], cause: 7 }])
      assert.ok(readError(nonsense) instanceof Error);
    const unknown = readError({ name: 'RpcError', message: 'from a later version', code: 'ERR_RPC_NEW' });
    assert.equal(unknown instanceof RpcError, false);
    assert.equal(rpcCode('ERR_RPC_NEW'), undefined);
    assert.equal(rpcCode('ERR_RPC_TIMEOUT'), 'ERR_RPC_TIMEOUT');
    assert.equal(Object.getPrototypeOf(readError(JSON.parse('{"__proto__":{"x":1},"message":"m"}'))), Error.prototype);
  });
});
