import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClientOptions } from '../../client.js';
import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../../lib/errors.js';
import { LineMailBox } from '../../mailbox/index.js';
import { until } from '../support/until.js';
import { acceptRegistration, rawLeader } from './raw-peers.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const NEVER = new Promise(() => {});

/** `test-1`, where nobody listens, and `test-2`, which answers with its name. The router insists on the first. */
async function setUp(t: TestContext, options: ClientOptions = {}) {
  const dead = { id: 'test-1', serverType: 'test', port: await unusedPort(t) };
  const heard: unknown[] = [];
  const note = (what: unknown) => {
    heard.push(what);
    return 'test-2';
  };
  const good = await serve(t, { f: note }, { id: 'test-2' });
  const calling = await call(t, [dead, good], { failMode: 'failover', router: () => 'test-1', ...options });
  return { ...calling, heard, dead, good };
}

/** A server that takes calls and ends the connection instead of answering, each time. */
function cuttingLeader(t: TestContext) {
  let calls = 0;
  const leader = rawLeader(t, async (peer) => {
    await acceptRegistration(peer);
    await peer.next('invoke');
    calls += 1;
    peer.socket.destroy();
  });
  return { leader, calls: () => calls };
}

describe('failover', () => {
  it('takes the next server of the list where the router insists on one that was tried', async (t) => {
    const { calls, client } = await setUp(t);
    assert.equal(await calls.f(null, 1), 'test-2');
    assert.equal(client.getServersByType('test').length, 2, 'and changes nothing about the servers');
  });

  it('may be said for one call, and left off for one', async (t) => {
    const { calls } = await setUp(t, { failMode: 'failfast' });
    assert.equal(await calls.f.with({ failMode: 'failover' })(null), 'test-2');
    const other = await setUp(t);
    const error = await failure(other.calls.f.with({ failMode: 'failfast', timeout: 50 })(null));
    assert.deepEqual([error.code, error.attempts], ['ERR_RPC_CONNECT', undefined]);
  });

  it('asks a router that answers later, and a strategy, among those that are left', async (t) => {
    const later = await setUp(t, { router: async () => 'test-1' });
    assert.equal(await later.calls.f(null), 'test-2');
    for (const routerType of ['df', 'ch', 'rr', 'wrr', 'la', 'p2c'] as const) {
      const { dead, good } = later;
      const { calls } = await call(t, [dead, good], { failMode: 'failover', routerType });
      const answers = await Promise.all(Array.from({ length: 20 }, (_, uid) => calls.f({ uid }, uid)));
      assert.deepEqual(new Set(answers), new Set(['test-2']), routerType);
    }
  });

  it('waits for the last server that there is, as failfast does', async (t) => {
    const port = await unusedPort(t);
    const { calls, moves } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { failMode: 'failover' });
    const made = calls.f(null);
    await until(() => moves.some((move) => move.endsWith('-> backoff')), { what: 'an attempt to connect' });
    await serve(t, { f: () => 'back' }, { port });
    assert.equal(await made, 'back');
  });

  it('waits for whichever of several dead servers is back first, and goes there', async (t) => {
    const ports = [await unusedPort(t), await unusedPort(t)];
    const servers = ports.map((port, n) => ({ id: `test-${n + 1}`, serverType: 'test', port }));
    for (const back of [0, 1]) {
      // Calls begin with either, by turns: both have been found dead before one of them comes back.
      const { calls, moves } = await call(t, servers, { failMode: 'failover', routerType: 'rr', timeout: 20_000 });
      const made = Array.from({ length: 6 }, () => calls.f(null));
      const isDown = (id: string) => moves.some((move) => move.startsWith(`${id} connecting -> backoff`));
      await until(() => isDown('test-1') && isDown('test-2'), { what: 'both to be out of reach' });
      const { server } = await serve(t, { f: () => back }, { id: `test-${back + 1}`, port: ports[back] ?? 0 });
      assert.deepEqual(await Promise.all(made), Array(6).fill(back));
      await server.stop(true);
    }
  });

  it('says of each server that it could not be reached, when the time is over', async (t) => {
    const servers = [1, 2].map(async (n) => ({ id: `test-${n}`, serverType: 'test', port: await unusedPort(t) }));
    const { calls } = await call(t, await Promise.all(servers), { failMode: 'failover', timeout: 300 });
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      error.message,
      /ECONNREFUSED.*ECONNREFUSED.*; start the server, or correct the host.*none of them could be reached in 300 ms/,
    );
    assert.deepEqual(new Set(error.attempts?.map(({ serverId }) => serverId)), new Set(['test-1', 'test-2']));
  });

  it('does not apply to a server that the caller has named', async (t) => {
    const { calls, client, heard } = await setUp(t, { timeout: 100 });
    const msg = { namespace: 'user', serverType: 'test', service: 'service', method: 'f', args: [] };
    const made = [calls.f.toServer('test-1'), calls.f.to('test-1')(), client.rpcInvoke('test-1', msg)];
    for (const error of await Promise.all(made.map(failure))) {
      assert.deepEqual([error.code, error.serverId], ['ERR_RPC_CONNECT', 'test-1']);
    }
    assert.deepEqual(heard, []);
  });

  it('leaves a broadcast to each server for itself', async (t) => {
    const { calls, heard } = await setUp(t, { timeout: 1_000 });
    const outcomes = await calls.f.toServer('*', 'all');
    assert.deepEqual(
      outcomes.map(({ serverId, status }: { serverId: string; status: string }) => [serverId, status]),
      [
        ['test-1', 'rejected'],
        ['test-2', 'fulfilled'],
      ],
    );
    assert.deepEqual(heard, ['all']);
  });

  it('delivers a one-way call elsewhere where it was not sent', async (t) => {
    const gate = makeGate();
    const { calls, dead, log } = await setUp(t);
    const good = await serve(t, { f: () => gate.pass() }, { id: 'test-2' });
    const other = await call(t, [dead, good], { failMode: 'failover', router: () => 'test-1' });
    await other.calls.f.oneway(null);
    await gate.arrivals(1);
    gate.open();
    await calls.f.oneway(null);
    assert.deepEqual(log, []);
  });

  it('runs a call on no server twice, and on no second one, unless it is idempotent', async (t) => {
    const bad = cuttingLeader(t);
    const heard: unknown[] = [];
    const good = await serve(t, { f: (n: number) => heard.push(n) }, { id: 'test-2' });
    const servers = [(await bad.leader).info, good];
    const once = await call(t, servers, { failMode: 'failover', router: () => 'test-1' });
    const error = await failure(once.calls.f(null, 'once'));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    assert.deepEqual([bad.calls(), heard], [1, []]);
    const twice = await call(t, servers, { failMode: 'failover', router: () => 'test-1' });
    await twice.calls.f.with({ idempotent: true })(null, 'twice');
    assert.deepEqual([bad.calls(), heard], [2, ['twice']]);
  });

  it('leaves a server that ends every connection as one where nobody listens', async (t) => {
    const bad = cuttingLeader(t);
    const good = await serve(t, { f: () => 'test-2' }, { id: 'test-2' });
    const { calls } = await call(t, [(await bad.leader).info, good], { failMode: 'failover', router: () => 'test-1' });
    for (let n = 0; n < 20; n++) await calls.f.with({ idempotent: true })(null); // without waiting for its redials
    assert.ok(bad.calls() < 10, String(bad.calls()));
  });

  it('tells the caller of every attempt', async (t) => {
    const first = cuttingLeader(t);
    const second = cuttingLeader(t);
    const servers = [(await first.leader).info, { ...(await second.leader).info, id: 'test-2' }];
    const { calls } = await call(t, servers, { failMode: 'failover', router: () => 'test-1' });
    const error = await failure(calls.f.with({ idempotent: true })(null));
    const lost = { code: 'ERR_RPC_CONNECTION_LOST', delivery: 'unknown' };
    assert.deepEqual(error.attempts, [
      { serverId: 'test-1', ...lost },
      { serverId: 'test-2', ...lost },
    ]);
    assert.match(error.message, /test-1 ERR_RPC_CONNECTION_LOST unknown, test-2 ERR_RPC_CONNECTION_LOST unknown/);
    assert.equal(error.serverId, 'test-2');
  });

  it('stops trying when there is no budget left, and says so', async (t) => {
    const refusing = await serve(t, { f: () => 'test-1' });
    const good = await serve(t, { f: () => 'test-2' }, { id: 'test-2' });
    const { calls } = await call(t, [refusing, good], {
      ...{ failMode: 'failover', router: () => 'test-1', retryBudget: { ratio: 0.2, minPerSecond: 0 } },
    });
    const { send } = LineMailBox.prototype;
    t.mock.method(LineMailBox.prototype, 'send', function refuse(this: LineMailBox, made: OutgoingCall) {
      if (this.server.id !== 'test-1') return send.call(this, made);
      made.move('sent');
      made.fail(made.error(RpcCode.Timeout, 'not started in time', 'not-sent'));
    });
    const outcomes: string[] = [];
    for (let n = 0; n < 20; n++) {
      outcomes.push(
        await calls.f(null).catch((error: RpcError) => (/budget is spent/.test(error.message) ? 'spent' : error)),
      );
    }
    assert.equal(outcomes.join(' '), `${'spent spent spent spent test-2 '.repeat(4)}`.trim());
  });

  it('runs before filters for each attempt, with its server, and after filters once', async (t) => {
    const { calls, client } = await setUp(t);
    const before: string[] = [];
    const after: string[] = [];
    client.before((serverId, msg, _opts, next) => {
      before.push(`${serverId} ${msg.args}`);
      msg.args.push('seen');
      next();
    });
    client.after((serverId, msg, _opts, next) => {
      after.push(`${serverId} ${msg.args}`);
      next();
    });
    assert.equal(await calls.f(null, 1), 'test-2');
    assert.deepEqual(before, ['test-1 1', 'test-2 1']);
    assert.deepEqual(after, ['test-2 1,seen']);
  });

  it('is one call to those who listen and trace', async (t) => {
    const { client, calls, good } = await setUp(t, { rpcDebugLog: true, timeout: 200 });
    const steps: string[] = [];
    const errors: unknown[] = [];
    client.on('trace', ({ step, remote, code }) => steps.push(`${step} ${remote} ${code}`));
    client.on('error', (_code, _tracer, serverId) => errors.push(serverId));
    await calls.f(null);
    assert.deepEqual(steps, ['made undefined undefined', 'sent test-2 undefined', 'settled test-2 undefined']);
    await good.server.stop(true);
    steps.length = 0;
    await failure(calls.f(null));
    const ends = steps.filter((step) => step.startsWith('made') || step.startsWith('settled'));
    assert.deepEqual([ends.length, errors], [2, ['test-2']]);
  });

  it('ends with the client', async (t) => {
    const stuck = await serve(t, { f: () => NEVER });
    const { client, calls } = await call(t, [stuck], { failMode: 'failover' });
    const made = failure(calls.f.with({ idempotent: true })(null));
    const waiting = calls.f.with({ idempotent: true, failMode: 'failsafe', retryConnectTime: 60_000, timeout: 90_000 });
    const lost = failure(waiting(null));
    await client.stop(true);
    assert.deepEqual([(await made).code, (await lost).code], ['ERR_RPC_CLOSED', 'ERR_RPC_CLOSED']);
  });
});

describe('failsafe', () => {
  it('is given up by a client that stops between two attempts', async (t) => {
    const bad = cuttingLeader(t);
    const { client, calls, moves } = await call(t, [(await bad.leader).info], {
      ...{ failMode: 'failsafe', retryConnectTime: 60_000, timeout: 600_000, drainTimeout: 50 },
    });
    const made = failure(calls.f.with({ idempotent: true })(null));
    await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the end of the connection' });
    await nextTurn();
    await client.stop();
    const error = await made;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CLOSED', 'unknown'], error.message);
    assert.equal(error.attempts?.length, 1);
  });
});
