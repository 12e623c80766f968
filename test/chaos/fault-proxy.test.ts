import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Random } from '../fuzz/random.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { FaultProxy, type ProxyMode } from './fault-proxy.js';

/** A server that sends everything back, a proxy before it, and a connection through that. */
async function through(t: TestContext) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const proxy = await FaultProxy.start((server.address() as net.AddressInfo).port, new Random(1));
  t.after(() => proxy.stop());
  const socket = net.connect(proxy.port, '127.0.0.1');
  t.after(() => socket.destroy());
  const got: Buffer[] = [];
  let end: Error | 'closed' | undefined;
  socket.on('data', (chunk: Buffer) => got.push(chunk));
  socket.on('error', (error) => {
    end = error;
  });
  socket.on('close', () => {
    end ??= 'closed';
  });
  await once(socket, 'connect');
  return { proxy, socket, got: () => Buffer.concat(got), end: () => end };
}

const BYTES = new Random(2).bytes(300_000);

describe('the proxy of chaos runs', () => {
  for (const mode of ['clean', 'delay', 'split'] satisfies ProxyMode[]) {
    it(`keeps bytes and their order: ${mode}`, async (t) => {
      expectNoLeaks(t);
      const { proxy, socket, got, end } = await through(t);
      proxy.setMode(mode);
      socket.write(BYTES);
      socket.end();
      await until(() => end() === 'closed', { what: 'the end', timeoutMs: 10_000 });
      assert.ok(got().equals(BYTES));
      await until(() => proxy.links === 0, { what: 'no links' });
    });
  }

  it('stalls, and goes on', async (t) => {
    expectNoLeaks(t);
    const { proxy, socket, got } = await through(t);
    proxy.setMode('stall');
    socket.write(BYTES);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(got().length, 0);
    proxy.setMode('clean');
    await until(() => got().length === BYTES.length, { what: 'all of it' });
    assert.ok(got().equals(BYTES));
  });

  it('cuts in the middle of what is sent', async (t) => {
    expectNoLeaks(t);
    const { proxy, socket, got, end } = await through(t);
    socket.write(BYTES.subarray(0, 1_000));
    await until(() => got().length === 1_000, { what: 'the echo' });
    assert.equal(proxy.cut(), 1);
    socket.write(BYTES.subarray(1_000, 2_000));
    await until(end, { what: 'the end' });
    assert.ok(got().length < 2_000);
  });

  it('leaves nothing open when it stops while it passes the end of a connection on', async (t) => {
    expectNoLeaks(t);
    const sockets: net.Socket[] = [];
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket.on('error', () => {}).resume());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const proxy = await FaultProxy.start((server.address() as net.AddressInfo).port, new Random(1));
    const caller = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    t.after(() => caller.destroy());
    caller.end('the last word');
    const { end } = net.Socket.prototype;
    let stopped: Promise<void> | undefined;
    t.mock.method(net.Socket.prototype, 'end', function (this: net.Socket) {
      Reflect.apply(end, this, []);
      stopped ??= proxy.stop(); // while the system still shuts the socket down
      return this;
    });
    await until(() => stopped !== undefined, { what: 'the proxy to pass the end on' });
    await until(() => proxy.links === 0, { what: 'the end of the link' });
  });

  it('ends a connection where nobody listens behind it', async (t) => {
    expectNoLeaks(t);
    const proxy = await FaultProxy.start(1, new Random(1));
    t.after(() => proxy.stop());
    const socket = net.connect(proxy.port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => proxy.links === 0, { what: 'no links' });
  });
});
