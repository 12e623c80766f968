import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { RpcCode, RpcError } from '../../lib/errors.js';

/** The class as another copy of the package makes it: the modules are loaded a second time, under another address. */
async function anotherCopy(): Promise<typeof RpcError> {
  const copy = await import(`${new URL('../../lib/errors.js', import.meta.url)}?copy`);
  return copy.RpcError;
}

describe('instanceof RpcError', () => {
  it('holds for the errors of another copy, in both directions', async () => {
    const Other = await anotherCopy();
    assert.notEqual(Other, RpcError);
    assert.ok(new Other(RpcCode.Timeout, 'late') instanceof RpcError);
    assert.ok(new RpcError(RpcCode.Timeout, 'late') instanceof Other);
  });

  it('holds for the errors of a copy in another realm', () => {
    const context = createContext({});
    const make = `class RpcError extends Error {}
      RpcError.prototype[Symbol.for('mailstation.RpcError')] = true;
      new RpcError('late');`;
    assert.ok(runInContext(make, context) instanceof RpcError);
  });

  it('does not hold for other errors, values without prototypes, and names that look alike', () => {
    const alike = Object.assign(new Error('late'), { name: 'RpcError', code: RpcCode.Timeout });
    const branded = { [Symbol.for('mailstation.RpcError')]: true };
    for (const value of [alike, branded, Object.create(null), null, undefined, 'RpcError', () => 1, RpcError])
      assert.equal((value as unknown) instanceof RpcError, false);
    assert.ok(Object.create(RpcError.prototype) instanceof RpcError);
  });

  it('runs no code of the value', () => {
    const read = () => assert.fail('a trap ran');
    const value = new Proxy({}, { get: read, has: read, ownKeys: read, getOwnPropertyDescriptor: read });
    assert.equal(value instanceof RpcError, false);
  });

  it('tells subclasses apart as usual', async () => {
    class Late extends RpcError {}
    const Other = await anotherCopy();
    const late = new Late(RpcCode.Timeout, 'late');
    assert.ok(late instanceof Late && late instanceof RpcError && late instanceof Other);
    assert.equal(new RpcError(RpcCode.Timeout, 'late') instanceof Late, false);
    assert.equal(new Other(RpcCode.Timeout, 'late') instanceof Late, false);
  });

  it('shows no trace of the symbol on an error', () => {
    const error = new RpcError(RpcCode.Timeout, 'late');
    assert.deepEqual(Reflect.ownKeys(error).sort(), ['code', 'message', 'stack']);
    assert.deepEqual(Object.keys(RpcError.prototype), []);
  });
});
