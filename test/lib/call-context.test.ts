import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outsideContexts } from '../../lib/async-context.js';
import {
  type CallContext,
  callContext,
  enter,
  keepAcrossAwaits,
  leave,
  outerCall,
  runAcrossAwaits,
  type ServedCall,
} from '../../lib/call-context.js';

function served(name: string): ServedCall & { isOver: boolean; made: number } {
  const call = {
    made: 0,
    isOver: false,
    deadline: 1_000,
    get context() {
      call.made += 1;
      return { method: name } as CallContext;
    },
  };
  return call;
}

describe('callContext()', () => {
  it('is the call that was entered last, and makes its context only when asked', () => {
    const [one, two] = [served('one'), served('two')];
    assert.equal(callContext(), undefined);
    const outerOfOne = enter(one);
    const outerOfTwo = enter(two);
    assert.equal(callContext()?.method, 'two');
    leave(outerOfTwo);
    assert.equal(one.made, 0);
    assert.equal(callContext()?.method, 'one');
    leave(outerOfOne);
    assert.equal(callContext(), undefined);
  });

  it('runs along awaits once that is wanted, and a call passes on what it has until it is over', async () => {
    const call = served('one');
    runAcrossAwaits(call, () => assert.equal(outerCall(), undefined, 'not wanted yet'));
    keepAcrossAwaits();
    const done = new Promise<void>((resolve, reject) => {
      runAcrossAwaits(call, () => {
        const work = async () => {
          await null;
          assert.equal(callContext()?.method, 'one');
          assert.equal(outerCall(), call);
          await outsideContexts(async () => {
            await null;
            assert.deepEqual([callContext(), outerCall()], [undefined, undefined]);
          });
          call.isOver = true;
          assert.equal(outerCall(), undefined);
          assert.equal(callContext()?.method, 'one');
        };
        work().then(resolve, reject);
      });
    });
    assert.equal(callContext(), undefined);
    await done;
  });
});
