import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { PACKAGE } from '../../lib/package.js';
import type { Client } from '../../node-client.js';
import type { ConnectionsReport } from '../../server/connections.js';
import type { RecentCallsReport } from '../../server/recent-calls.js';
import type { StatsReport } from '../../server/stats.js';
import { createServer } from '../../server.js';
import { until } from '../support/until.js';
import { call, failure, keptLog, makeGate, overTransports, serve } from './support.js';

function ask<Answer>(client: Client, service: string, method: string, ...args: unknown[]): Promise<Answer> {
  return client.rpcInvoke('test-1', { namespace: '$mailstation', service, method, args }) as Promise<Answer>;
}

const listAll = (client: Client, ...args: unknown[]) => ask<ConnectionsReport>(client, 'connections', 'list', ...args);
const recentOf = (client: Client, ...args: unknown[]) => ask<RecentCallsReport>(client, 'calls', 'recent', ...args);

overTransports((transport) => {
  describe('a server that is asked for its callers', () => {
    it('lists each with its name, process and calls', async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport });
      const { client, calls } = await call(t, [served], { clientId: 'gate-1' });
      for (let i = 0; i < 3; i++) await calls.f(null);
      const begun = Date.now();
      const { format, known, connections, next } = await listAll(client);
      assert.deepEqual([format, known, connections.length, next], [1, true, 1, undefined]);
      const [{ clientId, process: caller, standby, proven, since, calls: count, open } = assert.fail()] = connections;
      assert.deepEqual([clientId, standby, proven], ['gate-1', false, []]);
      assert.deepEqual(caller, { machine: hostname(), pid: process.pid, version: PACKAGE.version });
      assert.deepEqual([count, open], [4, 1]); // the question is a call
      assert.ok(since <= begun && since > begun - 60_000, `${since} is not shortly before ${begun}`);
    });
  });
});

describe('the callers of a server', () => {
  it('come in pages, in the order of their numbers as texts', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const clients = [];
    for (let i = 0; i < 3; i++) {
      const { client, calls } = await call(t, [served]);
      await calls.f(null);
      clients.push(client);
    }
    const [client = assert.fail()] = clients;
    const first = await listAll(client, { limit: 2 });
    assert.deepEqual(
      first.connections.map(({ id }) => id),
      ['1', '2'],
    );
    const { connections, next } = await listAll(client, { after: first.next });
    assert.deepEqual([connections.map(({ id }) => id), next], [['3'], undefined]);
  });

  it('have proven what they have proven, and only the kind of a token is said', async (t) => {
    const secret = 'a secret of more than sixteen bytes';
    const authenticate = (token: unknown) => ({ user: token });
    const served = await serve(t, { f: () => 1 }, { secret, authenticate });
    const { client } = await call(t, [served], { secret, auth: 'a token of the user' });
    const { connections } = await listAll(client);
    assert.deepEqual(connections[0]?.proven.at(-1), 'token');
    assert.match(connections[0]?.proven[0] ?? '', /^secret /);
    assert.doesNotMatch(JSON.stringify(connections), /of the user|sixteen/);
    assert.equal(connections[0]?.process?.pid, process.pid); // said with the proof
  });

  it('are joined by a server that stands by', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client } = await call(t, [served]);
    const services = { user: { service: { f: () => 2 } } };
    const next = createServer({
      ...{
        id: 'test-1',
        serverType: 'test',
        port: served.server.port,
        standby: true,
        services,
        logger: keptLog().logger,
      },
    });
    t.after(() => next.stop());
    await next.start();
    const { connections } = await listAll(client);
    const standby = connections.filter((each) => each.standby);
    assert.deepEqual([standby.length, standby[0]?.process?.pid], [1, process.pid]);
  });
});

