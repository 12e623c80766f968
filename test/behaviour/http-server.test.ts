import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, get, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createNetServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { createServer, type ServerOptions } from '../../server.js';
import { makeAuthority, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { call, failure, keptLog, serve } from './support.js';
import { WebPage } from './web-pages.js';

const PATH = '/rpc';
const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** An HTTP server of the program, which answers each request with its path. */
async function program(t: TestContext, host: string | undefined = '127.0.0.1'): Promise<HttpServer & { port: number }> {
  const http = createHttpServer((request, response) => response.end(`page ${request.url}`));
  t.after(() => {
    http.close();
    http.closeAllConnections();
  });
  http.listen(0, host);
  await once(http, 'listening');
  return Object.assign(http, { port: (http.address() as AddressInfo).port });
}

/** A server at a path of the program's server. */
async function serveAt(t: TestContext, http: HttpServer, options: Partial<ServerOptions> = {}, path = PATH) {
  const placed = { port: undefined, listen: { server: http, path }, ...options };
  const served = await serve(t, { f: () => 'f', g: () => 'g' }, placed);
  return { ...served, info: { id: 'test-1', serverType: 'test', url: served.server.urls[0] as string } };
}

async function page(port: number, path: string): Promise<string> {
  const [response] = await once(get({ port, path, agent: false }), 'response');
  return String(await response.setEncoding('utf8').toArray());
}

/** Resolves with the answer to an upgrade at a path. */
async function upgradeAt(t: TestContext, url: string): Promise<string> {
  const ws = new WebSocket(url);
  t.after(() => ws.terminate());
  return await new Promise((resolve) => {
    ws.once('open', () => resolve('open'));
    ws.once('error', (error) => resolve(error.message));
  });
}

describe('a server at a path of an HTTP server of the program', () => {
  it('serves calls there, and leaves requests and other upgrades to the program', async (t) => {
    expectNoLeaks(t);
    const http = await program(t);
    const sockets = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/chat') sockets.handleUpgrade(request, socket, head, (ws) => ws.send('chat'));
    });
    const served = await serveAt(t, http);
    assert.deepEqual(served.server.urls, [`ws://127.0.0.1:${http.port}/rpc`]);
    assert.equal(served.port, http.port);
    assert.deepEqual(served.log, [
      `mailstation: test-1 listens on ws://127.0.0.1:${http.port}/rpc, reachable from this machine only`,
    ]);
    const { calls } = await call(t, [served.info]);
    assert.equal(await calls.f(null), 'f');
    assert.equal(await page(http.port, '/rpc'), 'page /rpc');
    const chat = new WebSocket(`ws://127.0.0.1:${http.port}/chat`);
    assert.equal(String((await once(chat, 'message'))[0]), 'chat');
    chat.terminate();
  });

  it('stops without the server of the program', async (t) => {
    expectNoLeaks(t);
    const http = await program(t);
    const served = await serveAt(t, http);
    const { calls, moves } = await call(t, [served.info]);
    await calls.f(null);
    await served.server.stop();
    await until(() => moves.some((move) => /ready -> /.test(move)), { what: 'the end of the connection' });
    assert.equal(http.listening, true);
    assert.equal(await page(http.port, '/'), 'page /');
    assert.equal(http.listenerCount('upgrade'), 0);
    const again = await serveAt(t, http);
    assert.equal(await calls.f(null), 'f', 'and another server takes over');
    await again.server.stop();
  });

  it('answers an upgrade that no listener answers with 404, once', async (t) => {
    expectNoLeaks(t);
    const http = await program(t);
    await serveAt(t, http);
    await serveAt(t, http, { id: 'test-2' }, '/other');
    const url = `ws://127.0.0.1:${http.port}`;
    assert.equal(await upgradeAt(t, `${url}/other?token=1`), 'open');
    for (const path of ['/', '/rpcs', '/rpc/', '/RPC', '/chat'])
      assert.equal(await upgradeAt(t, url + path), 'Unexpected server response: 404', path);
  });

  it('takes a path that is free, and names the holder of one that is not', async (t) => {
    const http = await program(t);
    await serveAt(t, http);
    const error = await failure(serveAt(t, http, { id: 'test-2' }));
    assert.equal(error.code, 'ERR_RPC_ADDRESS_IN_USE');
    assert.match(error.message, /^the path of ws:\/\/127\.0\.0\.1:\d+\/rpc at this HTTP server is in use, by .*test-1/);
  });

  it('cannot start before the program listens', async () => {
    const http = createHttpServer();
    const server = createServer({ id: 'test-1', listen: { server: http }, logger: keptLog().logger });
    const error = await failure(server.start());
    assert.equal(error.code, 'ERR_RPC_LISTEN');
    assert.match(error.message, /the HTTP server does not listen yet: call its listen\(\), and start this server at/);
    assert.equal(http.listenerCount('upgrade'), 0);
  });

  it('is judged by where the program listens', async (t) => {
    const http = await program(t, '0.0.0.0');
    const error = await failure(serveAt(t, http));
    assert.equal(error.code, 'ERR_RPC_INSECURE');
    assert.match(error.message, /^listening on 0\.0\.0\.0 is refused/);
    const { log } = await serveAt(t, http, { insecure: true });
    assert.match(log[0] ?? '', /listens on ws:\/\/0\.0\.0\.0:\d+\/rpc, insecure: open to all that can connect$/);
  });

  it('is judged so on loopback over IPv6', { skip: !hasIPv6 }, async (t) => {
    const http = await program(t, '::1');
    const { log } = await serveAt(t, http);
    assert.match(log[0] ?? '', /listens on ws:\/\/\[::1\]:\d+\/rpc, reachable from this machine only$/);
  });

  it('takes no connection once the program listens elsewhere', async (t) => {
    const http = await program(t);
    const { log } = await serveAt(t, http);
    http.close();
    await once(http, 'close');
    http.listen(0, '0.0.0.0');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    assert.equal(await upgradeAt(t, `ws://127.0.0.1:${port}/rpc`), 'Unexpected server response: 503');
    assert.match(
      log[1] ?? '',
      /refused a connection from ws:\/\/.*: the HTTP server listens at 0\.0\.0\.0:\d+ now, and no longer at 127/,
    );
  });

  it('admits web pages by their origin, and lets them call what is exposed', async (t) => {
    const http = await program(t);
    const origin = 'https://game.example';
    const { server } = await serveAt(t, http, {
      listen: { server: http, path: PATH, allowedOrigins: [origin] },
      expose: ['user.service.f'],
    });
    const url = server.urls[0] as string;
    assert.equal(await (await WebPage.open(t, url, origin)).call('user.service.f'), 'ok');
    await assert.rejects(WebPage.open(t, url, 'https://evil.example'), /disconnected/);
  });

  it('serves the callers of a proxy in front of a unix socket', { skip: process.platform === 'win32' }, async (t) => {
    expectNoLeaks(t);
    const folder = mkdtempSync(join(tmpdir(), 'http-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const socket = join(folder, 'http.sock');
    const http = createHttpServer();
    http.listen(socket);
    await once(http, 'listening');
    t.after(() => http.close());
    const peers: string[] = [];
    const { server } = await serveAt(t, http);
    server.on('connection', ({ peer, ip }) => peers.push(`${peer} ${ip}`));
    const proxy = createNetServer((incoming) => {
      const outgoing = connect(socket);
      incoming.on('error', () => outgoing.destroy()).pipe(outgoing);
      outgoing.on('error', () => incoming.destroy()).pipe(incoming);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    t.after(() => proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', url: `ws://127.0.0.1:${port}/rpc` }]);
    assert.equal(await calls.f(null), 'f');
    assert.deepEqual(peers, ['ws://local:1 127.0.0.1']);
  });

  it('survives bytes that are no upgrade of a WebSocket', async (t) => {
    expectNoLeaks(t);
    const http = await program(t);
    const served = await serveAt(t, http);
    for (const lines of [
      ['GET /rpc HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'],
      ['GET /rpc HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: h2c'],
      ['POST /rpc HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      ['GET /none HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'],
    ]) {
      const socket = connect(http.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      const [answer] = await once(socket, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 4\d\d /, lines.join(', '));
      socket.destroy();
    }
    const { calls } = await call(t, [served.info]);
    assert.equal(await calls.f(null), 'f');
  });

  it('never agrees to compression, which a peer could use to fill the memory', async (t) => {
    const http = await program(t);
    const { server } = await serveAt(t, http);
    const own = await serve(t, { f: () => 'f' }, { transport: 'ws' });
    for (const url of [server.urls[0] as string, `ws://127.0.0.1:${own.port}`]) {
      const ws = new WebSocket(url, { perMessageDeflate: true });
      t.after(() => ws.terminate());
      await once(ws, 'open');
      assert.equal(ws.extensions, '', url);
    }
  });

  it('names a listener of the program that ends all upgrades but its own', async (t) => {
    const http = await program(t);
    const { log, info } = await serveAt(t, http);
    new WebSocketServer({ server: http, path: '/chat' });
    const { calls } = await call(t, [info], { timeout: 500 });
    assert.equal((await failure(calls.f(null))).delivery === 'answered', false);
    assert.match(
      log[1] ?? '',
      /another listener of the HTTP server's event upgrade ended the connection, as a WebSocketServer/,
    );
  });
});

describe('a server at a path of an HTTPS server of the program', { skip: withoutOpenssl }, () => {
  /** An HTTPS server that asks callers for a certificate, and serves those without one too. */
  async function secureProgram(t: TestContext, host: string) {
    const own = makeAuthority();
    const callers = makeAuthority();
    const { cert, key } = own.issue({ name: 'gateway' });
    const https = createHttpsServer({ cert, key, ca: callers.ca, requestCert: true, rejectUnauthorized: false });
    https.listen(0, host);
    await once(https, 'listening');
    t.after(() => https.close());
    return { https, port: (https.address() as AddressInfo).port, caFile: own.caFile, callers };
  }

  it('is safe beyond loopback, and knows the certificates of callers', async (t) => {
    expectNoLeaks(t);
    const { https, port, caFile, callers } = await secureProgram(t, '0.0.0.0');
    const { server, log } = await serveAt(t, https, {
      expose: ['user.service.f'],
      authorize: ({ identity }, method) => method !== 'user.service.g' || identity?.proven.certificate?.name === 'shop',
    });
    assert.deepEqual(server.urls, [`wss://0.0.0.0:${port}/rpc`]);
    assert.match(log[0] ?? '', /listens on wss:\/\/0\.0\.0\.0:\d+\/rpc, TLS$/);
    const info = { id: 'test-1', serverType: 'test', url: `wss://127.0.0.1:${port}/rpc` };
    const stranger = await call(t, [info], { tls: { caFile } });
    assert.equal(await stranger.calls.f(null), 'f');
    assert.equal((await failure(stranger.calls.g(null))).code, 'ERR_RPC_FORBIDDEN');
    const { certFile, keyFile } = callers.issue({ name: 'shop' });
    const shop = await call(t, [info], { tls: { caFile, certFile, keyFile } });
    assert.equal(await shop.calls.g(null), 'g');
  });

  it('does not take a caller for known whose certificate no authority of the program has issued', async (t) => {
    const { https, port, caFile } = await secureProgram(t, '127.0.0.1');
    await serveAt(t, https, { expose: [] });
    const { certFile, keyFile } = makeAuthority().issue({ name: 'shop' });
    const info = { id: 'test-1', serverType: 'test', url: `wss://127.0.0.1:${port}/rpc` };
    const { calls } = await call(t, [info], { tls: { caFile, certFile, keyFile } });
    assert.equal((await failure(calls.f(null))).code, 'ERR_RPC_FORBIDDEN');
  });
});

describe('the option listen, with a server', () => {
  const http = createHttpServer();
  const app = () => {};
  const refused: readonly [unknown, RegExp][] = [
    [
      { server: app },
      /^listen\[0\]\.server must be a server of node:http or node:https, such as the result of app\.listen\(\), got /,
    ],
    [{ server: undefined }, /^listen\[0\]\.server is missing: give a server of node:http or node:https/],
    [{ server: createNetServer() }, /^listen\[0\]\.server must be a server of node:http or node:https/],
    [{ server: http, url: 'ws://127.0.0.1:1' }, /^listen\[0\] has a server, and cannot have url: the program decides/],
    [{ server: http, tls: {} }, /^listen\[0\] has a server, and cannot have tls: the program decides/],
    [{ server: http, path: 'rpc' }, /^listen\[0\]\.path must be a path such as "\/rpc", without a query, got "rpc"$/],
    [{ server: http, path: '/rpc?x' }, /^listen\[0\]\.path must be a path such as "\/rpc"/],
    [{ server: http, path: '/r pc' }, /^listen\[0\]\.path must be a path such as "\/rpc"/],
    [{ server: http, path: 5 }, /^listen\[0\]\.path must be a non-empty string, got 5$/],
    [{ server: http, allowedOrigins: ['*'] }, /^listen\[0\]\.allowedOrigins must hold origins such as/],
  ];
  for (const [listen, message] of refused) {
    it(`refuses: ${message.source}`, () => {
      assert.throws(() => createServer({ id: 'x', listen } as ServerOptions), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message,
      });
    });
  }

  it('refuses a standby, whose port the program takes', () => {
    assert.throws(() => createServer({ id: 'x', listen: { server: http }, standby: true }), {
      code: 'ERR_RPC_INVALID_ARGUMENT',
      message: /^standby (cannot be combined with an HTTP server|needs an id, and a port)/,
    });
  });
});
