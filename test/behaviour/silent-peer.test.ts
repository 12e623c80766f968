import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expectNoLeaks } from '../support/leaks.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { rawLeader, registeredCaller } from './raw-peers.js';
import { call, failure, serve } from './support.js';

const SERVER = new URL('./fixtures/server-process.ts', import.meta.url);

describe('a peer that falls silent without closing', () => {
  it('is noticed by heartbeat when its process is stopped, and what waits on it is rejected', async (t) => {
    expectNoLeaks(t);
    const { child, ready } = await spawnProcess(t, SERVER);
    const port = ready['port'] as number;
    const { calls, client } = await call(t, [{ id: 'test-1', serverType: 'test', port }], {
      keepalive: 300,
      timeout: 60_000,
    });
    const closes: unknown[] = [];
    client.on('close', (_id, reason) => closes.push(reason?.code));
    assert.equal(await calls.echo(null, 1), 1);
    process.kill(child.pid as number, 'SIGSTOP');
    const error = await failure(calls.echo(null, 2));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    assert.match(
      error.message,
      /sent nothing for \d+ ms and did not answer heartbeats.*longest stall of this process's own event loop/,
    );
    assert.equal((error.cause as Error & { code: string }).code, 'ERR_RPC_PEER_SILENT');
    assert.deepEqual(closes, ['ERR_RPC_PEER_SILENT']);
    process.kill(child.pid as number, 'SIGCONT');
    assert.equal(await calls.echo(null, 3), 3, 'it is called again when it goes on');
  });

  it('is cut off by the server too', async (t) => {
    const served = await serve(t, { f() {} }, { keepalive: 50 });
    const reasons: (string | undefined)[] = [];
    served.server.on('disconnection', (_caller, reason) => reasons.push(reason.code));
    const peer = await registeredCaller(t, served.port); // it answers no heartbeat
    await peer.closed();
    await until(() => reasons.length > 0, { what: 'the disconnection' });
    assert.deepEqual(reasons, ['ERR_RPC_PEER_SILENT']);
  });

  it('is not a client or a server that has nothing to say', async (t) => {
    const served = await serve(t, { f: () => 'fine' }, { keepalive: 40 });
    const { calls, moves } = await call(t, [served], { keepalive: 40 });
    await calls.f(null);
    let disconnections = 0;
    served.server.on('disconnection', () => {
      disconnections += 1;
    });
    const quietSince = performance.now();
    await until(() => performance.now() - quietSince > 400, { what: 'ten keepalives' });
    assert.equal(await calls.f(null), 'fine');
    assert.deepEqual([moves.length, disconnections], [2, 0]);
  });

  it('is not one whose answers lay unread while this process was busy', async (t) => {
    const { ready } = await spawnProcess(t, SERVER);
    const info = { id: 'test-1', serverType: 'test', port: ready['port'] as number };
    const { calls, moves } = await call(t, [info], { keepalive: 250 });
    await calls.echo(null, 1);
    const inFlight = calls.sleep(null, 300);
    for (let round = 0; round < 3; round++) {
      const busySince = performance.now();
      while (performance.now() - busySince < 800);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await inFlight, 'slept');
    assert.equal(await calls.echo(null, 2), 2);
    assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
  });

  it('does not end this process when its own queue is full of what the peer does not read', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info], { keepalive: 100, maxQueuedBytes: 100_000, timeout: 240_000 });
    const first = failure(calls.f(null));
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.socket.pause();
    const errors = [first];
    const big = 'x'.repeat(1_000_000);
    for (let i = 0; i < 30; i++) errors.push(failure(calls.f(null, big)));
    // The heartbeat has something to say and nowhere to put it. What a timer throws would end the process.
    for (const error of await Promise.all(errors)) {
      assert.ok(['ERR_RPC_QUEUE_FULL', 'ERR_RPC_CONNECTION_LOST'].includes(error.code), error.message);
    }
  });
});