describe('the last calls of a server', () => {
  it('are those that failed, with code, message and caller, and without arguments', async (t) => {
    const service = { fails: (secret: string) => Promise.reject(new Error(`no ${secret.length}`)), works: () => 1 };
    const served = await serve(t, service);
    const { client, calls } = await call(t, [served], { clientId: 'gate-1' });
    await calls.works(null);
    await failure(calls.fails(null, 'the argument'));
    await failure(calls.nope(null));
    const { format, counting, seq, failed, slow } = await recentOf(client);
    assert.deepEqual([format, counting, slow], [1, true, []]);
    assert.deepEqual(
      failed.map(({ method, outcome, code, caller, connection, more }) => [
        ...[method, outcome, code, caller, connection, more],
      ]),
      [
        ['user.service.fails', 'failed', 'ERR_RPC_REMOTE', 'gate-1', '1', 0],
        ['user.service.nope', 'refused', 'ERR_RPC_NO_METHOD', 'gate-1', '1', 0],
      ],
    );
    assert.equal(failed[0]?.message, 'no 12');
    assert.doesNotMatch(JSON.stringify(failed), /the argument/);
    assert.equal((await ask<StatsReport>(client, 'stats', 'read')).recent, seq);
    assert.deepEqual((await recentOf(client, { after: seq })).failed, []);
    await failure(calls.fails(null, 'x'));
    assert.deepEqual(
      (await recentOf(client, { after: seq })).failed.map(({ message }) => message),
      ['no 1'],
    );
  });

  it('count equal failures together, and are 100 at most', async (t) => {
    let number = 0;
    const service = {
      same: () => Promise.reject(new Error('the same')),
      other: () => Promise.reject(new Error(`number ${number++}`)),
    };
    const served = await serve(t, service);
    const { client, calls } = await call(t, [served]);
    await Promise.all(Array.from({ length: 5 }, () => failure(calls.same(null))));
    const { failed, seq } = await recentOf(client);
    assert.deepEqual(
      failed.map(({ more, seq: last }) => [more, last]),
      [[4, seq]],
    );
    for (let i = 0; i < 150; i++) await failure(calls.other(null));
    const { failed: kept } = await recentOf(client);
    assert.deepEqual([kept.length, kept[0]?.message, kept.at(-1)?.message], [100, 'number 50', 'number 149']);
  });

  it('are no readers who leave a stream, which have a count of their own', async (t) => {
    async function* count() {
      for (let i = 0; ; i++) yield i;
    }
    const served = await serve(t, { count });
    const { client, calls } = await call(t, [served]);
    for (let reader = 0; reader < 3; reader++) for await (const _ of calls.count.stream(null)) break;
    await until(() => served.server.stats().methods[0]?.outcomes.left === 3, { what: 'the end of the streams' });
    assert.deepEqual(served.server.stats().methods[0]?.codes, {});
    assert.deepEqual((await recentOf(client)).failed, []);
  });

  it('are those that took long, with the part in the queue', async (t) => {
    const gate = makeGate();
    const service = { waits: () => gate.pass(1), works: () => 1 };
    const served = await serve(t, service, { slowCall: 20, maxConcurrent: 1, callerShare: 1 });
    const { client, calls } = await call(t, [served]);
    const first = calls.waits(null);
    await gate.arrivals(1);
    const second = calls.works(null);
    await until(() => served.server.stats().load.queued === 1, { what: 'the queue' });
    const from = performance.now();
    await until(() => performance.now() - from > 40, { what: 'time that both calls take' });
    gate.open();
    await Promise.all([first, second]);
    const { slow, slowCall } = await recentOf(client);
    assert.equal(slowCall, 20);
    const of = (method: string) => slow.find((each) => each.method === `user.service.${method}`);
    const [waited = assert.fail(), queued = assert.fail()] = [of('waits'), of('works')];
    assert.deepEqual([waited.outcome, waited.queued, queued.outcome], ['ok', 0, 'ok']);
    assert.ok(waited.duration >= 40 && queued.duration >= 40, `${waited.duration} ms, ${queued.duration} ms`);
    assert.ok(queued.queued >= 30 && queued.queued <= queued.duration, `${queued.queued} of ${queued.duration} ms`);
  });

  it('are none without callStats, and a request in another form is refused', async (t) => {
    const served = await serve(t, { fails: () => Promise.reject(new Error('no')) }, { callStats: false });
    const { client, calls } = await call(t, [served]);
    await failure(calls.fails(null));
    const { counting, failed } = await recentOf(client);
    assert.deepEqual([counting, failed], [false, []]);
    assert.match((await failure(recentOf(client, { after: 'x' }))).message, /after must be an integer/);
  });
});
