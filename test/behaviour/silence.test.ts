import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer } from '../../index.js';
import { until } from '../support/until.js';
import { rawLeader } from './raw-peers.js';
import { call, failure, serve, unusedPort } from './support.js';

function logTo(lines: string[]) {
  const add = (line: string): void => void lines.push(line);
  return { info: () => {}, warn: add, error: add };
}

describe('nothing fails in silence', () => {
  it('a client tells that a server is out of reach, and that the server is back', async (t) => {
    const lines: string[] = [];
    const port = await unusedPort(t);
    const info = { id: 'test-1', serverType: 'test', port };
    const { calls } = await call(t, [info], { logger: logTo(lines), timeout: 60_000 });
    const answer = calls.f(null);
    await until(() => lines.length > 0, { what: 'a line' });
    assert.match(
      lines[0] ?? '',
      new RegExp(`^mailstation: server test-1 at 127.0.0.1:${port} has been out of reach for`),
    );
    assert.match(lines[0] ?? '', /ECONNREFUSED/);
    await serve(t, { f: () => 'back' }, { port });
    assert.equal(await answer, 'back');
    assert.match(lines[1] ?? '', /^mailstation: server test-1 at .* is connected again, after /);
    assert.equal(lines.length, 2);
  });

  it('a WebSocket client tells that the server has the transport tcp', async (t) => {
    const { port } = await serve(t, { f: () => 1 });
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port, transport: 'ws' }], { timeout: 300 });
    const { message } = await failure(calls.f(null));
    assert.match(
      message,
      /the WebSocket handshake failed \(.*\): another program is on this port, or the server has the transport tcp/,
    );
  });

  it('a tcp client tells that the server speaks HTTP, as one with the transport ws does', async (t) => {
    const { port } = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 300 });
    const { message } = await failure(calls.f(null));
    assert.match(message, /the peer speaks HTTP .* or one end has the transport ws and the other tcp/);
  });

  it('a client tells that a program accepts connections and does not answer', async (t) => {
    const { info } = await rawLeader(t, () => {});
    const { calls } = await call(t, [info], { timeout: 300 });
    const { code, message } = await failure(calls.f(null));
    assert.equal(code, 'ERR_RPC_TIMEOUT');
    assert.match(message, /the server accepted the connection, and has not answered the registration/);
  });

  it('a client with a wrong id is refused at once, and told the right one', async (t) => {
    const { port } = await serve(t, { f: () => 1 });
    const { calls } = await call(t, [{ id: 'test-9', serverType: 'test', port }], {
      timeout: 1_000,
      connectTimeout: 60_000,
    });
    const { code, message } = await failure(calls.f(null));
    assert.equal(code, 'ERR_RPC_CONNECT');
    assert.match(message, /no process leads the channel "test-9" on this port; process \d+ .* leads "test-1"/);
  });

  it('a server tells that it has no methods', async (t) => {
    const lines: string[] = [];
    const server = createServer({ id: 'test-1', port: 0, logger: logTo(lines) });
    t.after(() => server.stop(true));
    await server.start();
    assert.deepEqual(lines, [
      'mailstation: test-1 has no methods, so every call to it fails: give the option paths or services',
    ]);
  });
});
