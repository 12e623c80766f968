import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Delegates } from '../../../lib/cluster/delegates.js';
import { RpcCode } from '../../../lib/errors.js';
import { generated } from './support.js';

class Base {
  async inherited() {}
  async overridden() {}
  plainOfBase() {}
}
class Real extends Base {
  subscribe() {}
  unSubscribe() {}
  publish() {}
  close() {}
  async get() {}
  *list() {}
  plain() {}
  returnsPromise() {
    return Promise.resolve();
  }
  async *stream() {}
  async _private() {}
  override async overridden() {}
  get getter() {
    throw new Error('a getter must not be run');
  }
  static async ofTheClass() {}
  // A shared client's own, which its users rely on.
  async ready() {}
  async on() {}
  async await() {}
}

const byName = (delegates: Delegates) => Object.fromEntries([...delegates.entries()]);
const kinds = (delegates: Delegates) =>
  Object.fromEntries([...delegates.entries()].map(([name]) => [name, delegates.kindOf(name)]));

describe('Delegates, generated', () => {
  it('are the four by their names, and async and generator methods, inherited ones too', () => {
    assert.deepEqual(kinds(generated(Real)), {
      subscribe: 'subscribe',
      unSubscribe: 'unSubscribe',
      publish: 'publish',
      close: 'close',
      get: 'invoke',
      list: 'invoke',
      overridden: 'invoke',
      inherited: 'invoke',
      stream: 'stream',
    });
  });

  it('leave what was said before as it was said', () => {
    const delegates = new Delegates();
    delegates.delegate('get', 'invokeOneway');
    delegates.delegate('plain');
    delegates.delegate('listen', 'subscribe');
    delegates.override('close', 'mine');
    delegates.override('list', 1);
    delegates.generate(Real);
    delegates.generate(Real);
    assert.deepEqual(kinds(delegates), {
      get: 'invokeOneway',
      plain: 'invoke',
      listen: 'subscribe',
      close: undefined,
      list: undefined,
      unSubscribe: 'unSubscribe',
      publish: 'publish',
      overridden: 'invoke',
      inherited: 'invoke',
      stream: 'stream',
    });
    assert.deepEqual(byName(delegates)['close'], { type: 'override', value: 'mine' });
    assert.deepEqual([delegates.methodFor('subscribe'), delegates.methodFor('close')], ['listen', undefined]);
  });

  it('are none for a class that has nothing of that', () => {
    assert.deepEqual(kinds(generated(class {})), {});
  });
});

describe('Delegates', () => {
  it('go to invoke where nothing is said', () => {
    const delegates = new Delegates();
    delegates.delegate('get');
    assert.equal(delegates.kindOf('get'), 'invoke');
    assert.equal(delegates.methodFor('invoke'), 'get');
  });

  it('do not know what is only in every object', () => {
    const delegates = generated(Real);
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'emit'])
      assert.equal(delegates.kindOf(name), undefined);
  });

  it('refuse what nothing can be delegated to', () => {
    const delegates = new Delegates();
    const refused = { code: RpcCode.InvalidArgument };
    // cluster-client takes these two: its test for the names is /^invoke|invokeOneway$/.
    for (const to of ['invokeAll', 'doinvokeOneway', 'Subscribe', '', null])
      assert.throws(() => delegates.delegate('get', to as never), refused);
    for (const from of ['', undefined, 1]) assert.throws(() => delegates.delegate(from as never), refused);
  });

  it('refuse what an emitter, and becoming ready, need', () => {
    const delegates = new Delegates();
    for (const name of ['emit', 'on', 'once', 'ready', 'await', 'constructor'])
      assert.throws(() => delegates.delegate(name), {
        code: RpcCode.InvalidArgument,
        message: /a shared client has a method of that name itself/,
      });
  });
});
