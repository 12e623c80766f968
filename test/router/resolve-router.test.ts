import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import type { RpcMessage } from '../../lib/rpc-message.js';
import { type RouteCallback, type RouterLike, resolveRouter } from '../../router/resolve-router.js';
import type { Router } from '../../router/router.js';

describe('resolveRouter', () => {
  it('takes the name of a strategy, with its options', () => {
    assert.equal(resolveRouter('rr').name, 'round-robin');
    assert.throws(() => resolveRouter('ch', { replicas: 0 }), { code: RpcCode.InvalidArgument });
  });

  it('takes nothing for the default router', () => {
    assert.equal(resolveRouter().name, 'default');
    assert.equal(resolveRouter(undefined).kind, 'strategy');
  });

  it('takes a Router, an instance of a class too', () => {
    class Mine implements Router {
      readonly name = 'mine';
      pick: Router['pick'] = (servers) => servers[0];
    }
    const mine = new Mine();
    assert.deepEqual(resolveRouter(mine), { kind: 'strategy', name: 'mine', strategy: mine, isBuiltIn: false });
  });

  it('prefers pick in an object that has both', () => {
    const both = { name: 'both', pick: () => assert.fail(), route: () => assert.fail() };
    assert.equal(resolveRouter(both).kind, 'strategy');
  });

  it('takes a function, and sees whether it declares the callback', () => {
    const three = resolveRouter(function three(_param, _msg, _context) {});
    const four = resolveRouter(function four(_param, _msg, _context, _cb) {});
    assert.deepEqual([three.kind, three.name], ['function', 'three']);
    assert.deepEqual([four.kind, four.name], ['function', 'four']);
    assert.equal(three.kind === 'function' && three.declaresCallback, false);
    assert.equal(four.kind === 'function' && four.declaresCallback, true);
  });

  it('names an object by its name, else by its function', () => {
    assert.equal(resolveRouter({ name: 'mine', route: () => 'a' } as RouterLike).name, 'mine');
    assert.equal(resolveRouter({ route: function byUid() {} }).name, 'byUid');
    assert.equal(
      resolveRouter(
        (
          () => () =>
            'a'
        )(),
      ).name,
      'anonymous',
    );
    assert.equal(resolveRouter({ name: 5, route: () => 'a' } as RouterLike).name, 'anonymous');
  });

  for (const given of [null, 5, true, {}, { route: 'a' }, { pick: 'a' }, [], Symbol('s')]) {
    it(`refuses ${typeof given} ${given?.toString?.()}`, () => {
      const error = {
        code: RpcCode.InvalidArgument,
        message: /^router must be one of df, .* a function, or an object/,
      };
      assert.throws(() => resolveRouter(given as unknown as RouterLike), error);
    });
  }

  it('accepts functions with the parameter types of their users, at compile time', () => {
    interface Session {
      uid: string;
    }
    const accepted: readonly RouterLike[] = [
      (session: Session, _msg: RpcMessage, app: { pick(uid: string): string }, cb: RouteCallback) => {
        cb(null, app.pick(session.uid));
      },
      (session: Session) => session.uid,
      async (session: Session) => Number(session.uid),
      async (_session: Session, _msg: RpcMessage, _app: unknown, cb: RouteCallback) => cb(new Error('no')),
      { route: (session: Session) => session.uid },
      'p2c',
    ];
    const refused: readonly RouterLike[] = [
      // @ts-expect-error: not a strategy
      'nearest',
      // @ts-expect-error: not an id
      () => true,
      // @ts-expect-error: not a promise of an id
      async () => ({ id: 'a' }),
      // @ts-expect-error: neither pick nor route
      { choose: () => 'a' },
    ];
    assert.equal(accepted.length + refused.length, 10);
  });
});
