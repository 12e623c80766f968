import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { getRouteTarget } from '../../router/get-route-target.js';
import { type RouteFunction, type RouterLike, resolveRouter } from '../../router/resolve-router.js';
import type { Router } from '../../router/router.js';
import { IDLE, messageWith, requestOf, serversOf } from './support.js';

const REQUEST = requestOf({ routeParam: { uid: 'u1' }, msg: messageWith(1, 2) });
const CONTEXT = { app: 'chat' };

function target(
  given: RouterLike | RouteFunction,
  servers: readonly ServerInfo[] = serversOf('ab'),
): string | Promise<string> {
  return getRouteTarget(resolveRouter(given), servers, REQUEST, IDLE, CONTEXT);
}

/** What TypeScript would not let pass, but JavaScript does. */
function untyped(route: (...args: never[]) => unknown): RouteFunction {
  return route as RouteFunction;
}

/** Checks every promise of a route error, and hands it back for the rest. */
function isRouteError(error: unknown, message: RegExp): true {
  assert.ok(error instanceof RpcError);
  assert.equal(error.code, RpcCode.Route);
  assert.equal(error.method, 'user.module1.func1');
  assert.equal(error.delivery, 'not-sent');
  assert.equal(error.serverId, undefined);
  assert.match(error.message, /^user\.module1\.func1: router '/);
  assert.match(error.message, message);
  return true;
}

describe('getRouteTarget', () => {
  describe('with a strategy', () => {
    it('answers at once', () => {
      const router = resolveRouter('rr');
      const next = () => getRouteTarget(router, serversOf('ab'), REQUEST, IDLE, CONTEXT);
      assert.deepEqual([next(), next(), next()], ['a', 'b', 'a']);
    });

    it('hands servers, request and load to a router of the user', () => {
      const servers = serversOf('ab');
      let given: unknown;
      const pick: Router['pick'] = (...args) => {
        given = args;
        return args[0].at(-1) ?? args[0][0];
      };
      assert.equal(target({ name: 'mine', pick }, servers), 'b');
      assert.deepEqual(given, [servers, REQUEST, IDLE]);
    });

    it('does not build the message', () => {
      const request = {
        serverType: 'test',
        routeParam: { uid: 1 },
        get msg(): never {
          throw new Error('built');
        },
      };
      for (const name of ['df', 'rd', 'rr', 'wrr', 'la', 'p2c'] as const) {
        assert.match(String(getRouteTarget(resolveRouter(name), serversOf('ab'), request, IDLE, CONTEXT)), /^[ab]$/);
      }
    });

    it('throws ERR_RPC_NO_SERVER for an empty list', () => {
      assert.throws(
        () => target('rr', []),
        (error) => {
          assert.ok(error instanceof RpcError);
          assert.equal(error.code, RpcCode.NoServer);
          assert.equal(error.method, 'user.module1.func1');
          assert.equal(error.delivery, 'not-sent');
          assert.match(error.message, /^user\.module1\.func1: no server of type 'test' is known\. Add one/);
          return true;
        },
      );
    });

    it('throws ERR_RPC_ROUTE when the router throws, with what it threw', () => {
      const cause = new Error('boom');
      const pick = () => {
        throw cause;
      };
      assert.throws(
        () => target({ name: 'mine', pick }),
        (error) => isRouteError(error, /'mine' failed: boom$/) && (error as Error).cause === cause,
      );
      assert.throws(
        () => target('wrr', serversOf('ab', { b: { weight: 0 } })),
        (error) => isRouteError(error, /failed: weight of server "b" must be/),
      );
    });

    for (const picked of [undefined, null, 'a', {}, { id: '' }, { id: {} }, Promise.resolve({ id: 'a' })]) {
      it(`throws ERR_RPC_ROUTE when it picks ${JSON.stringify(picked)}`, () => {
        const pick = (() => picked) as never;
        assert.throws(
          () => target({ name: 'mine', pick }),
          (error) => isRouteError(error, /'mine' gave .* in place of a server's id/),
        );
      });
    }

    it('takes a numbered server by the text of its number', () => {
      assert.equal(target('rr', [{ id: 7 as unknown as string, serverType: 'test', port: 1 }]), '7');
    });
  });

  describe('with a function', () => {
    it('calls it with routeParam, message, route context and callback', () => {
      const given: unknown[] = [];
      target((...args) => {
        given.push(...args);
        return 'a';
      });
      assert.deepEqual(given.slice(0, 3), [REQUEST.routeParam, REQUEST.msg, CONTEXT]);
      assert.equal(given[1], REQUEST.msg);
      assert.equal(given.length, 4);
      assert.equal(typeof given[3], 'function');
    });

    it('calls the route of an object with the object as this', () => {
      class Mine {
        readonly #id = 'x';
        route(): string {
          return this.#id;
        }
      }
      assert.equal(target(new Mine()), 'x');
      let self: unknown = 'unset';
      target(function (this: unknown) {
        self = this;
        return 'a';
      });
      assert.equal(self, undefined);
    });

    it('asks it even when no server is known, and takes an id that is not in the list', () => {
      assert.equal(
        target(() => 'elsewhere-1', []),
        'elsewhere-1',
      );
    });

    const atOnce: Readonly<Record<string, RouteFunction>> = {
      'an id that is returned': () => 'a',
      'an id that is returned by one that declares the callback': (_p, _m, _c, _cb) => 'a',
      'the callback': (_p, _m, _c, cb) => cb(null, 'a'),
      'the callback, undeclared': (...args) => args[3](null, 'a'),
      'the callback with a falsy error': untyped(
        (_p: unknown, _m: unknown, _c: unknown, cb: (...args: unknown[]) => void) => cb('', 'a'),
      ),
      'the callback, before another id is returned': (_p, _m, _c, cb) => {
        cb(null, 'a');
        return 'b';
      },
      'the callback, called twice': (_p, _m, _c, cb) => {
        cb(null, 'a');
        cb(null, 'b');
      },
      'the callback, called again with an error': (_p, _m, _c, cb) => {
        cb(null, 'a');
        cb(new Error('late'));
      },
      'the callback, before it throws': (_p, _m, _c, cb) => {
        cb(null, 'a');
        throw new Error('late');
      },
      'the callback, before its promise rejects': async (_p, _m, _c, cb) => {
        cb(null, 'a');
        throw new Error('late');
      },
    };
    for (const [what, route] of Object.entries(atOnce)) {
      it(`answers at once: ${what}`, async () => {
        assert.equal(target(route), 'a');
        await nextTurn(); // an unhandled rejection would fail the test here
      });
    }

    const later: Readonly<Record<string, RouteFunction>> = {
      'a promise': async () => 'a',
      'a promise of one that declares the callback': async (_p, _m, _c, _cb) => 'a',
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      'a thenable': untyped(() => ({ then: (resolve: (id: string) => void) => resolve('a') })),
      'the callback': (_p, _m, _c, cb) => void setImmediate(cb, null, 'a'),
      'the callback, while a promise of nothing is returned': async (_p, _m, _c, cb) =>
        void setImmediate(cb, null, 'a'),
      'the callback, while something else is returned': untyped(
        (_p: unknown, _m: unknown, _c: unknown, cb: (error: null, id: string) => void) => setImmediate(cb, null, 'a'),
      ),
      'the callback, while a number is returned': (_p, _m, _c, cb) => [setImmediate(cb, null, 'a')].length,
      'the callback, while an empty string is returned': (_p, _m, _c, cb) => {
        setImmediate(cb, null, 'a');
        return '';
      },
      'the callback, before the promise': async (_p, _m, _c, cb) => {
        setImmediate(cb, null, 'a');
        await nextTurn();
        await nextTurn();
        return 'b';
      },
      'the promise, before the callback': async (_p, _m, _c, cb) => {
        setImmediate(cb, null, 'b');
        return 'a';
      },
      'the promise, before the undeclared callback': async (...args) => {
        setImmediate(args[3], null, 'b');
        return 'a';
      },
    };
    for (const [what, route] of Object.entries(later)) {
      it(`answers by a promise: ${what}`, async () => {
        const answer = target(route);
        assert.ok(answer instanceof Promise);
        assert.equal(await answer, 'a');
        await nextTurn();
      });
    }

    it('takes a number for its text, returned, promised or called back with', async () => {
      assert.equal(
        target(() => 7),
        '7',
      );
      assert.equal(
        target((_p, _m, _c, cb) => cb(null, 0)),
        '0',
      );
      assert.equal(await target(async () => 7), '7');
    });

    it('stays open while one that declares the callback has not called it', async () => {
      let call: ((error: null, id: string) => void) | undefined;
      const answer = target((_p, _m, _c, cb) => {
        call = cb;
      });
      assert.equal(await Promise.race([answer, nextTurn('open')]), 'open');
      call?.(null, 'a');
      assert.equal(await answer, 'a');
    });

    const failsAtOnce: Readonly<Record<string, readonly [RouteFunction, RegExp]>> = {
      'it throws': [
        function mine() {
          throw new Error('boom');
        },
        /'mine' failed: boom$/,
      ],
      'it throws no Error': [
        () => {
          throw 'boom';
        },
        /failed: boom$/,
      ],
      'it throws undefined': [
        () => {
          throw undefined;
        },
        /failed: undefined$/,
      ],
      'it calls back with an error': [(_p, _m, _c, cb) => cb(new Error('boom'), 'a'), /failed: boom$/],
      'it calls back with a text for an error': [(_p, _m, _c, cb) => cb('boom'), /failed: boom$/],
      'it calls back with nothing': [(_p, _m, _c, cb) => cb(), /gave undefined in place of a server's id$/],
      'it calls back with an empty id': [(_p, _m, _c, cb) => cb(null, ''), /gave "" in place of a server's id$/],
      'it calls back with an object': [
        untyped((_p: unknown, _m: unknown, _c: unknown, cb: (...args: unknown[]) => void) => cb(null, { id: 'a' })),
        /gave \{ id: 'a' \} in place of a server's id$/,
      ],
      'it calls back with NaN': [(_p, _m, _c, cb) => cb(null, Number.NaN), /gave NaN in place of a server's id$/],
      'it returns nothing and declares no callback': [
        function three(_p, _m, _c) {},
        /'three' gave undefined in place of a server's id. To answer later, return a promise, or declare four parameters/,
      ],
      'it returns null': [untyped(() => null), /gave null in place of a server's id$/],
      'it returns an empty id': [() => '', /gave "" in place of a server's id$/],
      'it returns an object': [untyped(() => ({})), /gave \{\} in place of a server's id$/],
      'it is a class': [
        class Mine {
          route() {}
        } as unknown as RouteFunction,
        /'Mine' failed: /,
      ],
    };
    for (const [what, [route, message]] of Object.entries(failsAtOnce)) {
      it(`throws ERR_RPC_ROUTE when ${what}`, () => {
        assert.throws(
          () => target(route),
          (error) => isRouteError(error, message),
        );
      });
    }

    const failsLater: Readonly<Record<string, readonly [RouteFunction, RegExp]>> = {
      'its promise rejects': [async () => Promise.reject(new Error('boom')), /failed: boom$/],
      'its promise rejects with no Error': [async () => Promise.reject('boom'), /failed: boom$/],
      'its promise rejects with undefined': [async () => Promise.reject(), /failed: undefined$/],
      'its promise rejects, the callback being declared': [
        async (_p, _m, _c, _cb) => Promise.reject(new Error('boom')),
        /failed: boom$/,
      ],
      'its promise is of nothing': [async () => {}, /gave undefined in place of a server's id. To answer later/],
      'its promise is of an empty id': [async () => '', /gave "" in place of a server's id$/],
      'its then throws': [
        untyped(() => ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
          then() {
            throw new Error('boom');
          },
        })),
        /failed: boom$/,
      ],
      'it calls back late with an error': [
        (_p, _m, _c, cb) => void setImmediate(cb, new Error('boom')),
        /failed: boom$/,
      ],
      'it calls back late with an empty id': [
        (_p, _m, _c, cb) => void setImmediate(cb, null, ''),
        /in place of a server's id/,
      ],
    };
    for (const [what, [route, message]] of Object.entries(failsLater)) {
      it(`rejects with ERR_RPC_ROUTE when ${what}`, async () => {
        const answer = target(route);
        assert.ok(answer instanceof Promise);
        await assert.rejects(answer, (error) => isRouteError(error, message));
      });
    }

    it('keeps what the router gave as the cause', async () => {
      const cause = new RangeError('boom');
      const byCallback = () => target((_p, _m, _c, cb) => cb(cause));
      assert.throws(byCallback, (error) => (error as Error).cause === cause);
      await assert.rejects(
        async () => target(() => Promise.reject(cause)),
        (error) => (error as Error).cause === cause,
      );
    });
  });
});
