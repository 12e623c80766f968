import assert from 'node:assert/strict';
import { connect as connectPlain, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { ServerOptions } from '../../server.js';
import { authority, tlsOf, withoutOpenssl } from '../support/certificates.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { call, failure, serve } from './support.js';

type Scheme = 'tcp' | 'tls' | 'ws' | 'wss';

/** A server at one place, a good caller of that place beside, and the lines of the log about peers that were refused. */
async function setUp(t: TestContext, scheme: Scheme) {
  const isSecure = scheme === 'tls' || scheme === 'wss';
  const options: Partial<ServerOptions> = {
    port: undefined,
    listen: `${scheme}://127.0.0.1:0`,
    ...(isSecure && { tls: tlsOf('server', false) }),
  };
  const served = await serve(t, { f: () => 'served' }, options);
  const [url = ''] = served.server.urls;
  const good = await call(t, [], { tls: { ca: authority().ca } });
  good.client.addServer({ id: 'test-1', serverType: 'test', url });
  assert.equal(await good.calls.f(null), 'served');
  const refusals = () => served.log.filter((line) => line.includes('refused a connection'));
  const unharmed = async () => {
    assert.equal(await good.calls.f(null), 'served');
    assert.equal(good.moves.length, 2, 'the good caller has one connection');
    assert.equal(served.server.state, 'leader');
  };
  return { port: Number(new URL(url).port), refusals, unharmed };
}

/** The error of a call over another transport than that of the server. */
async function callOver(t: TestContext, scheme: Scheme, port: number): Promise<Error> {
  const { client, calls } = await call(t, [], { timeout: 500, tls: { ca: authority().ca } });
  client.addServer({ id: 'test-1', serverType: 'test', url: `${scheme}://127.0.0.1:${port}` });
  const error = await failure(calls.f(null));
  assert.equal(error.code, 'ERR_RPC_CONNECT');
  return error;
}

/** Everything that a server sends to bytes of another program, until the connection ends. */
async function answerTo(t: TestContext, socket: Socket, bytes: string): Promise<string> {
  t.after(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(Buffer.from(bytes, 'latin1'));
  await untilEvent(socket, 'close', { what: 'the end of the connection' });
  return text;
}

const NO_TLS = /does not speak TLS/;
const SPEAKS_TLS = /speaks TLS/;
const CASES: readonly [server: Scheme, caller: Scheme, callerHears: RegExp, serverLogs: RegExp][] = [
  ['tcp', 'tls', NO_TLS, /from 127\.0\.0\.1:\d+: the peer speaks TLS, and this end does not/],
  ['tcp', 'wss', NO_TLS, /from 127\.0\.0\.1:\d+: the peer speaks TLS, and this end does not/],
  ['tcp', 'ws', /the WebSocket handshake failed/, /the peer speaks HTTP/],
  ['ws', 'wss', NO_TLS, /from ws:.*: the peer speaks TLS, and this end does not/],
  ['ws', 'tls', NO_TLS, /from ws:.*: the peer speaks TLS, and this end does not/],
  ['tls', 'tcp', SPEAKS_TLS, /from tls:.*: the peer speaks no TLS, and this place speaks TLS/],
  ['tls', 'ws', SPEAKS_TLS, /from tls:.*: the peer speaks HTTP without TLS, and this place speaks TLS/],
  ['wss', 'ws', SPEAKS_TLS, /from wss:.*: the peer speaks HTTP without TLS, and this place speaks TLS/],
  ['wss', 'tcp', SPEAKS_TLS, /from wss:.*: the peer speaks no TLS, and this place speaks TLS/],
  ['wss', 'tls', /the peer speaks HTTP/, /from wss:.*: the peer sends packets, and no WebSocket/],
  ['tls', 'wss', /the WebSocket handshake failed/, /from tls:.*: the peer speaks HTTP/],
];

describe('the wrong protocol at a place', { skip: withoutOpenssl }, () => {
  for (const [server, caller, callerHears, serverLogs] of CASES) {
    it(`${caller} to ${server}: the caller learns what is there, and the log of the server has a line`, async (t) => {
      expectNoLeaks(t);
      const { port, refusals, unharmed } = await setUp(t, server);
      const error = await callOver(t, caller, port);
      assert.match(error.message, callerHears);
      await until(() => refusals().length > 0, { what: 'a line in the log' });
      assert.match(refusals()[0] ?? '', serverLogs);
      await unharmed();
    });
  }

  it('HTTP to a place with TLS is answered in HTTP, with the cure', async (t) => {
    expectNoLeaks(t);
    for (const scheme of ['tls', 'wss'] as const) {
      const { port, unharmed } = await setUp(t, scheme);
      const text = await answerTo(t, connectPlain(port, '127.0.0.1'), 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      assert.match(text, /^HTTP\/1\.1 426 Upgrade Required\r\nupgrade: TLS\/1\.2\r\n/);
      assert.match(text, /\r\n\r\nmailstation: this port speaks TLS: connect by https:\/\/ or wss:\/\/\n$/);
      await unharmed();
    }
  });

  it('HTTP to a place of packets is answered in HTTP, with TLS and without', async (t) => {
    expectNoLeaks(t);
    const plain = await setUp(t, 'tcp');
    const secure = await setUp(t, 'tls');
    const overTls = connectTls({ port: secure.port, host: '127.0.0.1', ca: authority().ca });
    for (const socket of [connectPlain(plain.port, '127.0.0.1'), overTls]) {
      const text = await answerTo(t, socket, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n.*this port does not speak HTTP\n$/s);
    }
    await Promise.all([plain.unharmed(), secure.unharmed()]);
  });

  it('a flood of wrong peers is one line a second in the log', async (t) => {
    const { port, refusals, unharmed } = await setUp(t, 'tls');
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 100 }, () => answerTo(t, connectPlain(port, '127.0.0.1'), 'SSH-2.0-x\r\n')));
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(refusals().length <= seconds + 2, refusals().join('\n'));
    await unharmed();
  });

  it('a program that only asks whether the port is open leaves no line', async (t) => {
    const { port, refusals, unharmed } = await setUp(t, 'tls');
    const socket = connectPlain(port, '127.0.0.1');
    await untilEvent(socket, 'connect', { what: 'the connection' });
    socket.end();
    socket.resume();
    await untilEvent(socket, 'close', { what: 'the end of the connection' });
    await unharmed();
    assert.deepEqual(refusals(), []);
  });
});
