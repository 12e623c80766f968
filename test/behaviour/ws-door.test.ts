import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { endpointOf } from '../../lib/endpoint.js';
import type { StreamHandler } from '../../lib/transport/byte-stream.js';
import { dial, listen } from '../../lib/transport/transports.js';
import { createServer as createRpcServer, type ServerOptions } from '../../server.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { EXT, RawPeer } from './raw-peers.js';
import { call, failure, type Served, serve } from './support.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
/** Two reserved bits that nobody has agreed on. */
const MALFORMED = Buffer.from([0xff, 0x00, 0, 0]);
const NOT_A_FRAME = /Invalid WebSocket frame/;

/** A server that answers the upgrade with `rest` in the same piece. */
async function upgrader(t: TestContext, rest: Buffer): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', (data) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(data.toString())?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      socket.write(Buffer.concat([Buffer.from(head), rest]));
    });
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await untilEvent(server, 'listening', { what: 'the server to listen' });
  return (server.address() as { port: number }).port;
}

/** What a stream told, in order. */
function told(): { readonly handler: StreamHandler; readonly events: string[] } {
  const events: string[] = [];
  const handler = {
    onData: (chunk: Buffer) => void events.push(`data ${chunk.toString('latin1')}`),
    onDrain: () => {},
    onClose: (error: Error | undefined) => void events.push(`close ${error?.message}`),
  };
  return { handler, events };
}

const upgrade = (...lines: string[]): Buffer =>
  Buffer.from(
    `${['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`, ...lines].join('\r\n')}\r\n\r\n`,
    'latin1',
  );

/** A bare connection to a server of ours. */
async function bare(t: TestContext, { port }: Served, ...bytes: Buffer[]): Promise<{ peer: RawPeer; text(): string }> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const peer = new RawPeer(socket);
  await untilEvent(socket, 'connect', { what: 'the connection' });
  peer.write(...bytes);
  return { peer, text: () => text };
}

async function upgraded(t: TestContext, served: Served): Promise<RawPeer> {
  const { peer, text } = await bare(t, served, upgrade());
  await until(() => text().includes('101 Switching'), { what: 'the upgrade' });
  return peer;
}

/** How each connection of a server ended. */
function endsOf({ server }: Served): string[] {
  const ends: string[] = [];
  server.on('disconnection', (_peer, reason) => ends.push(reason.message));
  return ends;
}

describe('a server that answers the upgrade with more than that', () => {
  it('fails the call, and not the process, when the rest is no WebSocket frame', async (t) => {
    expectNoLeaks(t);
    const port = await upgrader(t, MALFORMED);
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port, transport: 'ws' }], { timeout: 1_000 });
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(error.message, NOT_A_FRAME);
  });

  for (const [name, wait] of [
    ['at once', async () => {}],
    ['a while later', () => new Promise((resolve) => setTimeout(resolve, 20))],
  ] as const) {
    it(`is heard in full by who opens the stream ${name}`, async (t) => {
      expectNoLeaks(t);
      const port = await upgrader(t, Buffer.concat([Buffer.from([0x82, 3]), Buffer.from('one'), MALFORMED]));
      const stream = await dial(endpointOf({ transport: 'ws', port }), { signal: new AbortController().signal });
      t.after(() => stream.destroy());
      await wait();
      const { handler, events } = told();
      stream.open(handler);
      assert.deepEqual(events, [], 'nothing before open returns');
      await until(() => events.length >= 2, { what: 'the message and the end' });
      assert.equal(events[0], 'data one');
      assert.match(events[1] ?? '', NOT_A_FRAME);
    });
  }

  it('tells of an end that came before the stream was opened', async (t) => {
    const port = await upgrader(t, Buffer.alloc(0));
    const stream = await dial(endpointOf({ transport: 'ws', port }), { signal: new AbortController().signal });
    stream.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { handler, events } = told();
    stream.open(handler);
    assert.deepEqual(events, []);
    await until(() => events.length === 1, { what: 'the end' });
  });
});

describe('a web page', () => {
  const refused = (served: Served) => served.log.filter((line) => line.includes('refused a connection'));

  async function answerTo(t: TestContext, served: Served, origin: string): Promise<string> {
    const ws = new WebSocket(`ws://127.0.0.1:${served.port}`, { origin });
    t.after(() => ws.terminate());
    return await new Promise((resolve) => {
      ws.once('open', () => resolve('open'));
      ws.once('error', (error) => resolve(error.message));
    });
  }

  it('is refused: its browser sends an Origin', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${served.port}`]) {
      assert.match(await answerTo(t, served, origin), /403/, origin);
    }
    const { text } = await bare(t, served, upgrade('Origin: '));
    await until(() => /^HTTP\/1\.1 403/.test(text()), { what: 'the refusal of an empty origin' });
    const old = await bare(t, served, upgrade('Sec-WebSocket-Origin: https://evil.example'));
    await until(() => /^HTTP\/1\.1 403/.test(old.text()), { what: 'the refusal of the older header' });
    assert.match(
      refused(served)[0] ?? '',
      /from ws:\/\/127.* allowedOrigins does not contain "https:\/\/evil\.example"$/,
    );
    const { calls } = await call(t, [served]);
    assert.equal(await calls.f(null), 1, 'and who is no browser is let in');
  });

  it('is let in when allowedOrigins names it, exactly', async (t) => {
    const allowedOrigins = ['https://good.example', 'http://localhost:8080'];
    const served = await serve(t, { f: () => 1 }, { transport: 'ws', allowedOrigins });
    for (const origin of allowedOrigins) assert.equal(await answerTo(t, served, origin), 'open');
    for (const origin of [
      'http://good.example',
      'https://good.example.evil',
      'https://good.example:8443',
      'http://localhost',
    ])
      assert.match(await answerTo(t, served, origin), /403/, origin);
  });

  it('writes no more of its own into the log than a short quotation', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const { peer } = await bare(t, served, upgrade(`Origin: https://x"\x9b31m${'y'.repeat(5_000)}`));
    await peer.closed();
    const [line = ''] = refused(served);
    assert.match(line, /allowedOrigins does not contain "https:\/\/x\\"\\u009b31my+\.\.\."$/);
    assert.ok(line.length < 300, `${line.length} characters`);
  });

  for (const allowedOrigins of [
    'https://x.example',
    null,
    [5],
    [''],
    ['*'],
    ['null'],
    ['x.example'],
    ['https://x.example/'],
    ['https://X.example'],
    ['https://x.example:443'],
    ['https://x.example/page'],
  ] as unknown[]) {
    it(`is not named by allowedOrigins: ${JSON.stringify(allowedOrigins)}`, () => {
      assert.throws(() => createRpcServer({ port: 0, allowedOrigins } as ServerOptions), {
        code: 'ERR_RPC_INVALID_ARGUMENT',
        message: /allowedOrigins/,
      });
    });
  }

  it('of an extension has a scheme of its own', () => {
    assert.doesNotThrow(() => createRpcServer({ port: 0, allowedOrigins: ['chrome-extension://abcdef'] }));
  });
});

