import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { type CallContext, callContext } from '../../lib/call-context.js';
import { findCause, RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerFilter, ServerFilterFunction, ServerFilterNext } from '../../server/filters.js';
import { tooBusy } from '../../station/too-busy.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { follow, lead } from './sharing.js';
import { call, deferred, failure, overTransports, serve } from './support.js';

const noTicket = (): Error => Object.assign(new Error('no ticket'), { code: 'E_NO_TICKET', seats: 0 });

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** A server whose methods note their calls. */
async function setUp(t: Parameters<typeof serve>[0], options: Parameters<typeof serve>[2] = {}) {
  const ran: unknown[][] = [];
  const service = {
    f: (...args: unknown[]) => {
      ran.push(args);
      return args.length;
    },
    g: () => ran.push(['g']),
    fails: () => {
      throw new TypeError('the method is broken');
    },
    async *count(to: number) {
      for (let i = 1; i <= to; i++) yield i;
      return 'counted';
    },
    async *breaks() {
      yield 1;
      throw new TypeError('the stream is broken');
    },
  };
  const served = await serve(t, service, options);
  return { ...served, ran };
}

describe('before filters of a server', () => {
  overTransports((transport) => {
    it('see the server, the message and the context, and may change the arguments', async (t) => {
      expectNoLeaks(t);
      const served = await setUp(t, { transport });
      const seen: unknown[] = [];
      served.server.before((serverId, msg, context) => {
        seen.push(serverId, structuredClone(msg), context.meta, context === callContext());
        msg.args.push('in place');
      });
      served.server.before((_id, msg, _context, next: ServerFilterNext) =>
        next(null, { ...msg, args: [...msg.args, 'another'] }),
      );
      const { calls } = await call(t, [served]);
      assert.equal(await calls.f.with({ meta: { user: 7 } })(null, 'x'), 3);
      const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'f', args: ['x'] };
      assert.deepEqual(seen, ['test-1', msg, { user: 7 }, true]);
      assert.deepEqual(served.ran, [['x', 'in place', 'another']]);
    });
  });

  const refusals: [how: string, filter: ServerFilterFunction][] = [
    [
      'throwing',
      () => {
        throw noTicket();
      },
    ],
    ['rejecting', () => Promise.reject(noTicket())],
    ['next(error)', (_id, _msg, _context, next) => next(noTicket())],
    ['a later next(error)', (_id, _msg, _context, next) => void setImmediate(() => next(noTicket()))],
  ];
  for (const [how, before] of refusals) {
    it(`refuse a call by ${how}: the caller gets code and reason, and the method does not run`, async (t) => {
      expectNoLeaks(t);
      const served = await setUp(t);
      served.server.before({ name: 'tickets', before });
      const { calls } = await call(t, [served]);
      const error = await failure(calls.f(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FILTER', 'not-sent']);
      assert.equal(error.message, 'user.service.f on test-1: before filter "tickets" aborted it: no ticket');
      const cause = findCause(error, 'E_NO_TICKET') as Error & { seats?: number };
      assert.deepEqual([cause.message, cause.seats], ['no ticket', 0]);
      assert.deepEqual(served.ran, []);
    });
  }

  it('refuse with ERR_RPC_FORBIDDEN and ERR_RPC_OVERLOADED as the caller’s own code', async (t) => {
    const served = await setUp(t);
    served.server.before((_id, msg) => {
      if (msg.method === 'f') throw new RpcError(RpcCode.Forbidden, 'only for the staff');
      throw new RpcError(RpcCode.Overloaded, 'the database is full', { retryAfter: 250 });
    });
    const { calls } = await call(t, [served]);
    const [forbidden, overloaded] = [await failure(calls.f(null)), await failure(calls.g(null))];
    assert.deepEqual([forbidden.code, forbidden.delivery], ['ERR_RPC_FORBIDDEN', 'not-sent']);
    assert.match(forbidden.message, /only for the staff$/);
    assert.deepEqual(
      [overloaded.code, overloaded.delivery, overloaded.retryAfter],
      ['ERR_RPC_OVERLOADED', 'not-sent', 250],
    );
    assert.deepEqual(served.ran, []);
  });

  it('hide the error of a call elsewhere behind ERR_RPC_FILTER', async (t) => {
    const served = await setUp(t);
    served.server.before(() => {
      throw new RpcError(RpcCode.Overloaded, 'the other server is full', { serverId: 'other-1' });
    });
    const { calls } = await call(t, [served]);
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, (error.cause as RpcError).serverId], ['ERR_RPC_FILTER', 'other-1']);
  });

  it('have a retrying call try another server after ERR_RPC_OVERLOADED', async (t) => {
    const [full, free] = [await setUp(t, { id: 'full-1' }), await setUp(t, { id: 'free-1' })];
    full.server.before(tooBusyAlways);
    const { client, calls } = await call(t, [full, free], { failMode: 'failover' });
    client.route('test', (_param, _msg, _context) => 'full-1');
    assert.equal(await calls.f(null, 1), 1);
    assert.deepEqual([full.ran, free.ran], [[], [[1]]]);
  });

  it('take the filter tooBusy() of the package', async (t) => {
    const served = await setUp(t);
    served.server.before(tooBusy({ maxLag: 60_000 }));
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null), 0);
  });

  it('cannot choose another server or another method', async (t) => {
    const served = await setUp(t);
    served.server.before((_id, msg, _context, next) =>
      msg.args[0] === 'server' ? next('test-2') : next(null, { ...msg, method: 'g' }),
    );
    const { calls } = await call(t, [served]);
    const [server, method] = [await failure(calls.f(null, 'server')), await failure(calls.f(null, 'method'))];
    assert.deepEqual([server.code, method.code], ['ERR_RPC_FILTER', 'ERR_RPC_FILTER']);
    assert.match(server.message, /named another server/);
    assert.match(method.message, /may change its args only/);
    assert.deepEqual(served.ran, []);
  });

  it('are refused themselves where they filter in neither phase', async (t) => {
    const { server } = await setUp(t);
    assert.throws(() => server.before({ bfore: () => {} } as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    assert.throws(
      () => server.filter({ before: () => {}, aftr: () => {} } as never),
      /a field without a meaning: "aftr"/,
    );
  });

  it('run in order, each with callContext(), and keep the store of the call for the method', async (t) => {
    const store = new AsyncLocalStorage<string>();
    const order: unknown[] = [];
    const later = deferred();
    const served = await serve(
      t,
      { f: () => order.push(['method', callContext()?.method, store.getStore()]) },
      { asyncContext: true },
    );
    served.server.before(async () => {
      await later.promise;
      order.push(['first', callContext()?.method]);
    });
    served.server.before(() => void order.push(['second', callContext()?.method]));
    const { calls } = await call(t, [served]);
    const called = calls.f(null);
    store.run('of the filter’s friend', () => later.resolve());
    await called;
    const method = 'user.service.f';
    assert.deepEqual(order, [
      ['first', method],
      ['second', method],
      ['method', method, undefined],
    ]);
  });

  it('do not let a method start whose deadline has passed, or whose caller has left', async (t) => {
    expectNoLeaks(t);
    const served = await setUp(t);
    const gates: (() => void)[] = [];
    const ends: string[] = [];
    const { calls } = await call(t, [served]);
    await calls.f(null, 'connected');
    served.ran.length = 0;
    served.server.on('callEnded', ({ outcome, code }) => ends.push(`${outcome} ${code}`));
    served.server.before((_id, _msg, _context, next) => void gates.push(next));
    const late = failure(calls.f.with({ timeout: 1_000 })(null, 'late')); // enough to reach the filter
    assert.equal((await late).code, 'ERR_RPC_TIMEOUT');
    const controller = new AbortController();
    const left = failure(calls.f.with({ signal: controller.signal })(null, 'left'));
    await until(() => gates.length === 2, { what: 'both filters' });
    const signal = deferred();
    served.server.before(() => {});
    controller.abort();
    assert.equal((await left).code, 'ERR_RPC_CANCELLED');
    await calls.g
      .with({ timeout: 20 })(null)
      .catch(() => signal.resolve()); // its frame came behind that of the cancellation
    for (const go of gates) go();
    await until(() => ends.length === 3, { what: 'the ends' });
    assert.deepEqual(served.ran, []);
    assert.deepEqual(ends, ['refused ERR_RPC_TIMEOUT', 'left ERR_RPC_CANCELLED', 'refused ERR_RPC_TIMEOUT']);
  });

  it('see one-way calls, streams, and calls through shared mailboxes', async (t) => {
    const served = await setUp(t);
    const seen: string[] = [];
    const contexts: CallContext[] = [];
    served.server.before((_id, msg, context) => {
      seen.push(msg.method);
      contexts.push(context);
      if (msg.args[0] === 'no') throw noTicket();
    });
    const port = await freePort();
    await lead(t, port, [served]);
    const { calls } = await follow(t, port, [served], { clientId: 'web-1' });
    calls.f.oneway(null, 'no');
    assert.equal(await calls.f(null, 'yes'), 1);
    assert.deepEqual(await collect(calls.count.stream(null, 2)), [1, 2]);
    const refused = await failure(collect(calls.count.stream(null, 'no')));
    assert.deepEqual([refused.code, refused.delivery], ['ERR_RPC_FILTER', 'not-sent']);
    assert.deepEqual(seen, ['f', 'f', 'count', 'count']);
    assert.deepEqual(served.ran, [['yes']]);
    assert.equal(contexts[1]?.caller?.id, 'web-1');
  });

  it('are faults of the program in the log, unless expectedErrors names them', async (t) => {
    const served = await setUp(t, { expectedErrors: ['E_NO_TICKET'] });
    const broken = new TypeError('the filter is broken');
    served.server.before((_id, msg) => {
      throw msg.method === 'f' ? noTicket() : broken;
    });
    const { calls } = await call(t, [served]);
    await failure(calls.f(null));
    await failure(calls.g(null));
    const lines = served.log.filter((line) => /no ticket|is broken/.test(line));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /user\.service\.g.*failed: .*TypeError: the filter is broken/s);
  });
});

