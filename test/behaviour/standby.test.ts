import assert from 'node:assert/strict';
import * as net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { createServer, type ServerOptions } from '../../server.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until, untilEvent } from '../support/until.js';
import { call, failure, keptLog, overTransports, serve } from './support.js';

const PROCESS = new URL('./fixtures/server-process.ts', import.meta.url);

function standbyServer(t: TestContext, port: number, options: Partial<ServerOptions> = {}) {
  return serve(t, { f: (value: unknown) => value }, { port, standby: true, ...options });
}

describe('a server that stands by', () => {
  overTransports((transport) => {
    it('takes over when the leading one stops, and no call fails', async (t) => {
      expectNoLeaks(t);
      const port = await freePort();
      const first = await standbyServer(t, port, { transport });
      const second = await standbyServer(t, port, { transport });
      assert.deepEqual([first.server.state, second.server.state], ['leader', 'standby']);
      const { calls } = await call(t, [first]);
      let isOver = false;
      const callers = Array.from({ length: 16 }, async (_, caller) => {
        for (let i = 0; !isOver; i++) assert.equal(await calls.f(null, `${caller} ${i}`), `${caller} ${i}`);
      });
      await first.server.stop();
      await until(() => second.server.state === 'leader', { what: 'the standby to lead' });
      assert.equal(await calls.f(null, 'after'), 'after');
      isOver = true;
      await Promise.all(callers);
    });
  });

  it('is one of several; the others go on standing by, for it', async (t) => {
    const port = await freePort();
    const [first, second, third] = [
      await standbyServer(t, port),
      await standbyServer(t, port),
      await standbyServer(t, port),
    ];
    await first.server.stop();
    const others = [second.server, third.server];
    await until(() => others.some(({ state }) => state === 'leader'), { what: 'one to lead' });
    const [leader, standby] = second.server.state === 'leader' ? others : others.reverse();
    assert.equal(standby?.state, 'standby');
    await leader?.stop();
    await until(() => standby?.state === 'leader', { what: 'the last one to lead' });
  });

  it('can be stopped while it stands by', async (t) => {
    expectNoLeaks(t);
    const port = await freePort();
    const first = await standbyServer(t, port);
    const second = await standbyServer(t, port);
    await second.server.stop();
    assert.deepEqual([first.server.state, second.server.state], ['leader', 'closed']);
  });

  it('releases the port that it takes while it is being stopped', async (t) => {
    expectNoLeaks(t);
    const port = await freePort();
    const first = await standbyServer(t, port);
    const second = await standbyServer(t, port);
    const { listen } = net.Server.prototype;
    const claims: (() => void)[] = [];
    const held = t.mock.method(net.Server.prototype, 'listen', function (this: net.Server, ...args: [number]) {
      claims.push(() => listen.apply(this, args));
      return this;
    });
    await first.server.stop();
    await until(() => claims.length > 0, { what: 'the claim of the standby' });
    held.mock.restore();
    const stopped = second.server.stop();
    for (const claim of claims) claim();
    await stopped;
    const other = net.createServer().listen(port, '127.0.0.1');
    await untilEvent(other, 'listening', { what: 'the port to be free' });
    other.close();
  });

  it('does not stand by for a server with another id, and says who that is', async (t) => {
    const port = await freePort();
    await standbyServer(t, port);
    const other = createServer({ id: 'test-2', port, standby: true, logger: keptLog().logger });
    const error = await failure(other.start());
    assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
    assert.match(error.message, new RegExp(`no process leads the channel "test-2".*process ${process.pid}.*"test-1"`));
    assert.equal(other.state, 'closed');
  });

  it('takes over from a leader that dies in the moment in which it is asked', async (t) => {
    const dying = net.createServer((socket) => {
      dying.close();
      socket.on('error', () => {});
      socket.once('data', () => socket.destroy());
    });
    dying.listen(0, '127.0.0.1');
    await untilEvent(dying, 'listening', { what: 'the leader that will die' });
    const { port } = dying.address() as net.AddressInfo;
    const { server } = await standbyServer(t, port);
    assert.equal(server.state, 'leader');
  });

  it('wants an id and a port', () => {
    for (const options of [{ port: 3333 }, { port: 0, id: 'test-1' }]) {
      assert.throws(() => createServer({ ...options, standby: true }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    }
  });
});

describe('a server that does not stand by', () => {
  it('fails where its port is held, and names the holder', async (t) => {
    const { port } = await serve(t, { f() {} });
    const same = createServer({ id: 'test-1', port, logger: keptLog().logger });
    const error = await failure(same.start());
    assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
    const [inUse = '', advice] = error.message.split('; ');
    assert.equal(advice, 'with `standby: true` this server would wait until that process ends, and then take over');
    assert.match(
      inUse,
      new RegExp(`in use, by process ${process.pid} \\(mailstation [\\d.]+\\), which leads "test-1" there$`),
    );
  });

  it('is not told to stand by for a server with another id', async (t) => {
    const { port } = await serve(t, { f() {} });
    const other = createServer({ id: 'test-2', port, logger: keptLog().logger });
    const error = await failure(other.start());
    assert.match(
      error.message,
      /in use, by another mailstation process: no process leads the channel .*; choose another port$/,
    );
    assert.doesNotMatch(error.message, /standby: true/);
  });
});

describe('a leading process that is killed', () => {
  it('is replaced by its standby; what was in flight is unknown, what is called meanwhile is served', async (t) => {
    const port = await freePort();
    const start = async (): Promise<SpawnedProcess> => {
      const { child } = await spawnProcess(t, PROCESS, { args: [`--port=${port}`, '--standby=true'] });
      return child;
    };
    let [leader, standby] = [await start(), await start()];
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 10_000 });
    assert.equal(await calls.pid(null), leader.pid);

    for (let round = 0; round < 3; round++) {
      const lost = failure(calls.hang(null));
      await leader.next({ match: (message) => (message as { method?: string }).method === 'hang' });
      await leader.kill('SIGKILL');
      const error = await lost;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
      const startedAt = performance.now();
      assert.equal(await calls.pid(null), standby.pid);
      assert.ok(performance.now() - startedAt < 5_000, 'at once, and not after a backoff');
      [leader, standby] = [standby, await start()];
    }
  });
});
