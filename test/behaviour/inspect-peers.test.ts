import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import * as current from '../../index.js';
import type { HealthReport } from '../../server/health.js';
import type { ReflectionReport } from '../../server/reflection.js';
import type { StatsReport } from '../../server/stats.js';
import { loadFrozen, type Package } from '../support/frozen.js';
import { type Json, spawnProcess } from '../support/spawn-process.js';
import { callSharing, overSharing } from './sharing.js';
import { type Calling, call, failure, type Served, serve } from './support.js';

const STOCK_LEADER = new URL('./fixtures/stock-leader.ts', import.meta.url);
const STOCK_FOLLOWER = new URL('./fixtures/stock-follower.ts', import.meta.url);

type Asking = Pick<Calling, 'client'>;

/** Asks a server about itself. */
function ask<Answer>({ client }: Asking, service: string, method: string, ...args: unknown[]): Promise<Answer> {
  return client.rpcInvoke('test-1', { namespace: '$mailstation', service, method, args }) as Promise<Answer>;
}

/** Names of all methods, page by page, and the number of pages. */
async function allNames(asking: Asking, limit: number): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  let [pages, after] = [0, undefined as string | undefined];
  do {
    const { methods, next } = await ask<ReflectionReport>(asking, 'reflection', 'describe', { after, limit });
    names.push(...methods.map(({ name }) => name));
    after = next;
    pages += 1;
  } while (after !== undefined);
  return { names, pages };
}

/** 10,000 methods, and two whose names have characters that a terminal would obey. */
function manyMethods(): Record<string, () => number> {
  const service: Record<string, () => number> = { 'a\u0000\u001b[31m\r\n b': () => 1, 'ü\u202e\u2028': () => 2 };
  for (let i = 0; i < 10_000; i++) service[`m${String(i).padStart(5, '0')}`] = () => i;
  return service;
}

describe('the questions about a server, by way of mailboxes', () => {
  overSharing((sharing) => {
    it('are answered as they are to a client of its own mailboxes', async (t) => {
      const served = await serve(t, { f: (name: string) => name });
      const calling = await callSharing(t, sharing, [served]);
      await calling.calls.f(null, 'Ada');
      const { methods } = await ask<ReflectionReport>(calling, 'reflection', 'describe');
      assert.deepEqual(
        methods.map(({ name, parameters }) => [name, parameters]),
        [['user.service.f', [{ name: 'name' }]]],
      );
      served.server.setHealth('not-serving', { reason: 'the database is down' });
      const { status, reason } = await ask<HealthReport>(calling, 'health', 'check');
      assert.deepEqual([status, reason], ['not-serving', 'the database is down']);
      const stats = await ask<StatsReport>(calling, 'stats', 'read', { prefix: 'user.' });
      assert.deepEqual(
        [stats.counting, stats.methods.map(({ name, outcomes }) => [name, outcomes.ok])],
        [true, [['user.service.f', 1]]],
      );
      assert.equal(stats.load.connections, 1, 'one connection, however many processes share it');
      const refused = await failure(ask(calling, 'stats', 'read', { limit: 0 }));
      assert.equal((refused.cause as { code?: string }).code, 'ERR_RPC_INVALID_ARGUMENT');
      assert.equal((await failure(ask(calling, 'health', 'nope'))).code, 'ERR_RPC_NO_METHOD');
    });

    it('list 10,000 methods in pages, names with control characters as they are', async (t) => {
      const service = manyMethods();
      const calling = await callSharing(t, sharing, [await serve(t, service)]);
      const expected = Object.keys(service)
        .map((name) => `user.service.${name}`)
        .sort();
      const { names, pages } = await allNames(calling, 1_000);
      assert.deepEqual(names, expected);
      assert.equal(pages, 11);
    });

    it('are refused where the server admits no stranger', async (t) => {
      const served = await serve(t, { f: () => 1 }, { expose: ['user.service.f'] });
      const calling = await callSharing(t, sharing, [served]);
      assert.equal((await failure(ask(calling, 'health', 'check'))).code, 'ERR_RPC_FORBIDDEN');
      assert.equal(await calling.calls.f(null), 1);
    });
  });
});

