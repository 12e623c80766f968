import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { activeResources, expectNoLeaks, grownSince } from './leaks.js';
import { untilEvent } from './until.js';

type Hook = () => unknown;

/** A test whose hooks are run here, so that its failure can be looked at. */
function fakeTest() {
  const hooks: Hook[] = [];
  const t = { after: (hook: Hook) => hooks.push(hook) } as unknown as TestContext;
  const end = async () => {
    for (const hook of hooks) await hook();
  };
  return { t, end };
}

/** A listening server and both ends of a connection to it. */
async function openConnection(t: TestContext): Promise<{ client: Socket; close: () => void }> {
  const server = createServer();
  const accepted: Socket[] = [];
  server.on('connection', (socket) => accepted.push(socket));
  const close = () => {
    server.close();
    for (const socket of [client, ...accepted]) socket.destroy();
  };
  t.after(close);
  server.listen(0, '127.0.0.1');
  await untilEvent(server, 'listening', { what: 'the server to listen' });
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  await untilEvent(server, 'connection', { what: 'the connection' });
  return { client, close };
}

describe('expectNoLeaks', () => {
  it('passes a test whose later hooks close what it opened', async (t) => {
    const { t: inner, end } = fakeTest();
    expectNoLeaks(inner);
    const { close } = await openConnection(t);
    inner.after(close);
    await end();
  });

  it('names what is still open', async (t) => {
    const { t: inner, end } = fakeTest();
    expectNoLeaks(inner, { graceMs: 20 });
    await openConnection(t);
    const timer = setTimeout(() => {}, 60_000);
    t.after(() => clearTimeout(timer));
    await assert.rejects(end(), /^AssertionError.*still open 20 ms after the test:.*1 TCPServerWrap/s);
    await assert.rejects(end(), /2 TCPSocketWrap/);
    await assert.rejects(end(), /1 Timeout/);
  });

  it('runs every hook, in order, even when one fails', async () => {
    const { t: inner, end } = fakeTest();
    expectNoLeaks(inner);
    const ran: string[] = [];
    inner.after(() => ran.push('first'));
    inner.after(() => Promise.reject(new Error('broken')));
    inner.after(() => ran.push('last'));
    await assert.rejects(end(), { message: 'broken' });
    assert.deepEqual(ran, ['first', 'last']);
  });

  it('works on the context of a real test', (t) => {
    expectNoLeaks(t);
    const timer = setInterval(() => {}, 60_000);
    t.after(() => clearInterval(timer));
  });
});

describe('grownSince', () => {
  it('does not count what was there before, nor what does not keep the process alive', (t) => {
    const old = setTimeout(() => {}, 60_000);
    t.after(() => clearTimeout(old));
    const before = activeResources();
    const unreffed = setTimeout(() => {}, 60_000).unref();
    t.after(() => clearTimeout(unreffed));
    assert.equal(grownSince(before), '');
  });
});
