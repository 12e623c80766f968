import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { z } from 'zod';
import { latencyAt } from '../../lib/latency-histogram.js';
import { checked } from '../../lib/service/checked.js';
import type { MethodDescription } from '../../lib/service/describe-method.js';
import type { Client } from '../../node-client.js';
import type { HealthReport } from '../../server/health.js';
import type { ReflectionReport } from '../../server/reflection.js';
import type { StatsReport } from '../../server/stats.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, makeGate, overTransports, type Served, serve } from './support.js';

const SECRET = 'a secret of more than sixteen bytes';

/** Asks a server about itself. */
function ask<Answer>(client: Client, service: string, method: string, ...args: unknown[]): Promise<Answer> {
  return client.rpcInvoke('test-1', { namespace: '$mailstation', service, method, args }) as Promise<Answer>;
}

const describeAll = (client: Client, ...args: unknown[]) =>
  ask<ReflectionReport>(client, 'reflection', 'describe', ...args);
const readStats = (client: Client, ...args: unknown[]) => ask<StatsReport>(client, 'stats', 'read', ...args);
const checkHealth = (client: Client, ...args: unknown[]) => ask<HealthReport>(client, 'health', 'check', ...args);

/** A server that listens beyond this machine. */
async function serveOpenly(t: TestContext, options: Parameters<typeof serve>[2] = {}): Promise<Served> {
  const served = await serve(t, { f: () => 1 }, { host: '0.0.0.0', ...options });
  return { ...served, info: { ...served.info, host: '127.0.0.1' } };
}

overTransports((transport) => {
  describe('a server that is asked about itself', () => {
    it('describes its methods, reports its health, and counts its calls', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { f: (a: number, b = 2) => a + b }, { transport });
      const { client, calls } = await call(t, [served]);
      assert.equal(await calls.f(null, 1), 3);
      const { format, methods, next } = await describeAll(client);
      assert.deepEqual([format, next], [1, undefined]);
      assert.deepEqual(methods, [
        {
          ...{ name: 'user.service.f', namespace: 'user', module: 'service', method: 'f', streams: false },
          parameters: [{ name: 'a' }, { name: 'b', optional: true }],
        },
      ]);
      const health = { format: 1, status: 'serving', namespaces: [{ namespace: 'user', status: 'serving' }] };
      assert.deepEqual(await checkHealth(client), health);
      const stats = await readStats(client);
      assert.deepEqual([stats.format, stats.counting, stats.next], [1, true, undefined]);
      assert.deepEqual([stats.server.id, stats.server.state, stats.server.pid], ['test-1', 'leader', process.pid]);
      assert.deepEqual(stats.server.urls, served.server.urls);
      assert.equal(stats.load.connections, 1);
      assert.equal(stats.load.running, 1);
      const f = stats.methods.find(({ name }) => name === 'user.service.f');
      assert.deepEqual([f?.outcomes.ok, f?.open, f?.queued, f?.latency.count], [1, 0, 0, 1]);
    });
  });
});