it('the figures of 10,000 methods that were called come in pages', async (t) => {
  const service = manyMethods();
  const { client, calls } = await call(t, [await serve(t, service)]);
  const names = Object.keys(service);
  for (let at = 0; at < names.length; at += 500)
    await Promise.all(names.slice(at, at + 500).map((name) => calls[name](null)));
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const stats = await ask<StatsReport>({ client }, 'stats', 'read', { prefix: 'user.', after, limit: 1_000 });
    for (const { name, outcomes, latency } of stats.methods) {
      seen.push(name);
      assert.deepEqual([outcomes.ok, latency.count], [1, 1], name);
    }
    after = stats.next;
  } while (after !== undefined);
  assert.deepEqual(seen, names.map((name) => `user.service.${name}`).sort());
});

describe('the questions about a server of an earlier version', () => {
  /** A server of one version, asked by a client of another one. */
  async function pair(t: TestContext, serving: Package, calling: Package): Promise<{ served: Served } & Calling> {
    const served = await serve(t, { f: () => 1 }, {}, serving.createServer);
    return { served, ...(await call(t, [served], {}, calling.createClient)) };
  }

  it('fail with ERR_RPC_NO_METHOD, which names the question, and the connection stays', async (t) => {
    const asking = await pair(t, await loadFrozen(), current);
    for (const [service, method] of [
      ['health', 'check'],
      ['reflection', 'describe'],
      ['stats', 'read'],
    ] as const) {
      const { code, delivery, message } = await failure(ask(asking, service, method));
      assert.equal(code, 'ERR_RPC_NO_METHOD');
      assert.notEqual(delivery, 'unknown');
      assert.ok(message.includes(`$mailstation.${service}.${method}`), message);
    }
    assert.equal(await asking.calls.f(null), 1);
    assert.deepEqual(asking.moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
  });

  it('are answered to a client of an earlier version', async (t) => {
    const asking = await pair(t, current, await loadFrozen());
    assert.equal((await ask<HealthReport>(asking, 'health', 'check')).status, 'serving');
    const { names } = await allNames(asking, 500);
    assert.deepEqual(names, ['user.service.f']);
  });
});

describe('the questions between a server and a stock cluster-client', () => {
  it('are not sent to a stock Leader, which goes on', async (t) => {
    const port = await freePort();
    await spawnProcess(t, STOCK_LEADER, { args: [`--port=${port}`] });
    const { client, moves } = await call(t, [{ id: 'Registry', serverType: 'registry', port }]);
    const question = { namespace: '$mailstation', service: 'health', method: 'check', args: [] };
    const error = await failure(client.rpcInvoke('Registry', question));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NO_METHOD', 'not-sent']);
    assert.match(error.message, /\$mailstation\.health\.check on Registry: .*of the package cluster-client/);
    const another = failure(client.rpcInvoke('Registry', { ...question, service: 'stats', method: 'read' }));
    assert.equal((await another).code, 'ERR_RPC_NO_METHOD');
    assert.deepEqual(moves, ['Registry idle -> connecting', 'Registry connecting -> ready']);
  });

  it('are answered to a stock Follower, in values that it can read', async (t) => {
    const served = await serve(t, { f: () => 1 });
    served.server.setHealth('not-serving', { reason: 'the database is down' });
    const method = '$mailstation.health.check';
    const args = [`--port=${served.port}`, '--channel=test-1', `--methods=${method}`];
    const { child } = await spawnProcess(t, STOCK_FOLLOWER, { args });
    child.send({ method, args: '' });
    const isOutcome = (message: Json) => ['result', 'failure'].includes((message as { type: string }).type);
    const outcome = (await child.next({ match: isOutcome, timeoutMs: 30_000 })) as { type: string; value?: string };
    assert.equal(outcome.type, 'result', JSON.stringify(outcome));
    assert.match(outcome.value ?? '', /status: 'not-serving', reason: 'the database is down'/);
  });
});
