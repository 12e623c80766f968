import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, makeGate, serve, unusedPort } from './support.js';

describe('servers come, go and move while a client runs', () => {
  it('one that is added is called', async (t) => {
    const { client, calls } = await call(t, []);
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_NO_SERVER');
    const served = await serve(t, { f: () => 'added' });
    client.addServer(served.info);
    assert.equal(await calls.f(null), 'added');
  });

  it('removing one rejects what waits for it, and lets what was sent be answered', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass('answered') });
    const down = { id: 'down-1', serverType: 'test', port: await unusedPort(t) };
    const { client, calls, moves } = await call(t, [served, down]);
    const sent = calls.f.toServer('test-1');
    const waits = failure(calls.f.toServer('down-1'));
    await gate.arrivals(1);
    client.removeServer('test-1');
    client.removeServers(['down-1', 'unknown']);
    const error = await waits;
    assert.deepEqual([error.code, error.delivery, error.serverId], ['ERR_RPC_SERVER_REMOVED', 'not-sent', 'down-1']);
    assert.equal((await failure(calls.f.toServer('test-1'))).code, 'ERR_RPC_NO_SERVER');
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_NO_SERVER', 'and routers do not find it');
    gate.open();
    assert.equal(await sent, 'answered');
    await until(() => moves.at(-1)?.endsWith('-> closed'), { what: 'the end of its connection' });
  });

  it('one that does not answer in drainTimeout after its removal fails its calls with that', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => new Promise(() => {}) });
    const { client, calls, moves } = await call(t, [served], { drainTimeout: 50 });
    const sent = failure(calls.f(null));
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the connection' });
    client.removeServer('test-1');
    const error = await sent;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_SERVER_REMOVED', 'unknown']);
  });

  it('one that moves takes what waits along, and what was sent is answered from where it was', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const old = await serve(t, { f: () => gate.pass('from the old') });
    const { client, calls } = await call(t, [old]);
    const sent = calls.f(null);
    await gate.arrivals(1);
    const moved = await serve(t, { f: () => 'from the new' });
    client.addServer(moved.info);
    assert.equal(await calls.f(null), 'from the new');
    gate.open();
    assert.equal(await sent, 'from the old');
  });

  it('what waits for one that cannot be reached goes to its new address, in order', async (t) => {
    expectNoLeaks(t);
    const { client, calls, moves } = await call(t, [{ id: 'test-1', serverType: 'test', port: await unusedPort(t) }]);
    const waiting = [1, 2, 3].map((n) => calls.f(null, n));
    await until(() => moves.includes('test-1 connecting -> backoff'), { what: 'a refused attempt' });
    const seen: number[] = [];
    const moved = await serve(t, { f: (n: number) => seen.push(n) });
    client.replaceServers([moved.info]);
    await Promise.all(waiting);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('what waits because its line is full goes to the new address too', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const old = await serve(t, { f: () => gate.pass('from the old') });
    const { client, calls } = await call(t, [old], { maxInFlight: 2 });
    const sent = Promise.all([calls.f(null), calls.f(null)]);
    const waiting = Promise.all([calls.f(null), calls.f(null)]);
    await gate.arrivals(2);
    const moved = await serve(t, { f: () => 'from the new' });
    gate.open(); // so that the old line drains while the new one is being made
    client.addServer(moved.info);
    assert.deepEqual(await sent, ['from the old', 'from the old']);
    assert.deepEqual(await waiting, ['from the new', 'from the new']);
  });

  it('replacing the list touches only what differs', async (t) => {
    expectNoLeaks(t);
    const [stays, goes, comes] = await Promise.all(
      ['stays-1', 'goes-1', 'comes-1'].map((id) => serve(t, { f: () => id }, { id })),
    );
    assert.ok(stays && goes && comes);
    const { client, calls, moves } = await call(t, [stays, goes]);
    const events: string[] = [];
    client.on('addServer', (id) => events.push(`addServer ${id}`));
    client.on('removeServer', (id) => events.push(`removeServer ${id}`));
    client.on('replaceServer', (id) => events.push(`replaceServer ${id}`));
    await Promise.all([calls.f.toServer('stays-1'), calls.f.toServer('goes-1')]);
    const before = moves.length;
    client.replaceServers([stays.info, comes.info]);
    assert.deepEqual(events, ['removeServer goes-1', 'addServer comes-1']);
    assert.deepEqual(
      client.getServersByType('test').map(({ id }) => id),
      ['stays-1', 'comes-1'],
    );
    assert.equal(await calls.f.toServer('stays-1'), 'stays-1');
    assert.equal(await calls.f.toServer('comes-1'), 'comes-1');
    assert.equal(
      moves.slice(before).some((move) => move.startsWith('stays-1')),
      false,
      'its connection was not touched',
    );
  });

  it('an entry of which only the weight changes keeps its connection', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { client, calls, moves } = await call(t, [served]);
    await calls.f(null);
    client.addServer({ ...served.info, weight: 5 });
    await calls.f(null);
    assert.equal(moves.length, 2);
    assert.equal(client.getServersByType('test')[0]?.weight, 5);
  });

  it('a listener that throws keeps no other change from being made', async (t) => {
    const ports = [await unusedPort(t), await unusedPort(t)];
    const servers = ports.map((port, i) => ({ id: `down-${i}`, serverType: 'test', port }));
    const { client, calls } = await call(t, servers, { timeout: 2_000 });
    const waiting = servers.map(({ id }) => failure(calls.f.toServer(id)));
    client.on('removeServer', () => {
      throw new Error('a listener of the user’s');
    });
    // It is an uncaught exception, which is thrown from a tick of its own.
    const thrown: unknown[] = [];
    const ticks = t.mock.method(process, 'nextTick', (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
      try {
        callback(...args);
      } catch (error) {
        thrown.push(error);
      }
    });
    client.replaceServers([]);
    ticks.mock.restore();
    assert.equal(thrown.length, 2);
    const errors = await Promise.all(waiting);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['ERR_RPC_SERVER_REMOVED', 'ERR_RPC_SERVER_REMOVED'],
    );
  });
});
