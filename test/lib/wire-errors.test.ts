import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { fromWireError, rebuildError, rpcCode, toWireError } from '../../lib/wire-errors.js';

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

const atCaller = (body: unknown) => rebuildError(body) as Error & Record<string, unknown>;

describe('an error that answers a call, at the caller', () => {
  it('has the name, the message, the code, the fields and the reasons that were sent', () => {
    const error = atCaller({
      name: 'Invalid',
      message: 'bad input',
      code: 'E_INVALID',
      fields: { status: 422, details: [{ field: 'age' }] },
      cause: { name: 'TypeError', message: 'no number', cause: { value: { row: 7 } } },
    });
    assert.deepEqual([error.name, error.message, error['code']], ['Invalid', 'bad input', 'E_INVALID']);
    assert.deepEqual([error['status'], error['details']], [422, [{ field: 'age' }]]);
    assert.ok(error.cause instanceof TypeError);
    assert.deepEqual(error.cause.cause, { row: 7 });
    assert.equal(Object.getOwnPropertyDescriptor(error, 'cause')?.enumerable, false);
    assert.equal(error.stack, 'Invalid: bad input');
    assert.equal(rebuildError({ message: 'm', stack: 'Error: m\n    at there' }).stack, 'Error: m\n    at there');
  });

  it('is an AggregateError with the errors that it gathered, values among them', () => {
    const errors = [{ name: 'RangeError', message: 'first' }, { value: 7 }];
    const error = atCaller({ name: 'AggregateError', message: 'two failed', errors });
    assert.ok(error instanceof AggregateError);
    assert.ok(error.errors[0] instanceof RangeError);
    assert.equal(error.errors[1], 7);
    const named = atCaller({ name: 'AllFailed', message: 'two failed', errors });
    assert.deepEqual([named.name, (named['errors'] as unknown[]).length], ['AllFailed', 2]);
  });

  it('is an RpcError again, with the fields of one, where another service let one through', () => {
    const attempts = [{ serverId: 'b-1', code: 'ERR_RPC_CONNECT', delivery: 'not-sent' }];
    const fields = { serverId: 'b-2', method: 'user.m.f', delivery: 'unknown', attempts, note: 1 };
    const error = atCaller({ name: 'RpcError', message: 'late', code: 'ERR_RPC_TIMEOUT', fields });
    assert.ok(error instanceof RpcError);
    assert.deepEqual([error.code, error.serverId, error.method], ['ERR_RPC_TIMEOUT', 'b-2', 'user.m.f']);
    assert.deepEqual([error.delivery, error.attempts, (error as { note?: unknown }).note], ['unknown', attempts, 1]);
    const wrong = { serverId: 5, method: {}, delivery: 'perhaps', attempts: [{ code: 'E' }], timing: 'long' };
    const bare = atCaller({ name: 'RpcError', message: 'late', code: 'ERR_RPC_TIMEOUT', fields: wrong });
    assert.deepEqual(Object.keys(bare), ['code']);
    const later = atCaller({ name: 'RpcError', message: 'm', code: 'ERR_RPC_NEW', fields: { serverId: 'b' } });
    assert.equal(later instanceof RpcError, false);
    assert.deepEqual([later.name, later['code'], later['serverId']], ['RpcError', 'ERR_RPC_NEW', 'b']);
  });

  it('has the issues of a peer only where they are issues', () => {
    const issue = { path: [0, 'a'], message: 'no', input: 'more than an issue has' };
    const read = (issues: unknown) =>
      (rebuildError({ name: 'RpcError', message: 'no', code: 'ERR_RPC_VALIDATION', fields: { issues } }) as RpcError)
        .issues;
    assert.deepEqual(read([issue]), [{ path: [0, 'a'], message: 'no' }]);
    const many = Array.from({ length: 33 }, () => issue);
    for (const wrong of [
      7,
      {},
      many,
      [null],
      [{ path: [] }],
      [{ path: 'a', message: '' }],
      [{ path: [{}], message: '' }],
    ])
      assert.equal(read(wrong), undefined);
  });

  it('takes no field that would change how the language or a tool treats an error', () => {
    const fields = JSON.parse(
      '{"__proto__":{"x":1},"constructor":1,"prototype":2,"stack":"s","then":3,"toJSON":4,"toString":5,"name":"N","ok":6}',
    ) as object;
    const error = atCaller({ name: 'Boom', message: 'm', fields });
    assert.equal(Object.getPrototypeOf(error), Error.prototype);
    assert.deepEqual(Object.keys(error), ['ok']);
    assert.deepEqual([error.name, error.stack, String(error)], ['Boom', 'Boom: m', 'Boom: m']);
  });

  it('is an Error, whatever has arrived', () => {
    for (const nonsense of [
      undefined,
      null,
      'text',
      [1],
      { message: 5 },
      { errors: [null, 5], cause: null, fields: 3 },
    ])
      assert.ok(rebuildError(nonsense).message);
    let deep: object = { message: 'end' };
    for (let i = 0; i < 10_000; i++) deep = { name: 'Error', message: 'm', cause: deep };
    let levels = 0;
    for (let each: unknown = rebuildError(deep); each instanceof Error; each = each.cause) levels += 1;
    assert.ok(levels > 16 && levels < 100, String(levels));
    const wide = rebuildError({
      name: 'AggregateError',
      message: 'm',
      errors: new Array(100_000).fill({ message: 'm' }),
    });
    assert.ok((wide as AggregateError).errors.length < 200);
  });
});
