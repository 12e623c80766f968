import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { errorFields, fromWireError, rebuildError, rpcCode, toWireError } from '../../lib/wire-errors.js';

const told = (error: Error) => fromWireError(JSON.parse(JSON.stringify(toWireError(error))));

describe('an error that travels to another process', () => {
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
    assert.ok(JSON.stringify(toWireError(error)).length < 5_000);
  });

  it('is something, whatever was told', () => {
    for (const nonsense of [undefined, null, 5, 'text', {}, { message: 5, name: {}, code: [], cause: 7 }])
      assert.ok(fromWireError(nonsense) instanceof Error);
    const unknown = fromWireError({ name: 'RpcError', message: 'from a later version', code: 'ERR_RPC_NEW' });
    assert.equal(unknown instanceof RpcError, false);
    assert.equal(rpcCode('ERR_RPC_NEW'), undefined);
    assert.equal(rpcCode('ERR_RPC_TIMEOUT'), 'ERR_RPC_TIMEOUT');
    assert.equal(
      Object.getPrototypeOf(fromWireError(JSON.parse('{"__proto__":{"x":1},"message":"m"}'))),
      Error.prototype,
    );
  });
});

describe('an error that answers a call', () => {
  it('has its name, its whole message and a code, and neither its causes nor other fields', () => {
    const error = Object.assign(new TypeError('x'.repeat(5_000), { cause: new Error('at home') }), {
      code: 7,
      secret: 1,
    });
    assert.deepEqual(errorFields(error), { name: 'TypeError', message: 'x'.repeat(5_000), code: 7 });
    assert.deepEqual(errorFields(Object.assign(new Error('m'), { code: {} })), { name: 'Error', message: 'm' });
  });

  it('is built of the listed fields alone, whatever else has arrived', () => {
    const body = JSON.parse('{"name":"Boom","message":"m","code":"E","__proto__":{"x":1},"secret":1}') as object;
    const error = rebuildError(body) as Error & Record<string, unknown>;
    assert.deepEqual([error.name, error.message, error['code'], error['secret']], ['Boom', 'm', 'E', undefined]);
    assert.deepEqual([Object.getPrototypeOf(error), error.stack], [Error.prototype, 'Boom: m']);
    assert.equal(rebuildError({ message: 'm', stack: 'Error: m\n    at there' }).stack, 'Error: m\n    at there');
    for (const nonsense of [undefined, null, 'text', [1], { message: 5 }]) assert.ok(rebuildError(nonsense).message);
  });
});
