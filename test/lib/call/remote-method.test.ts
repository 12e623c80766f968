import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RemoteMethod } from '../../../lib/call/remote-method.js';

const part = { namespace: 'user', serverType: 'test', service: 'module1', method: 'func1' };

describe('RemoteMethod', () => {
  it('has the head of each form of its call, and encodes it once', () => {
    const method = new RemoteMethod(part);
    assert.equal(method.name, 'user.module1.func1');
    const seen = new Set<Buffer>();
    for (const argLength of [0, 1, 2, 16]) {
      for (const oneway of [true, false]) {
        for (const meta of [true, false]) {
          const head = method.head(argLength, oneway, meta);
          const expected = {
            type: 'invoke',
            method: 'user.module1.func1',
            argLength,
            oneway,
            ...(meta ? { meta: 1 } : {}),
          };
          assert.deepEqual(JSON.parse(head.toString()), expected);
          assert.equal(method.head(argLength, oneway, meta), head);
          seen.add(head);
        }
      }
    }
    assert.equal(seen.size, 16);
  });

  it('keeps no head of a call with many arguments', () => {
    const method = new RemoteMethod(part);
    assert.notEqual(method.head(17, false, false), method.head(17, false, false));
    assert.equal(JSON.parse(method.head(4_096, false, false).toString()).argLength, 4_096);
  });

  it('knows whether a message is for it', () => {
    const method = new RemoteMethod(part);
    assert.equal(method.is({ ...part, args: [] }), true);
    for (const key of Object.keys(part)) assert.equal(method.is({ ...part, args: [], [key]: 'other' }), false, key);
  });
});