describe('after filters of a server', () => {
  it('run when the method has answered or failed, and not where it did not run', async (t) => {
    const served = await setUp(t);
    const seen: string[] = [];
    served.server.filter({
      before: (_id, msg) => {
        if (msg.args[0] === 'no') throw noTicket();
      },
      after: async (_id, { method }) => void seen.push(method),
    });
    const { calls } = await call(t, [served]);
    await calls.f(null);
    const failed = await failure(calls.fails(null));
    assert.deepEqual([failed.code, (failed.cause as Error).message], ['ERR_RPC_REMOTE', 'the method is broken']);
    await failure(calls.f(null, 'no'));
    await failure(calls.nope(null));
    assert.deepEqual(seen, ['f', 'fails']);
  });

  it('are the answer when they fail', async (t) => {
    const served = await setUp(t);
    served.server.after({ name: 'audit', after: () => Promise.reject(noTicket()) });
    const { calls } = await call(t, [served]);
    for (const method of ['f', 'fails']) {
      const error = await failure(calls[method](null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_REMOTE', 'answered']);
      assert.match(error.message, /after filter "audit" aborted it: no ticket$/);
      assert.ok(findCause(error, 'E_NO_TICKET'));
    }
    assert.equal(served.ran.length, 1);
  });

  it('run at the end of a stream, and can fail it', async (t) => {
    expectNoLeaks(t);
    const served = await setUp(t);
    const seen: string[] = [];
    let refuses = false;
    served.server.after((_id, { method }) => {
      seen.push(`${method} of ${callContext()?.method}`);
      if (refuses) throw noTicket();
    });
    const { calls } = await call(t, [served]);
    const stream = calls.count.stream(null, 1)[Symbol.asyncIterator]();
    assert.deepEqual(await stream.next(), { done: false, value: 1 });
    assert.deepEqual(await stream.next(), { done: true, value: 'counted' });
    assert.match((await failure(collect(calls.breaks.stream(null)))).message, /the stream is broken$/);
    for await (const item of calls.count.stream(null, 1_000_000)) if (item === 2) break;
    refuses = true;
    assert.ok(findCause(await failure(collect(calls.count.stream(null, 3))), 'E_NO_TICKET'));
    assert.deepEqual(
      seen,
      ['count', 'breaks', 'count'].map((method) => `${method} of user.service.${method}`),
    );
  });

  it('pass on what a method called back beside its error', async (t) => {
    const service = { f: (callback: (error: Error, more: number) => void) => callback(new Error('half'), 7) };
    const served = await serve(t, service, { callbacks: true });
    served.server.after(async () => {});
    const { calls } = await call(t, [served]);
    const results = await new Promise<unknown[]>((resolve) => calls.f(null, (...got: unknown[]) => resolve(got)));
    assert.match((results[0] as Error).message, /half$/);
  });
});

const tooBusyAlways: ServerFilter = () => {
  throw new RpcError(RpcCode.Overloaded, 'no room');
};