describe('the description of methods', () => {
  const described = async (t: TestContext, service: object, options: Parameters<typeof serve>[2] = {}) => {
    const served = await serve(t, service, options);
    const { client } = await call(t, [served]);
    const { methods } = await describeAll(client);
    return new Map(methods.map((method) => [method.method, method]));
  };

  it('has names of parameters as the source has them, without the callback', async (t) => {
    const methods = await described(
      t,
      {
        plain: (one: unknown, { two }: { two?: unknown }, ...more: unknown[]) => [one, two, more],
        calls: (name: string, callback: (error: null, name: string) => void) => callback(null, name),
        bound: function (this: unknown) {}.bind(null),
        async *items(count: number) {
          for (let i = 0; i < count; i++) yield i;
        },
      },
      { callbacks: true },
    );
    const names = (method: string) => methods.get(method)?.parameters?.map(({ name }) => name);
    assert.deepEqual(names('plain'), ['one', '{ two }', 'more']);
    assert.deepEqual(methods.get('plain')?.parameters?.[2], { name: 'more', rest: true });
    assert.deepEqual(names('calls'), ['name']);
    assert.equal(methods.get('bound')?.parameters, null);
    assert.deepEqual(
      ['items', 'plain'].map((method) => methods.get(method)?.streams),
      [true, false],
    );
  });

  it('has the schemas of checked methods as JSON Schema, and null where a schema has none', async (t) => {
    const schema = z.object({ id: z.number() });
    const methods = await described(t, {
      save: checked({ args: [schema, z.bigint()], returns: z.string() }, (row, at) => `${row.id} ${at}`),
    });
    const { args, returns } = methods.get('save') as MethodDescription;
    const [row, bigint] = args as readonly { properties?: Record<string, unknown> }[];
    assert.deepEqual(row?.properties, { id: { type: 'number' } });
    assert.equal(bigint, null);
    assert.equal((returns as readonly { type?: unknown }[])[0]?.type, 'string');
  });

  it('has doc comments of the source, where there are any', async (t) => {
    class Rooms {
      /**
       * Greets a guest.
       * Never fails.
       */
      greet(name: string) {
        return `hello, ${name}`;
      }

      leave() {}
    }
    const methods = await described(t, new Rooms());
    assert.equal(methods.get('greet')?.doc, 'Greets a guest.\nNever fails.');
    assert.equal(methods.get('leave')?.doc, undefined);
  });

  it('comes in pages, of 10,000 methods and of names with control characters', async (t) => {
    const service: Record<string, () => number> = { 'a\u0000\u001b[31m b': () => 1 };
    for (let i = 0; i < 10_000; i++) service[`m${String(i).padStart(5, '0')}`] = () => i;
    const { client, calls } = await call(t, [await serve(t, service)]);
    assert.equal(await calls['a\u0000\u001b[31m b'](null), 1);
    const names: string[] = [];
    let pages = 0;
    let after: string | undefined;
    do {
      const { methods, next } = await describeAll(client, { after, limit: 1_000 });
      names.push(...methods.map(({ name }) => name));
      after = next;
      pages += 1;
    } while (after !== undefined);
    assert.equal(pages, 11);
    assert.deepEqual(
      names,
      Object.keys(service)
        .map((name) => `user.service.${name}`)
        .sort(),
    );
    const { methods } = await describeAll(client, { prefix: 'user.service.m0999', limit: 3 });
    assert.deepEqual(
      methods.map(({ method }) => method),
      ['m09990', 'm09991', 'm09992'],
    );
    const stats = await readStats(client, { prefix: 'user.' });
    assert.deepEqual(
      stats.methods.map(({ name }) => name),
      ['user.service.a\u0000\u001b[31m b'],
    );
    for (const wrong of [7, 'all', { limit: 0 }, { limit: 1_001 }, { after: 3 }, { prefix: [] }]) {
      const error = await failure(describeAll(client, wrong));
      assert.equal((error.cause as { code?: string }).code, 'ERR_RPC_INVALID_ARGUMENT');
    }
  });
});

describe('the health of a server', () => {
  it('is what its program says, of the server and of each namespace', async (t) => {
    const services = { user: { m: { f: () => 1 } }, shop: { m: { f: () => 1 } } };
    const served = await serve(t, {}, { paths: [], services });
    const { client } = await call(t, [served]);
    served.server.setHealth('not-serving', { namespace: 'shop', reason: 'the database is down' });
    const shop = { namespace: 'shop', status: 'not-serving', reason: 'the database is down' };
    const report = { format: 1, status: 'serving', namespaces: [shop, { namespace: 'user', status: 'serving' }] };
    assert.deepEqual(await checkHealth(client), report);
    assert.deepEqual(served.server.health, report);
    const { namespace: _, ...state } = shop;
    assert.deepEqual(await checkHealth(client, 'shop'), { format: 1, ...state, namespaces: [shop] });
    assert.deepEqual(await checkHealth(client, 'nope'), { format: 1, status: 'unknown', namespaces: [] });
    served.server.setHealth('not-serving').setHealth('serving', { namespace: 'shop' });
    assert.deepEqual(
      (await checkHealth(client)).namespaces.map(({ status }) => status),
      ['not-serving', 'not-serving'],
    );
    served.server.setHealth('serving');
    assert.equal((await checkHealth(client)).status, 'serving');
    for (const wrong of [undefined, true, 'draining', 'ok'])
      assert.throws(() => served.server.setHealth(wrong as never), { code: 'ERR_RPC_INVALID_ARGUMENT' });
  });

  it('is draining while the server stops, and not-serving before and after', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass(1) });
    const { calls } = await call(t, [served]);
    const running = calls.f(null);
    await gate.arrivals(1);
    const stopped = served.server.stop();
    assert.equal(served.server.health.status, 'draining');
    gate.open();
    await Promise.all([running, stopped]);
    assert.deepEqual(served.server.health.status, 'not-serving');
  });
});

