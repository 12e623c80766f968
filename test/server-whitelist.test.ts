import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode, type RpcError } from '../lib/errors.js';
import { createClient } from '../node-client.js';
import { createServer, type ServerOptions } from '../server.js';
import { until } from './support/until.js';

// biome-ignore lint/suspicious/noExplicitAny: proxies by name
type Any = any;

async function serving(t: TestContext, options: Partial<ServerOptions>) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const server = createServer({
    port: 0,
    services: { user: { m: { f: () => 'served' } } },
    logger: { info() {}, warn: write, error: write },
    ...options,
  });
  t.after(() => server.stop(true));
  const events: string[] = [];
  server.on('connection', ({ id, ip, peer }) => events.push(`connection ${id} ${ip} ${peer.replace(/\d+$/, 'PORT')}`));
  server.on('disconnection', ({ id }) => events.push(`disconnection ${id}`));
  await server.start();
  const call = async (host = '127.0.0.1') => {
    const client = createClient({ timeout: 500 });
    t.after(() => client.stop(true));
    client.addProxy({ namespace: 'user', serverType: 'test' });
    const { transport = 'tcp' } = options;
    client.addServer({ id: 'test-1', serverType: 'test', host, port: server.port, transport });
    await client.start();
    return (client.proxies as Any).user.test.m.f(null);
  };
  return { server, call, events, lines };
}

/** A bare connection that sends something at once. */
async function opened(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.write(Buffer.alloc(100, 0xff));
  // A server that has not read what came resets the connection: an error, and then the close.
  const closed = until(() => socket.closed, { what: 'the connection to be closed' });
  return { socket, closed, received: () => received };
}

const refused = (error: RpcError) => error.code === RpcCode.Connect;

for (const transport of ['tcp', 'ws'] as const) {
  describe(`a whitelist, over ${transport}`, () => {
    it('serves those who are on it', async (t) => {
      const { call, events } = await serving(t, { transport, whitelist: ['10.0.0.1', /127\.0\.0\.\d/] });
      assert.equal(await call(), 'served');
      const peer = transport === 'ws' ? 'ws://127.0.0.1:PORT' : '127.0.0.1:PORT';
      assert.deepEqual(events, [`connection 1 127.0.0.1 ${peer}`]);
    });

    it('refuses others at once, says so in the log, and tells of no connection', async (t) => {
      const { call, events, lines } = await serving(t, { transport, whitelist: ['10.0.0.1', /27\.0\.0\.1/] });
      await assert.rejects(call(), refused);
      assert.deepEqual(events, []);
      assert.match(
        lines[0] ?? '',
        /refused a connection from .*127\.0\.0\.1:\d+: 127\.0\.0\.1 is not in the whitelist/,
      );
    });

    it('holds a connection unread until it is known who is on the list', async (t) => {
      let answer = (_error: unknown, _list?: string[]) => {};
      const whitelist = (callback: typeof answer) => {
        answer = callback;
      };
      const { call, events } = await serving(t, { transport, whitelist });
      const called = call();
      await until(() => answer.length === 2, { what: 'the whitelist to be asked' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(events, []);
      answer(null, ['127.0.0.1']);
      assert.equal(await called, 'served');
      assert.equal(events.length, 1);
    });

    it('lets nobody in when it fails', async (t) => {
      const { call, events, lines } = await serving(t, { transport, whitelist: (cb) => cb(new Error('no database')) });
      await assert.rejects(call(), refused);
      assert.deepEqual(events, []);
      assert.match(
        lines[0] ?? '',
        /refused a connection from 127\.0\.0\.1: the whitelist function failed: no database/,
      );
    });
  });
}

describe('a connection that is refused', () => {
  it('is not read: not even nonsense in it is noticed', async (t) => {
    for (const whitelist of [['10.0.0.1'], async () => ['10.0.0.1']]) {
      const { server, lines } = await serving(t, { whitelist });
      const { closed, received } = await opened(t, server.port);
      await closed;
      assert.equal(received(), 0);
      assert.equal(lines.filter((line) => /refused a connection/.test(line)).length, 1);
      assert.equal(lines.length, 1);
    }
  });

  it('is one whose whitelist never answers, after the handshake timeout', async (t) => {
    const { server, events } = await serving(t, {
      whitelist: () => new Promise<string[]>(() => {}),
      handshakeTimeout: 50,
    });
    const { closed } = await opened(t, server.port);
    await closed;
    assert.deepEqual(events, []);
  });

  it('is one that still waits when the server stops, without holding the stop up', async (t) => {
    let asked = 0;
    const whitelist = () => {
      asked += 1;
      return new Promise<string[]>(() => {});
    };
    const { server, events } = await serving(t, { whitelist });
    const { socket, closed } = await opened(t, server.port);
    socket.allowHalfOpen = true; // it would not end by itself
    await until(() => asked === 1, { what: 'the whitelist to be asked' });
    const startedAt = performance.now();
    await server.stop();
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < 2_500, `stopped in ${tookMs} ms`);
    socket.end();
    await closed;
    assert.deepEqual(events, []);
  });

  it('is one too many, and is no disconnection then', async (t) => {
    const { server, call, events } = await serving(t, { maxConnections: 1 });
    assert.equal(await call(), 'served');
    assert.equal(events.length, 1);
    const { closed } = await opened(t, server.port);
    await closed;
    assert.deepEqual(events.filter((event) => event.startsWith('connection')).length, 1);
    assert.ok(!events.includes('disconnection 2'));
  });
});

it('an IPv4 peer on a server that listens on IPv6 is known by its IPv4 address', async (t) => {
  const probe = createNetServer();
  const dual = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(0, '::', () => resolve((probe.address() as AddressInfo).family === 'IPv6'));
  });
  probe.close();
  if (!dual) return t.diagnostic('this machine has no IPv6');
  const { call, events } = await serving(t, { host: '::', insecure: true, whitelist: ['127.0.0.1'] });
  assert.equal(await call('127.0.0.1'), 'served');
  assert.match(events[0] ?? '', /^connection 1 127\.0\.0\.1 /);
});

it('connections are counted up, and named when they end', async (t) => {
  const { server, events } = await serving(t, {});
  for (let i = 0; i < 2; i++) {
    const { socket } = await opened(t, server.port);
    await until(() => events.length === i * 2 + 1, { what: 'the connection' });
    socket.destroy();
    await until(() => events.length === i * 2 + 2, { what: 'its end' });
  }
  const kinds = events.map((event) => event.split(' ').slice(0, 2).join(' '));
  assert.deepEqual(kinds, ['connection 1', 'disconnection 1', 'connection 2', 'disconnection 2']);
});
