import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectNoLeaks } from '../support/leaks.js';
import { rawLeader } from './raw-peers.js';
import { call, failure, makeGate, serve } from './support.js';

/** Longer than the deadline of the calls that meet it. */
const FOREVER = () => new Promise<never>(() => {});

describe('a call has one deadline', () => {
  it('over its routing', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f() {} });
    const silent = (_param: unknown, _msg: unknown, _context: unknown, _callback: unknown) => {};
    const routers = [
      [FOREVER, "router 'FOREVER' has not settled its promise"],
      [silent, "router 'silent' has not called its callback"],
    ] as const;
    for (const [router, pending] of routers) {
      const { calls } = await call(t, [served], { router, timeout: 30 });
      const error = await failure(calls.f(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'not-sent']);
      assert.ok(error.message.startsWith(`user.service.f: still in routing after 30 ms; ${pending}`), error.message);
    }
  });

  it('over its before filters, one that never calls next included', async (t) => {
    expectNoLeaks(t);
    let called = 0;
    const served = await serve(t, { f: () => called++ });
    const silent = (_id: string, _msg: unknown, _opts: unknown, _next: unknown) => {};
    const filters = [
      [() => FOREVER(), 'a before filter has not settled its promise'],
      [silent, 'before filter "silent" has not called next'],
    ] as const;
    for (const [filter, pending] of filters) {
      const { calls, client } = await call(t, [served], { timeout: 30 });
      client.before(filter);
      const error = await failure(calls.f(null));
      assert.deepEqual([error.code, error.delivery, error.serverId], ['ERR_RPC_TIMEOUT', 'not-sent', 'test-1']);
      assert.ok(error.message.includes(`still in before filters after 30 ms; ${pending}`), error.message);
    }
    assert.equal(called, 0);
  });

  it('over connecting', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t, () => {});
    const { calls } = await call(t, [leader.info], { timeout: 50 });
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'not-sent']);
    assert.match(error.message, /still waiting for a connection, to 127\.0\.0\.1:\d+, after 50 ms/);
  });

  it('over the remote method', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: FOREVER, ready: () => true });
    const { calls } = await call(t, [served]);
    await calls.ready(null); // on a busy machine connecting alone may take as long
    const error = await failure(calls.f.with({ timeout: 50 })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
    assert.match(error.message, /^user\.service\.f on test-1: no answer after 50 ms/);
  });

  it('over its after filters', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    const { calls, client } = await call(t, [served], { timeout: 300 });
    await calls.f.with({ timeout: 10_000 })(null); // connected
    client.after(FOREVER);
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'answered']);
  });

  it('over all of them together', async (t) => {
    const served = await serve(t, { f: () => sleep(80) });
    const { calls, client } = await call(t, [served], { router: () => sleep(80, 'test-1'), timeout: 200 });
    client.before(() => sleep(80));
    const startedAt = performance.now();
    const error = await failure(calls.f(null));
    const took = performance.now() - startedAt;
    assert.equal(error.code, 'ERR_RPC_TIMEOUT');
    assert.match(error.message, /after 200 ms/);
    assert.ok(took >= 199, `${took} ms, and not before its deadline`);
    assert.ok(took < 10_000, `${took} ms`);
  });

  it('and the packet says what is left of it', async (t) => {
    const leader = await rawLeader(t);
    const { calls, client } = await call(t, [leader.info], { timeout: 5_000 });
    const fresh = calls.f(null, 'fresh');
    fresh.catch(() => {});
    const peer = await leader.connection();
    const held = (await peer.next('invoke')).timeout;
    assert.ok(held > 0 && held <= 5_000, `${held} ms after connecting`);
    calls.f(null).catch(() => {});
    assert.equal((await peer.next('invoke')).timeout, 5_000, 'all of it where nothing took time');
    client.before(() => sleep(100));
    calls.f(null).catch(() => {});
    const filtered = (await peer.next('invoke')).timeout;
    assert.ok(filtered <= 4_905 && filtered > 0, `${filtered} ms after a filter of 100 ms`);
    calls.f
      .with({ timeout: 2_000 })(null)
      .catch(() => {});
    const own = (await peer.next('invoke')).timeout;
    assert.ok(own <= 1_905 && own > 0, `${own} ms of 2000`);
    await client.stop(true);
  });

  it('that its caller may set', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { calls } = await call(t, [served], { timeout: 60_000 });
    const startedAt = performance.now();
    assert.equal((await failure(calls.f.with({ timeout: 40 })(null))).code, 'ERR_RPC_TIMEOUT');
    assert.ok(performance.now() - startedAt < 30_000);
    const patient = calls.f(null);
    gate.open();
    await patient;
  });

  it('also where it goes to all servers', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { calls } = await call(t, [served]);
    const [outcome] = await calls.f.with({ timeout: 40 }).toServer('*');
    assert.deepEqual([outcome.status, outcome.reason.code], ['rejected', 'ERR_RPC_TIMEOUT']);
  });

  it('and keeps its process alive until then', async (t) => {
    // A router that never answers holds no socket: only the call's own deadline keeps the process from ending.
    const served = await serve(t, { f() {} });
    const { calls } = await call(t, [served], { router: FOREVER });
    const waiting = failure(calls.f.with({ timeout: 20 })(null));
    assert.ok(process.getActiveResourcesInfo().includes('Timeout'));
    assert.equal((await waiting).code, 'ERR_RPC_TIMEOUT');
  });
});
