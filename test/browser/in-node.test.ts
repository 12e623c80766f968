import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { before, describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import type * as mailstation from '../../index.js';
import { callContext, createServer } from '../../index.js';
import { until, untilEvent } from '../support/until.js';
import { loadPage, type Page } from './page-files.js';

/** Globals of a page that older versions of Node lack. */
const globals = globalThis as { WebSocket?: unknown };
const ofNode = globals.WebSocket;

let page: Page;
/** Bytes that waited at most in the WebSockets of the client. */
let mostBuffered = 0;

class Watched extends WebSocket {
  override send(bytes: never): void {
    super.send(bytes);
    mostBuffered = Math.max(mostBuffered, this.bufferedAmount);
  }
}

interface Reached {
  readonly client: mailstation.Client;
  readonly echo: mailstation.UntypedMethod;
}

async function reach(t: TestContext, url: string, options: object = {}): Promise<Reached> {
  const client = page.createClient(options);
  client.addServer({ id: 'gate-1', serverType: 'gate', url });
  await client.start();
  t.after(() => client.stop(true));
  const { echo } = client.proxies['a']['gate']['b'];
  return { client, echo };
}

async function serve(t: TestContext): Promise<string> {
  const fail = async () => {
    throw Object.assign(new Error('the purse is empty'), { toStrinX: 1, balance: 3 });
  };
  const count = async function* (to: number) {
    for (let i = 0; i < to; i++) yield { i };
  };
  const sent = () => (callContext() as mailstation.CallContext).stream as AsyncIterable<number>;
  const sum = async (upTo?: number) => {
    let total = 0;
    for await (const item of sent()) {
      total += item;
      if (item === upTo) break;
    }
    return total;
  };
  const double = async function* () {
    for await (const item of sent()) yield item * 2;
  };
  const services = {
    a: { b: { echo: async (value: unknown) => value, none: () => new Promise(() => {}), fail, count, sum, double } },
  };
  const logger = { info() {}, warn() {}, error() {} };
  const server = createServer({ listen: 'ws://127.0.0.1:0', services, logger });
  await server.start();
  t.after(() => server.stop(true));
  return server.urls[0] ?? '';
}

/** A WebSocket server that is none of ours. */
async function other(t: TestContext, onConnection: (ws: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', onConnection);
  t.after(() => {
    for (const ws of server.clients) ws.terminate();
    server.close();
  });
  await untilEvent(server, 'listening', { what: 'the server to listen' });
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** A process between a page and a server, which may change the bytes that the server sends. */
function between(
  t: TestContext,
  url: string,
  onConnection: (ws: WebSocket) => void,
  change = (bytes: Buffer): Buffer => bytes,
): Promise<string> {
  return other(t, (ws) => {
    const upstream = new WebSocket(url);
    const early: unknown[] = [];
    ws.on('message', (data) => (upstream.readyState === upstream.OPEN ? upstream.send(data) : early.push(data)));
    upstream.on('open', () => {
      for (const data of early) upstream.send(data as never);
    });
    upstream.on('message', (data) => ws.send(change(data as Buffer)));
    ws.on('close', () => upstream.close());
    onConnection(ws);
  });
}

const failure = (promise: Promise<unknown>): Promise<mailstation.RpcError> =>
  promise.then(
    () => assert.fail('the call succeeded'),
    (error) => error,
  );

describe('the client for web pages, with the WebSocket of the package ws', () => {
  before(async () => {
    globals.WebSocket = Watched;
    page = await loadPage();
  });

  it('sends streams, in every way that one ends', async (t) => {
    const { client, echo } = await reach(t, await serve(t));
    const { sum, double } = client.proxies['a']['gate']['b'];
    const ends: string[] = [];
    async function* numbers(to: number, fails = false) {
      try {
        for (let i = 1; i <= to; i++) yield i;
        if (fails) throw new RangeError('disk');
      } finally {
        ends.push(`to ${to}`);
      }
    }
    assert.equal(await sum.with({ stream: numbers(1_000) })(null), 500_500);
    let left = 3;
    const pull = (c: ReadableStreamDefaultController) => (left > 0 ? c.enqueue(left--) : c.close());
    assert.equal(await sum.with({ stream: new ReadableStream({ pull }) })(null), 6);
    const both: number[] = [];
    for await (const item of double.with({ stream: numbers(400) }).stream(null)) both.push(item);
    assert.deepEqual([both.length, both.at(-1)], [400, 800]);
    assert.equal(await sum.with({ stream: numbers(2 ** 30) })(null, 3), 6);
    await until(() => ends.includes(`to ${2 ** 30}`), { what: 'the end of the endless source' });
    const failed = await failure(sum.with({ stream: numbers(2, true) })(null));
    assert.deepEqual([failed.code, (failed.cause as Error).message], ['ERR_RPC_UPLOAD', 'disk']);
    const unsendable = new ReadableStream({ start: (c) => c.enqueue(() => {}) });
    assert.equal((await failure(sum.with({ stream: unsendable })(null))).code, 'ERR_RPC_ENCODE');
    const aborting = sum.with({ stream: numbers(2 ** 31), signal: AbortSignal.timeout(100) })(null);
    assert.equal((await failure(aborting)).code, 'ERR_RPC_CANCELLED');
    await until(() => ends.includes(`to ${2 ** 31}`), { what: 'the end of the source' });
    assert.throws(() => sum.with({ stream: [1] as never }), { code: 'ERR_RPC_INVALID_ARGUMENT' });
    assert.equal((await failure(sum.with({ stream: numbers(1) }).oneway(null))).code, 'ERR_RPC_INVALID_ARGUMENT');
    assert.equal((await failure(sum.with({ stream: numbers(1) }).broadcast())).code, 'ERR_RPC_INVALID_ARGUMENT');
    assert.equal(await echo(null, 1), 1);
  });

  it('reads streams of results, as an iterator and as a stream of the web', async (t) => {
    const { client } = await reach(t, await serve(t));
    const { count } = client.proxies['a']['gate']['b'];
    const read: unknown[] = [];
    for await (const { i } of count.stream(null, 600)) read.push(i);
    assert.deepEqual(read, [...Array(600).keys()]);
    for await (const item of count.stream(null, 600).toWeb()) if (item.i === 5) break;
    const { code, delivered } = await failure(count.stream.with({ signal: AbortSignal.abort() })(null, 1).next());
    assert.deepEqual([code, delivered], ['ERR_RPC_CANCELLED', 0]);
    assert.equal(count.stream(null, 1).toReadable, undefined);
  });

  it('carries the values that Node carries', async (t) => {
    const { echo } = await reach(t, await serve(t));
    const values = [
      ...[undefined, null, true, 0, -0, 1.5, -1, 2 ** 31, -(2 ** 31), Number.NaN, Number.POSITIVE_INFINITY],
      ...['', 'a', 'é'.repeat(31), '😀'.repeat(200), 'x'.repeat(70_000), 5n, -(2n ** 63n), 2n ** 64n, -(3n ** 90n)],
      ...[[], [1, [2]], {}, { a: { b: [null] } }, new Date(0), new Date(-1), new Date(1e12 + 1)],
      ...[
        new Map<unknown, unknown>([[{ k: 1 }, 2]]),
        new Set([1, 'x']),
        new Uint8Array([1, 2]),
        new Float64Array([0.1]),
      ],
      ...[new Uint8Array([1]).buffer, new DataView(new ArrayBuffer(3)), new Uint8Array(3_000_000).fill(9)],
    ];
    for (const value of values) assert.deepEqual(await echo(null, value), value);
    const error = (await echo(null, new TypeError('no', { cause: 1 }))) as Error;
    assert.deepEqual([error.name, error.message, error.cause], ['TypeError', 'no', 1]);
  });

  it('refuses what would not arrive, by the path of the part', async (t) => {
    const { echo } = await reach(t, await serve(t));
    const cycle: Record<string, unknown> = {};
    cycle['self'] = [cycle];
    const wrong: readonly [unknown, RegExp][] = [
      [{ a: [() => {}] }, /args\[0\]\.a\[0\] is a function, which the msgpack codec cannot carry/],
      [[Promise.resolve()], /args\[0\]\[0\] is a promise, .*; await it first/],
      [/x/, /args\[0\] is an object of the class RegExp/],
      [cycle, /is a cycle, which no codec can carry/],
      ['\ud800', /args\[0\] is a text with half of a surrogate pair/],
      [new Map([[1, Symbol('s')]]), /args\[0\]\[1\] is a symbol/],
    ];
    for (const [value, text] of wrong) {
      const { code, message, delivery } = await failure(echo(null, value));
      assert.deepEqual([code, delivery], ['ERR_RPC_ENCODE', 'not-sent']);
      assert.match(message, text);
    }
  });

  it('refuses servers that a page cannot reach, when they are added', () => {
    const client = page.createClient();
    const add = (server: object) => (): void => client.addServer({ id: 'x', serverType: 'y', ...server } as never);
    const only = /must be a URL of WebSockets, got ".*": a web page connects by ws:\/\/ or wss:\/\/ only$/;
    const wrong: readonly [object, RegExp][] = [
      [{ port: 3333 }, /^server x has no url: a web page connects by ws:\/\/ or wss:\/\/ only/],
      [{ url: 'tcp://a:1' }, only],
      [{ url: 'unix:/run/a.sock' }, only],
      [{ url: 'a:1' }, only],
      [{ url: 'http://u:secret@a/' }, /got "http:\/\/a\/": write ws:\/\/$/],
      [{ url: 'https://a' }, /write wss:\/\/$/],
      [{ url: 'wss://u:secret@a/' }, /must not hold a user or a password, got "wss:\/\/a\/"/],
      [{ url: 'wss://a/#x' }, /must not have a fragment/],
      [{ url: 7 }, /the url of server x must be a non-empty string/],
    ];
    for (const [server, message] of wrong) assert.throws(add(server), { code: 'ERR_RPC_INVALID_ARGUMENT', message });
    assert.deepEqual(client.getServersByType('y'), []);
    add({ url: 'wss://[::1]:8443/rpc?room=1' })();
    assert.equal(client.getServersByType('y')[0]?.url, 'wss://[::1]:8443/rpc?room=1');
  });

  it('refuses the options of Node that it does not have', () => {
    assert.throws(() => page.createClient({ failMode: 'failback' }), /failMode must be one of .*failfast.*failover/);
    assert.throws(() => page.createClient({ router: 'ch' }), /router must be one of default, rd, rr/);
    assert.throws(() => page.createClient({ timeout: 0 }), /timeout/);
  });

  it('says why a server has closed the WebSocket after accepting it', async (t) => {
    const url = await other(t, (ws) => ws.close(4001, 'banned \u202e'));
    const { echo } = await reach(t, url);
    const { code, message } = await failure(echo.with({ timeout: 300 })(null, 1));
    assert.equal(code, 'ERR_RPC_CONNECT');
    assert.match(message, /the server closed it with code 4001: banned \\u202e/);
  });

  it('says that the connection broke, and loses the calls on it', async (t) => {
    const { echo } = await reach(t, await other(t, (ws) => ws.once('message', () => ws.terminate())));
    const { message } = await failure(echo.with({ timeout: 300 })(null, 1));
    assert.match(message, /the connection broke \(close code 1006\): the server is gone, or the network is down/);
  });

  it('ends the connection to a server that sends no packets', async (t) => {
    const { echo } = await reach(t, await other(t, (ws) => ws.send('hello')));
    const { message } = await failure(echo.with({ timeout: 300 })(null, 1));
    assert.match(message, /version 104, expected 1/);
  });

  it('sets no field on an error that the language reads of every object', async (t) => {
    const renamed = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('toStrinX', 'toString'), 'latin1');
    const { client } = await reach(t, await between(t, await serve(t), () => {}, renamed));
    const { cause } = await failure(client.proxies['a']['gate']['b'].fail(null));
    assert.equal((cause as { balance?: unknown }).balance, 3);
    assert.equal(Object.hasOwn(cause as object, 'toString'), false);
    assert.equal(String(cause), 'Error: the purse is empty');
  });

  it('holds calls back where the server does not read, by maxQueuedBytes', async (t) => {
    const sockets: WebSocket[] = [];
    const proxy = await between(t, await serve(t), (ws) => void sockets.push(ws));
    const { echo } = await reach(t, proxy, { maxQueuedBytes: 400_000 });
    await echo(null, 'open');
    sockets[0]?.pause();
    mostBuffered = 0;
    const calls = Array.from({ length: 120 }, (_, i) => echo(null, new Uint8Array(50_000).fill(i)));
    await until(() => mostBuffered > 256_000, { what: 'the queue to fill' });
    assert.ok(mostBuffered < 1_000_000, `${mostBuffered} bytes waited`);
    sockets[0]?.resume();
    const answers = (await Promise.all(calls)) as Uint8Array[];
    assert.ok(answers.every((answer, i) => answer.length === 50_000 && answer[0] === i));
  });

  it("calls by Node's own WebSocket, and ends an attempt that is refused", {
    skip: ofNode === undefined && 'this Node has none',
  }, async (t) => {
    globals.WebSocket = ofNode;
    t.after(() => {
      globals.WebSocket = Watched;
    });
    const { echo } = await reach(t, await serve(t));
    assert.equal(await echo(null, 'by Node'), 'by Node');
    // Node 22 gives `error` and no `close` for a refused handshake.
    const http = createHttpServer((_request, response) => response.writeHead(403).end());
    http.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'));
    http.listen(0, '127.0.0.1');
    await untilEvent(http, 'listening', { what: 'the server to listen' });
    t.after(() => http.close());
    const refused = await reach(t, `ws://127.0.0.1:${(http.address() as { port: number }).port}`);
    const { code, message } = await failure(refused.echo.with({ timeout: 800 })(null, 1));
    assert.equal(code, 'ERR_RPC_CONNECT');
    assert.match(
      message,
      /did not open a WebSocket.*the client made ([2-9]|\d\d) attempts|made ([2-9]|\d\d) attempts.*did not open/,
    );
  });

  it('expires calls, cancels them, and stops', async (t) => {
    const { client, echo } = await reach(t, await serve(t));
    const { none } = client.proxies['a']['gate']['b'];
    await echo(null, 'connected');
    const late = await failure(none.with({ timeout: 50 })(null));
    assert.deepEqual([late.code, late.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
    const cancelled = await failure(none.with({ signal: AbortSignal.timeout(20) })(null));
    assert.equal(cancelled.code, 'ERR_RPC_CANCELLED');
    const waiting = failure(none(null));
    await client.stop(true);
    assert.equal((await waiting).code, 'ERR_RPC_CLOSED');
    assert.equal((await failure(echo(null))).code, 'ERR_RPC_CLOSED');
    await assert.rejects(client.start(), { code: 'ERR_RPC_CLOSED' });
  });

  it('has proxies for every name but those of the language', async (t) => {
    const { client } = await reach(t, await serve(t));
    const { proxies } = client;
    assert.equal(await proxies, proxies);
    assert.equal(proxies['a'], proxies['a']);
    assert.equal(proxies['a']['gate']['b']['toJSON'], undefined);
    const missing = await failure(proxies['a']['gate']['b']['nothing'](null));
    assert.equal(missing.code, 'ERR_RPC_NO_METHOD');
    assert.equal((await failure(proxies['a']['nowhere']['b']['echo'](null))).code, 'ERR_RPC_NO_SERVER');
  });
});
