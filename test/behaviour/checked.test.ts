import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { callContext } from '../../lib/call-context.js';
import { RpcError } from '../../lib/errors.js';
import { checked } from '../../lib/service/checked.js';
import { createServer } from '../../server.js';
import { loadFrozen } from '../support/frozen.js';
import { until } from '../support/until.js';
import { callSharing, overSharing } from './sharing.js';
import { call, failure, keptLog, makeGate, serve } from './support.js';

type Back = (error: Error | null, ...results: unknown[]) => void;

const LIBRARIES = {
  zod: [z.object({ tags: z.array(z.string()) }), z.number()],
  valibot: [v.object({ tags: v.array(v.string()) }), v.number()],
  arktype: [type({ tags: 'string[]' }), type('number')],
} as const;

describe('a checked method', () => {
  for (const [library, [tagged, number]] of Object.entries(LIBRARIES)) {
    it(`gets arguments that fit the schemas of ${library}, and none that do not`, async (t) => {
      const got: unknown[] = [];
      const tag = checked({ args: [tagged, number] }, (...args) => got.push(args));
      const { calls } = await call(t, [await serve(t, { tag })]);
      await calls.tag(null, { tags: ['a'] }, 1);
      assert.deepEqual(got, [[{ tags: ['a'] }, 1]]);
      const error = await failure(calls.tag(null, { tags: ['a', 5] }, 'x'));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_VALIDATION', 'answered']);
      assert.deepEqual([error.method, error.serverId], ['user.service.tag', 'test-1']);
      assert.deepEqual(
        error.issues?.map(({ path }) => path),
        [[0, 'tags', 1], [1]],
      );
      for (const issue of error.issues ?? []) {
        assert.deepEqual(Object.keys(issue), ['path', 'message']);
        assert.match(issue.message, /number|string/);
      }
      assert.match(
        error.message,
        /^user\.service\.tag on test-1: the arguments do not fit the schemas of the method: \[0\]\.tags\[1\]: .*; \[1\]: /,
      );
      assert.equal(got.length, 1, 'the method did not run');
    });

    it(`gets a missing argument with the default of the list that ${library} checks`, async (t) => {
      const lists = {
        zod: z.tuple([z.string(), z.number().default(5)]),
        valibot: v.tuple([v.string(), v.optional(v.number(), 5)]),
        arktype: type(['string', 'number = 5']),
      };
      const join = checked({ args: lists[library as keyof typeof lists] }, (...args: unknown[]) => args);
      const { calls } = await call(t, [await serve(t, { join })]);
      assert.deepEqual(await calls.join(null, 'a'), ['a', 5]);
      assert.deepEqual(await calls.join(null, 'a', undefined), ['a', 5]);
      assert.deepEqual((await failure(calls.join(null, 'a', 'x'))).issues?.[0]?.path, [1]);
    });
  }

  it('gets what the schemas have made, and answers what the schema of the result has made', async (t) => {
    const add = checked(
      { args: [z.coerce.number(), z.number().default(10)], returns: z.object({ sum: z.number() }) },
      (a, b) => ({ sum: a + b, secret: 'stays here' }),
    );
    const { calls } = await call(t, [await serve(t, { add })]);
    assert.deepEqual(await calls.add(null, '1', 2), { sum: 3 });
    assert.deepEqual(await calls.add(null, '1'), { sum: 11 });
    assert.deepEqual(await calls.add(null, '1', undefined, undefined), { sum: 11 });
    const error = await failure(calls.add(null, 1, 2, 3));
    assert.deepEqual(error.issues, [
      { path: [2], message: 'there are schemas for 2 values, and this one is too many' },
    ]);
  });

  it('works as a field of a class, as an export and in the object of a factory, with its this', async (t) => {
    class Rooms {
      readonly #name = 'lobby';
      join = checked({ args: [z.string()] }, (who) => `${who} in ${this.#name}`);
      leave = checked({ args: [z.string()] }, function (this: Rooms, who: string) {
        return `${who} left ${this.#name}`;
      });
    }
    const { calls } = await call(t, [await serve(t, new Rooms())]);
    assert.deepEqual(
      [await calls.join(null, 'ada'), await calls.leave(null, 'ada')],
      ['ada in lobby', 'ada left lobby'],
    );
    assert.equal((await failure(calls.leave(null, 1))).code, 'ERR_RPC_VALIDATION');
  });

  it('answers through a callback, behind as many arguments as there are schemas', async (t) => {
    const service = {
      find: checked(
        { args: [z.string(), z.number().optional()], returns: [z.string(), z.coerce.number()] },
        (name: string, size: number | undefined, callback: Back) => callback(null, name, String(size ?? 1)),
      ),
      fails: checked({ args: [] }, (callback: Back) => callback(new RangeError('no'))),
    };
    for (const callbacks of [false, true]) {
      const { calls } = await call(t, [await serve(t, service, { callbacks })]);
      const results = await new Promise((resolve) => calls.find(null, 'a', (...given: unknown[]) => resolve(given)));
      assert.deepEqual(results, [null, 'a', 1]);
      assert.equal((await failure(calls.find(null, 'a', 'x'))).code, 'ERR_RPC_VALIDATION');
      assert.equal((await failure(calls.find(null, 'a', 1, 2))).issues?.[0]?.path[0], 2, 'no place of the callback');
      const failed = await failure(calls.fails(null));
      assert.deepEqual([failed.code, (failed.cause as Error).name], ['ERR_RPC_REMOTE', 'RangeError']);
    }
  });

  it('starts in the turn of its call unless a schema is asynchronous, and has its context either way', async (t) => {
    const order: string[] = [];
    const note = (name: string) => (): void => void order.push(`${name} ${callContext()?.method}`);
    const gate = makeGate();
    const slow = z.string().refine(() => gate.pass(true));
    const service = {
      one: checked({ args: [slow] }, note('one')),
      two: checked({ args: [z.string()] }, note('two')),
      three: note('three'),
    };
    const { calls } = await call(t, [await serve(t, service)]);
    await calls.three(null);
    order.length = 0;
    const first = calls.one(null, 'x');
    await Promise.all([calls.two(null, 'x'), calls.three(null)]);
    gate.open();
    await first;
    assert.deepEqual(order, ['two user.service.two', 'three user.service.three', 'one user.service.one']);
  });

  it('is not started once its caller has left while a schema was checking', async (t) => {
    const gate = makeGate();
    const ran: string[] = [];
    const waits = z.string().refine(() => gate.pass(true));
    const service = { wait: checked({ args: [waits] }, () => ran.push('wait')) };
    const served = await serve(t, service);
    const failed: unknown[] = [];
    served.server.on('callFailed', ({ code }) => failed.push(code));
    const { calls } = await call(t, [served]);
    const controller = new AbortController();
    const cancelled = failure(calls.wait.with({ signal: controller.signal })(null, 'x'));
    const late = failure(calls.wait.with({ timeout: 150 })(null, 'x'));
    await gate.arrivals(2);
    controller.abort();
    assert.equal((await cancelled).code, 'ERR_RPC_CANCELLED');
    assert.deepEqual([(await late).code, (await late).delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
    gate.open();
    await until(() => failed.length === 2, { what: 'both calls to be over' });
    assert.deepEqual([ran, failed.toSorted()], [[], ['ERR_RPC_CANCELLED', 'ERR_RPC_TIMEOUT']]);
  });

  it('is checked once its call has a place among the running calls, and not before', async (t) => {
    const gate = makeGate();
    let checks = 0;
    const service = {
      hold: () => gate.pass(),
      add: checked({ args: [z.number().refine(() => ++checks > 0)] }, (n) => n),
    };
    const { calls } = await call(t, [await serve(t, service, { maxConcurrent: 1 })]);
    const held = calls.hold(null);
    await gate.arrivals(1);
    const refused = failure(calls.add(null, 'x'));
    const added = calls.add(null, 2);
    gate.open();
    await held;
    assert.equal((await refused).code, 'ERR_RPC_VALIDATION', 'and the place is free again');
    assert.deepEqual([await added, checks], [2, 1]);
  });

  it('reports one-way calls that do not fit to the server, in a line that repeats no argument', async (t) => {
    const service = { add: checked({ args: [v.string(), v.record(v.string(), v.number())] }, () => {}) };
    const served = await serve(t, service);
    const failed: { code: unknown; oneway: boolean; error: Error }[] = [];
    served.server.on('callFailed', (failure) => failed.push(failure));
    const { calls } = await call(t, [served]);
    await calls.add.oneway(null, 12_345_678, { secretKey: 'secret' });
    await until(() => failed.length === 1, { what: 'the report' });
    const [{ code, oneway, error } = assert.fail()] = failed;
    assert.deepEqual([code, oneway, (error as RpcError).issues?.length], ['ERR_RPC_VALIDATION', true, 2]);
    const [line = ''] = served.log.filter((each) => each.includes('user.service.add'));
    assert.match(line, /one-way, refused: argument 0, 1 \(counted from 0\) does not fit the schemas of the method$/);
    assert.doesNotMatch(served.log.join(), /secret|12345678/);
  });

  it('is not called again by a failMode, and leaves the issues on the error', async (t) => {
    let runs = 0;
    const service = { add: checked({ args: [z.number().refine(() => ++runs > 0)] }, (n) => n) };
    const { calls } = await call(t, [await serve(t, service)]);
    for (const failMode of ['failover', 'failfast', 'failsafe'] as const) {
      const error = await calls.add
        .with({ failMode, idempotent: true })(null, 'x')
        .catch((thrown: unknown) => thrown);
      if (error instanceof RpcError) assert.equal(error.issues?.length, 1, failMode);
      else assert.equal(failMode, 'failsafe');
    }
    assert.equal(runs, 0);
  });

  it('fails a call of an older caller with the text, under a code that the caller knows', async (t) => {
    const service = { add: checked({ args: [z.number()] }, (n) => n + 1) };
    const { createClient } = await loadFrozen();
    const { calls } = await call(t, [await serve(t, service)], {}, createClient as never);
    assert.equal(await calls.add(null, 1), 2);
    const error = await failure(calls.add(null, 'x'));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_REMOTE', 'answered']);
    assert.match(error.message, /the arguments do not fit the schemas of the method: \[0\]: Invalid input/);
  });

  it('works behind a custom acceptor', async (t) => {
    const service = { add: checked({ args: [z.number()] }, (n) => n + 1) };
    let receive: (tracer: null, msg: object, callback: (...given: unknown[]) => void) => void = () => assert.fail();
    const acceptorFactory = (_opts: object, given: typeof receive) => {
      receive = given;
      return Object.assign(new EventEmitter(), { listen: () => {}, close: () => {} });
    };
    const server = createServer({
      port: 3_999,
      services: { user: { service } },
      acceptorFactory: acceptorFactory as never,
      logger: keptLog().logger,
      expectedErrors: ['ERR_RPC_VALIDATION'],
    });
    t.after(() => server.stop(true));
    await server.start();
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'add' };
    const answer = (args: unknown[]): Promise<unknown[]> =>
      new Promise((resolve) => receive(null, { ...msg, args }, (...given) => resolve(given)));
    assert.deepEqual(await answer([1]), [null, 2]);
    const [error] = await answer(['x']);
    assert.deepEqual([(error as RpcError).code, (error as RpcError).issues?.[0]?.path], ['ERR_RPC_VALIDATION', [0]]);
  });
});

overSharing((sharing) => {
  for (const codecs of [['msgpack'], ['json']] as const)
    it(`a checked method reports issues, in ${codecs}`, async (t) => {
      const service = {
        add: checked({ args: [z.number()], returns: z.number() }, (n) => (n < 0 ? ('x' as never) : n)),
      };
      const { calls } = await callSharing(t, sharing, [await serve(t, service)], { codecs });
      assert.equal(await calls.add(null, 1), 1);
      const error = await failure(calls.add(null, 'x'));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_VALIDATION', 'answered']);
      assert.deepEqual(error.issues, [{ path: [0], message: 'Invalid input: expected number, received string' }]);
      assert.equal((await failure(calls.add(null, -1))).code, 'ERR_RPC_REMOTE');
    });
});
