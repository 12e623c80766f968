import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { expectNoLeaks } from './leaks.js';
import { spawnProcess } from './spawn-process.js';
import { until, untilEvent } from './until.js';

const ECHO = new URL('./fixtures/echo-process.ts', import.meta.url);

describe('spawnProcess', () => {
  it('resolves with the ready message, and carries messages both ways in order', async (t) => {
    expectNoLeaks(t);
    const { child, ready } = await spawnProcess(t, ECHO, { args: ['--greeting=hello'], env: { ECHO_TEST: 'yes' } });
    assert.deepEqual(ready, { type: 'ready', args: ['--greeting=hello'], env: 'yes' });
    child.send({ echo: 1 });
    child.send({ echo: 2 });
    assert.deepEqual(await child.next(), { echo: 1 });
    assert.deepEqual(await child.next(), { echo: 2 });
  });

  it('leaves messages that do not match for later', async (t) => {
    const { child } = await spawnProcess(t, ECHO);
    child.send('first');
    child.send('second');
    assert.equal(await child.next({ match: (message) => message === 'second' }), 'second');
    assert.equal(await child.next(), 'first');
  });

  it('shows what a process printed that ends before it is ready', async (t) => {
    await assert.rejects(spawnProcess(t, ECHO, { args: ['--crash'] }), /ended with code 1\n.*crashed on request/s);
  });

  it('rejects a wait for a message when the process ends', async (t) => {
    const { child } = await spawnProcess(t, ECHO);
    const message = assert.rejects(child.next(), /echo-process sent no such message; it ended with SIGKILL/);
    assert.deepEqual(await child.kill('SIGKILL'), { code: null, signal: 'SIGKILL' });
    await message;
    assert.throws(() => child.send('too late'), /cannot be sent a message/);
  });

  it('lets a process end by itself, and tells how', async (t) => {
    const { child } = await spawnProcess(t, ECHO);
    child.send({ exit: 3 });
    assert.deepEqual(await child.exited, { code: 3, signal: null });
    assert.match(child.stdout, /leaving/);
  });

  it('kills the process when the test is over, even one that is stopped', async (t) => {
    let pid: number | undefined;
    await t.test('inner', async (inner) => {
      const { child } = await spawnProcess(inner, ECHO);
      pid = child.pid;
      process.kill(pid as number, 'SIGSTOP');
    });
    assert.throws(() => process.kill(pid as number, 0), { code: 'ESRCH' });
  });

  it('does not outlive a test process that is killed', async (t) => {
    const server = createServer();
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await untilEvent(server, 'listening', { what: 'the server to listen' });
    const connected = untilEvent(server, 'connection', { what: 'the grandchild to connect', timeoutMs: 20_000 });
    const { port } = server.address() as AddressInfo;
    const { child } = await spawnProcess(t, ECHO, { args: [`--spawn-connected=${port}`] });
    const [socket] = (await connected) as [Socket];
    socket.on('error', () => {}); // a reset is an end too
    await child.kill('SIGKILL');
    await until(() => socket.resume().closed, { what: 'the end of the process that the killed one had started' });
  });
});