describe('what has not become a WebSocket', () => {
  for (const limit of ['maxUnregistered', 'maxConnections']) {
    it(`is bounded by ${limit}: the oldest gives way`, async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport: 'ws', [limit]: 2 });
      const peers: RawPeer[] = [];
      for (let i = 0; i < 5; i++)
        peers.push((await bare(t, served, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n'))).peer);
      await until(() => peers.filter(({ isClosed }) => isClosed).length >= 3, { what: 'three of five to be closed' });
      assert.deepEqual(
        peers.map(({ isClosed }) => isClosed),
        [true, true, true, false, false],
      );
      assert.match(
        served.log.find((line) => line.includes('refused')) ?? '',
        /evicted for a newer connection; at most 2 may wait for their upgrade/,
      );
      const { calls } = await call(t, [served], { timeout: 1_000 });
      assert.equal(await calls.f(null), 1);
      await until(() => peers[3]?.isClosed, { what: 'one more to give way' });
      await bare(t, served, Buffer.from('GET / HTTP/1.1\r\n'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(peers[4]?.isClosed, false, 'what has become a WebSocket takes no place');
    });
  }

  it('and never wants to, is not kept', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const { peer, text } = await bare(t, served, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    await peer.closed(2_000);
    assert.match(text(), /^HTTP\/1\.1 426 /);
  });
});

describe('a message', () => {
  it('above maxFrameBytes ends the connection at its first bytes, and the server knows why', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws', maxFrameBytes: 100_000 });
    const ends = endsOf(served);
    const peer = await upgraded(t, served);
    const header = Buffer.alloc(14);
    header.writeUInt16BE(0x82ff);
    header.writeBigUInt64BE(100_001n, 2);
    peer.write(header);
    await peer.closed(2_000);
    assert.match(ends[0] ?? '', /lost: Max payload size exceeded$/);
  });

  it('that is malformed ends the connection, and the server knows why', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const ends = endsOf(served);
    const peer = await upgraded(t, served);
    peer.socket.pause();
    peer.write(MALFORMED);
    await until(() => ends.length === 1, { what: 'the end', timeoutMs: 8_000 });
    assert.match(ends[0] ?? '', NOT_A_FRAME);
  });

  it('that says that the peer ends it for a fault is passed on', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const ends = endsOf(served);
    for (const [code, end] of [
      [1009, /lost: the peer closed it with code 1009$/],
      [1000, /lost: the peer closed it$/],
    ] as const) {
      const ws = new WebSocket(`ws://127.0.0.1:${served.port}`);
      await untilEvent(ws, 'open', { what: 'the upgrade' });
      ws.close(code);
      await until(() => ends.length === 1, { what: 'the end' });
      assert.match(ends.pop() ?? '', end);
    }
  });

  it('that is one of countless pings, from a peer that does not read, ends the connection with that reason', async (t) => {
    const served = await serve(t, { f: () => 1 }, { transport: 'ws' });
    const ends = endsOf(served);
    const peer = await upgraded(t, served);
    peer.socket.pause();
    const pings = Buffer.concat(Array(20_000).fill(Buffer.from([0x89, 0x80, 0, 0, 0, 0])));
    peer.write(...Array(400).fill(pings));
    await until(() => ends.length === 1, { what: 'the end', timeoutMs: 20_000 });
    assert.match(ends[0] ?? '', /lost: the peer sends pings and does not read the answers$/);
  });

  it('is never longer than the other end takes, however much is written as one piece', async (t) => {
    const far = told();
    let received = 0;
    const onData = (chunk: Buffer) => {
      received += chunk.length;
    };
    const listener = await listen(endpointOf({ transport: 'ws', port: 0 }), {
      handshakeTimeout: 10_000,
      maxFrameBytes: 1_000,
      onStream: (stream) => stream.open({ ...far.handler, onData }),
      onError: () => {},
    });
    t.after(() => listener.close());
    const { signal } = new AbortController();
    const stream = await dial(listener.endpoint, { signal });
    t.after(() => stream.destroy());
    stream.open(told().handler);
    stream.write(Buffer.alloc(3_000_001, 7));
    await until(() => received === 3_000_001 || far.events.length > 0, { what: 'all bytes' });
    assert.deepEqual([received, far.events], [3_000_001, []]);
  });

  it('carries a part of a frame of any length that maxFrameBytes allows on both ends', async (t) => {
    const maxFrameBytes = 80 * 1024 * 1024;
    const served = await serve(t, { f: (bytes: Buffer) => bytes }, { transport: 'ws', maxFrameBytes });
    const { calls } = await call(t, [served], { maxFrameBytes });
    const sent = Buffer.alloc(70 * 1024 * 1024, 7);
    const got = await calls.f.with({ timeout: 30_000 })(null, sent);
    assert.equal(Buffer.compare(got, sent), 0);
  });

  it('of a frame whole is taken too: not every peer is one of ours', async (t) => {
    const served = await serve(t, { f: (text: string) => text.length }, { transport: 'ws' });
    const ws = new WebSocket(`ws://127.0.0.1:${served.port}`);
    t.after(() => ws.terminate());
    await untilEvent(ws, 'open', { what: 'the upgrade' });
    let answers = 0;
    ws.on('message', () => {
      answers += 1;
    });
    ws.send(request(1, { type: 'register_channel', channelName: 'test-1', ext: EXT }));
    await until(() => answers === 1, { what: 'the registration' });
    const body = Buffer.alloc(3_000_000, 'x');
    ws.send(request(2, { type: 'invoke', method: 'user.service.f', argLength: 1, oneway: false }, body));
    await until(() => answers === 2, { what: 'an answer' });
  });
});