describe('the figures of a server', () => {
  it('count calls by their ends and codes, and what runs and waits', async (t) => {
    const gate = makeGate();
    const service = {
      works: () => 1,
      fails: () => Promise.reject(new Error('no')),
      waits: () => gate.pass(1),
      async *count(to: number) {
        for (let i = 0; i < to; i++) yield i;
      },
    };
    const served = await serve(t, service, { maxConcurrent: 2, maxQueued: 5, callerShare: 1 });
    const { client, calls } = await call(t, [served]);
    for (let i = 0; i < 3; i++) await calls.works(null);
    await failure(calls.fails(null));
    await failure(calls.nope(null));
    for await (const _ of calls.count.stream(null, 3));
    const waiting = [calls.waits(null), calls.waits(null), calls.waits(null)];
    await gate.arrivals(2);
    await until(() => served.server.stats().load.queued === 1, { what: 'the queue' });
    const { methods, load, others } = served.server.stats();
    const of = (name: string) => methods.find((each) => each.name === `user.service.${name}`);
    assert.deepEqual([of('works')?.outcomes.ok, of('works')?.latency.count], [3, 3]);
    assert.deepEqual([of('fails')?.outcomes.failed, of('fails')?.codes], [1, { ERR_RPC_REMOTE: 1 }]);
    assert.deepEqual([others?.outcomes.refused, others?.codes], [1, { ERR_RPC_NO_METHOD: 1 }]);
    assert.deepEqual([of('waits')?.open, of('waits')?.queued, load.running, load.queued], [3, 1, 2, 1]);
    assert.deepEqual([of('count')?.outcomes.ok, of('count')?.latency.count, load.streams], [1, 0, 0]);
    gate.open();
    await Promise.all(waiting);
    const latency = served.server.stats({ prefix: 'user.service.waits' }).methods[0]?.latency;
    assert.ok(latency !== undefined && latency.count === 3 && latencyAt(latency, 1) >= latencyAt(latency, 0.5));
    assert.equal((await readStats(client)).load.running, 1);
  });

  it('have open streams, and no calls with callStats: false', async (t) => {
    const gate = makeGate();
    const service = {
      async *items() {
        yield 1;
        await gate.pass(1);
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served]);
    const items = calls.items.stream(null)[Symbol.asyncIterator]();
    await items.next();
    assert.deepEqual([served.server.stats().load.streams, served.server.stats().methods[0]?.streams], [1, 1]);
    gate.open();
    await items.next();
    await until(() => served.server.stats().load.streams === 0, { what: 'the end of the stream' });
    const quiet = await serve(t, { f: () => 1 }, { callStats: false });
    const other = await call(t, [quiet]);
    await other.calls.f(null);
    const stats = await readStats(other.client);
    assert.deepEqual([stats.counting, stats.methods, stats.others, stats.load.streams], [false, [], null, null]);
  });
});

describe('the questions about a server', () => {
  const outcome = async (client: Client) => {
    const error = await checkHealth(client).then(
      () => undefined,
      (thrown: { code: string }) => thrown,
    );
    return error === undefined ? 'answered' : error.code;
  };

  it('are answered to strangers on this machine, and from elsewhere only where expose names them', async (t) => {
    const open = await serveOpenly(t, { insecure: true });
    assert.equal(await outcome((await call(t, [open])).client), 'ERR_RPC_FORBIDDEN');
    const exposing = await serveOpenly(t, { insecure: true, expose: ['user.service.f', '$mailstation.health.*'] });
    const { client, calls } = await call(t, [exposing]);
    assert.equal(await outcome(client), 'answered');
    assert.equal(await calls.f(null), 1);
    assert.equal((await failure(readStats(client))).code, 'ERR_RPC_FORBIDDEN');
    assert.deepEqual(
      exposing.log.filter((line) => line.includes('methods that the server does not have')),
      [],
    );
    const local = await serve(t, { f: () => 1 }, { expose: ['user.service.f'] });
    assert.equal(await outcome((await call(t, [local])).client), 'ERR_RPC_FORBIDDEN');
  });

  it('are answered to callers that have proven a secret', async (t) => {
    const served = await serveOpenly(t, { secret: SECRET });
    assert.equal(await outcome((await call(t, [served], { secret: SECRET })).client), 'answered');
  });

  it('are asked of authorize, and pass by the filters of the server', async (t) => {
    const asked: string[] = [];
    const authorize = (_caller: unknown, method: string) => {
      asked.push(method);
      return !method.startsWith('$mailstation.stats');
    };
    const served = await serve(t, { f: () => 1 }, { authorize });
    served.server.before(() => assert.fail('a filter of the services'));
    const { client } = await call(t, [served]);
    assert.equal(await outcome(client), 'answered');
    assert.equal((await failure(readStats(client))).code, 'ERR_RPC_FORBIDDEN');
    assert.deepEqual(asked, ['$mailstation.health.check', '$mailstation.stats.read']);
  });

  it('are methods that do not exist with inspect: false, as on an older server', async (t) => {
    const served = await serve(t, { f: () => 1 }, { inspect: false });
    const { client } = await call(t, [served]);
    const error = await failure(checkHealth(client));
    assert.equal(error.code, 'ERR_RPC_NO_METHOD');
    assert.match(error.message, /no such namespace: "\$mailstation"; this server has user$/);
  });

  it('are in no list of the services, and no service may take their namespace', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client } = await call(t, [served]);
    assert.ok((await describeAll(client)).methods.every(({ namespace }) => namespace === 'user'));
    const error = await failure(serve(t, {}, { paths: [], services: { $mailstation: { m: { f: () => 1 } } } }));
    assert.match(error.message, /reserved for mailstation/);
    const unknown = await failure(ask(client, 'health', 'nope'));
    assert.equal(unknown.code, 'ERR_RPC_NO_METHOD');
  });
});
