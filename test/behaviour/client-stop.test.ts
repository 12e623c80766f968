import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectNoLeaks } from '../support/leaks.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { rawLeader } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve, unusedPort } from './support.js';

describe('a client that stops', () => {
  overTransports((transport) => {
    it('settles what is in flight, and then closes', async (t) => {
      expectNoLeaks(t);
      const gate = makeGate();
      const served = await serve(t, { f: (n: number) => gate.pass(n) }, { transport });
      const { client, calls } = await call(t, [served]);
      const inFlight = Promise.all([1, 2].map((n) => calls.f(null, n)));
      await gate.arrivals(2);
      const stopped = client.stop();
      assert.equal(client.state, 'draining');
      assert.equal((await failure(calls.f(null, 3))).code, 'ERR_RPC_CLOSED');
      gate.open();
      assert.deepEqual(await inFlight, [1, 2]);
      await stopped;
      assert.equal(client.state, 'closed');
    });

    it('loses no one-way call that it has taken', async (t) => {
      expectNoLeaks(t);
      const seen: number[] = [];
      const served = await serve(t, { f: (n: number) => void seen.push(n) }, { transport });
      const { client, calls } = await call(t, [served]);
      await calls.f(null, 0);
      await calls.f.oneway(null, 1);
      await client.stop();
      await until(() => seen.length === 2, { what: 'the one-way call' });
    });
  });

  it('loses no one-way call that is still being gathered', async (t) => {
    const seen: number[] = [];
    const served = await serve(t, { f: (n: number) => void seen.push(n) });
    const { client, calls } = await call(t, [served], { bufferMsg: true, interval: 100 });
    await calls.f(null, 0);
    await calls.f.oneway(null, 1);
    await client.stop();
    await until(() => seen.length === 2, { what: 'the one-way call' });
  });

  it('rejects what is not settled after drainTimeout', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => new Promise(() => {}) });
    const port = await unusedPort(t);
    const down = { id: 'down-1', serverType: 'test', port };
    const { client, calls } = await call(t, [served, down], { drainTimeout: 100 });
    const inFlight = failure(calls.f.toServer('test-1'));
    const waiting = failure(calls.f.toServer('down-1'));
    const startedAt = performance.now();
    await client.stop();
    assert.ok(performance.now() - startedAt < 15_000);
    const [sent, held] = [await inFlight, await waiting];
    assert.deepEqual([sent.code, sent.delivery], ['ERR_RPC_CLOSED', 'unknown']);
    assert.deepEqual([held.code, held.delivery], ['ERR_RPC_CLOSED', 'not-sent']);
  });

  it('takes no longer than drainTimeout for all of it', async (t) => {
    const served = await serve(t, { f: () => new Promise(() => {}) });
    const port = await unusedPort(t);
    const { client, calls } = await call(t, [served, { id: 'down-1', serverType: 'test', port }], {
      drainTimeout: 3_000,
    });
    const all = [failure(calls.f.toServer('test-1')), failure(calls.f.toServer('down-1'))];
    const startedAt = performance.now();
    await client.stop();
    const took = performance.now() - startedAt;
    assert.ok(took < 5_800, `${took} ms, and not the same time twice`);
    await Promise.all(all);
  });

  it('by force rejects all at once, wherever it is', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const silent = await rawLeader(t, () => {});
    const servers = [
      served,
      { ...silent.info, id: 'connecting-1' },
      { id: 'down-1', serverType: 'test', port: await unusedPort(t) },
    ];
    const routing: Promise<string> = new Promise(() => {});
    const { client, calls, moves } = await call(t, servers, {
      router: (param: unknown) => (param === 'never' ? routing : 'test-1'),
    });
    client.before((id: string, _msg: unknown, _opts: unknown, next: () => void) => {
      if (id !== 'filtered-1') next();
    });
    const deliveries = [
      failure(calls.f.toServer('test-1')),
      failure(calls.f.toServer('connecting-1')),
      failure(calls.f.toServer('down-1')),
      failure(calls.f.toServer('filtered-1')),
      failure(calls.f('never')),
    ];
    await gate.arrivals(1);
    await until(() => moves.includes('down-1 connecting -> backoff'), { what: 'a refused attempt' });
    await client.stop(true);
    const errors = await Promise.all(deliveries);
    assert.deepEqual(
      errors.map(({ code }) => code),
      new Array(5).fill('ERR_RPC_CLOSED'),
    );
    assert.deepEqual(
      errors.map(({ delivery }) => delivery),
      ['unknown', 'not-sent', 'not-sent', 'not-sent', 'not-sent'],
    );
    assert.equal(client.state, 'closed');
  });

  it('by force also ends a stop that is under way', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { client, calls } = await call(t, [served], { drainTimeout: 60_000 });
    const ended = failure(calls.f(null));
    await gate.arrivals(1);
    const stopped = client.stop();
    await client.stop(true);
    await stopped;
    assert.equal((await ended).code, 'ERR_RPC_CLOSED');
  });

  it('waits for what is waiting for a connection', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 'served' });
    const { client, calls } = await call(t, [served]);
    const held = calls.f(null);
    const stopped = client.stop();
    assert.equal(await held, 'served');
    await stopped;
  });

  it('waits for what has just left its router for a connection', async (t) => {
    const served = await serve(t, { f: () => 'served' });
    const { client, calls } = await call(t, [served], { router: () => sleep(50, 'test-1') });
    const routed = calls.f(null);
    const stopped = client.stop();
    assert.equal(await routed, 'served');
    await stopped;
  });

  it('has settled everything when it has stopped, after filters included', async (t) => {
    const served = await serve(t, { f: () => sleep(30, 'served') });
    const { client, calls } = await call(t, [served]);
    client.after(() => sleep(100));
    const ends: unknown[] = [];
    const ended = calls.f(null).then(
      (result: unknown) => ends.push(result),
      (error: Error & { code: string }) => ends.push(error.code),
    );
    await until(() => served.server.state === 'leader', { what: 'the server' });
    await client.stop();
    await Promise.resolve();
    assert.equal(ends.length, 1, 'settled or rejected, but not left');
    await ended;
  });

  it('before it was started, or a second time, is done at once', async (t) => {
    expectNoLeaks(t);
    const { client } = await call(t, []);
    const first = client.stop();
    assert.equal(client.stop(), first);
    await first;
    assert.equal((await failure(client.start())).code, 'ERR_RPC_CLOSED');
    const { createClient } = await import('../../node-client.js');
    const idle = createClient();
    await idle.stop();
    assert.equal(idle.state, 'closed');
    assert.equal((await failure(idle.start())).code, 'ERR_RPC_CLOSED');
  });

  it('calls back when it has started and when it has stopped', async (t) => {
    const { createClient } = await import('../../node-client.js');
    const client = createClient();
    t.after(() => client.stop(true));
    const events: unknown[] = [];
    client.start((error) => events.push(['started', error]));
    client.start((error) => events.push(['again', (error as Error & { code: string }).code]));
    client.stop(false, (error) => events.push(['stopped', error]));
    await until(() => events.length === 3, { what: 'the callbacks' });
    assert.deepEqual(events.toSorted(), [
      ['again', 'ERR_RPC_CLOSED'],
      ['started', null],
      ['stopped', null],
    ]);
  });

  it('closes what has gone idle just before, although its server does not notice', async (t) => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    await until(() => sockets() === 0, { what: 'the end of the sockets of the tests before' });
    const { child, ready } = await spawnProcess(t, new URL('./fixtures/server-process.ts', import.meta.url));
    const info = { id: 'test-1', serverType: 'test', port: ready['port'] as number };
    const { client, calls, moves } = await call(t, [info], { idleTimeout: 200 });
    await calls.echo(null, 1);
    process.kill(child.pid as number, 'SIGSTOP');
    await until(() => moves.at(-1) === 'test-1 ready -> idle', { what: 'the idle mailbox' });
    assert.equal(sockets(), 1, 'it still waits for the server to end it too');
    await client.stop(true);
    await until(() => sockets() === 0, { what: 'the end of its socket', timeoutMs: 2_500 });
  });

  it('leaves nothing behind when it stops at the very moment at which it is connected', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t, () => {}); // it never answers the registration
    const { client, calls } = await call(t, [leader.info], { connectTimeout: 60_000 });
    let stopped: Promise<void> | undefined;
    const onSocket = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      socket.once('connect', () =>
        queueMicrotask(() => {
          stopped = client.stop(true);
        }),
      );
    };
    subscribe('net.client.socket', onSocket);
    t.after(() => unsubscribe('net.client.socket', onSocket));
    const ended = failure(calls.f(null));
    const peer = await leader.connection();
    assert.equal((await ended).code, 'ERR_RPC_CLOSED');
    await stopped;
    await peer.closed(1_000);
  });
});
