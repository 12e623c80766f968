import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { createClient, createServer, type RpcError, type Server } from '../../index.js';
import { PACKAGE } from '../../lib/package.js';
import { readText } from '../architecture/house.js';
import { until, untilEvent } from '../support/until.js';
import { FRAMES } from './wire-frames.js';
import { ACCEPTED, EXT, type Frame, readFrames, readList, readValue, writeFrame, writeList } from './wire-peer.js';

const quiet = { info() {}, warn() {}, error() {} };

/** A server of mailstation with one module, `user.area`. */
async function serve(t: TestContext): Promise<Server> {
  const area = {
    add: (a: number, b: number) => a + b,
    fail: () => {
      throw Object.assign(new RangeError('full'), { code: 'E_FULL' });
    },
    forever: () => new Promise(() => {}),
  };
  const services = { user: { area } };
  const server = createServer({ id: 'area-1', serverType: 'test', port: 0, services, keepalive: 50, logger: quiet });
  t.after(() => server.stop(true));
  await server.start();
  return server;
}

/** The Follower of the page, which answers heartbeats and keeps all that comes. */
class Follower {
  readonly frames: Frame[] = [];
  readonly #socket: Socket;
  #lastId = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    readFrames(socket, (frame) => {
      this.frames.push(frame);
      const { type } = frame.head;
      const head = type === 'heartbeat' || type === 'goaway' ? { type: `${type}_res` } : {};
      if (frame.kind === 'request') writeFrame(socket, { ...frame, kind: 'response', head, body: Buffer.alloc(0) });
    });
  }

  send(head: Record<string, unknown>, body?: Buffer, timeout = 3_000): number {
    this.#lastId += 1;
    writeFrame(this.#socket, { kind: 'request', id: this.#lastId, timeout, head, ...(body && { body }) });
    return this.#lastId;
  }

  async ask(head: Record<string, unknown>, body?: Buffer): Promise<Frame> {
    const id = this.send(head, body);
    const isAnswer = (frame: Frame): boolean => frame.kind === 'response' && frame.id === id;
    return until(() => this.frames.find(isAnswer), { what: `the answer to ${JSON.stringify(head)}` });
  }

  call(method: string, ...args: unknown[]): Promise<Frame> {
    return this.ask({ type: 'invoke', method, argLength: args.length, oneway: false }, writeList(args));
  }
}

async function follow(t: TestContext, { port }: Server): Promise<Follower> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {}); // a server that is stopped by force resets its connections
  await untilEvent(socket, 'connect', { what: 'the connection' });
  return new Follower(socket);
}

const headOnPage = (name: string): string => {
  const frame = FRAMES[name] ?? assert.fail(name);
  return frame.toString('utf8', 24, 24 + frame.readUInt32BE(16));
};
const timeoutOnPage = (name: string): number => (FRAMES[name] ?? assert.fail(name)).readUInt32BE(12);

describe('a peer written from docs/wire.md alone', () => {
  it('is as small as the page says, and imports nothing of the library', () => {
    assert.ok(!/from '\.\.?\//.test(readText('test/docs/wire-peer.ts')));
  });

  it('registers as a Follower, calls, and reads results and errors', async (t) => {
    const follower = await follow(t, await serve(t));
    const registered = await follower.ask({ type: 'register_channel', channelName: 'area-1', ext: EXT });
    assert.equal(registered.head['type'], 'register_channel_res');
    assert.deepEqual(registered.body, ACCEPTED);
    assert.equal(registered.timeout, timeoutOnPage('register_channel_res'));
    const ext = registered.head['ext'] as { codecs: string[]; holder: { pid: number; channels: string[] } };
    assert.deepEqual(ext.codecs, ['json']);
    assert.deepEqual([ext.holder.pid, ext.holder.channels], [process.pid, ['area-1']]);

    const sum = await follower.call('user.area.add', 1, 2);
    assert.deepEqual([sum.head['success'], readValue(sum.body)], [true, 3]);
    const failed = await follower.call('user.area.fail');
    assert.deepEqual(failed.head, { type: 'invoke_result', success: false });
    assert.deepEqual(readValue(failed.body), { name: 'RangeError', message: 'full', code: 'E_FULL' });
    const missing = await follower.call('user.area.nothing');
    assert.equal(missing.head['code'], 'ERR_RPC_NO_METHOD');
  });

  it('gets a list of results, and a report of a late call, once it lists the features', async (t) => {
    const follower = await follow(t, await serve(t));
    const ext = { ...EXT, features: ['results', 'progress'] };
    await follower.ask({ type: 'register_channel', channelName: 'area-1', ext });
    const sum = await follower.call('user.area.add', 1, 2);
    assert.deepEqual([sum.head['results'], readList(sum.body)], [1, [3]]);

    const head = { type: 'invoke', method: 'user.area.forever', argLength: 0, oneway: false };
    follower.send(head, undefined, 60);
    const isProgress = (frame: Frame): boolean => frame.head['type'] === 'progress';
    const progress = await until(() => follower.frames.find(isProgress), { what: 'a report' });
    const [report] = readValue(progress.body) as Record<string, unknown>[];
    assert.deepEqual(Object.keys(report ?? {}), ['id', 'heldMs', 'isRunning', 'stallMs']);
    assert.equal(report?.['id'], progress.id);
  });

  it('is drained by goaway: what it sent before its acknowledgement is answered', async (t) => {
    const server = await serve(t);
    const follower = await follow(t, server);
    await follower.ask({ type: 'register_channel', channelName: 'area-1', ext: { ...EXT, features: ['goaway'] } });
    const answered = follower.call('user.area.add', 1, 2);
    const stopped = server.stop();
    assert.equal(readValue((await answered).body), 3);
    await stopped;
    assert.ok(follower.frames.some(({ head }) => head['type'] === 'goaway'));
  });

  it('stays connected while it answers heartbeats', async (t) => {
    const follower = await follow(t, await serve(t));
    await follower.ask({ type: 'register_channel', channelName: 'area-1', ext: EXT });
    const beats = (): number => follower.frames.filter(({ head }) => head['type'] === 'heartbeat').length;
    await until(() => beats() >= 3, { what: 'three heartbeats' });
    assert.ok(follower.frames.every(({ head, timeout }) => head['type'] !== 'heartbeat' || timeout === 60_000));
    assert.equal(readValue((await follower.call('user.area.add', 1, 2)).body), 3);
  });

  it('gets an answer to what makes no sense, and stays connected', async (t) => {
    const follower = await follow(t, await serve(t));
    const early = await follower.call('user.area.add', 1, 2);
    assert.equal(early.head['success'], false);
    await follower.ask({ type: 'register_channel', channelName: 'area-1', ext: EXT });
    const unknown = await follower.ask({ type: 'teleport' });
    assert.equal(unknown.head['code'], 'ERR_RPC_BAD_REQUEST');
    const wrongWay = await follower.ask({ type: 'goaway' });
    assert.deepEqual([wrongWay.head, wrongWay.body.length], [{}, 0]);
    assert.equal(readValue((await follower.call('user.area.add', 1, 2)).body), 3);
  });

  it('serves a client of mailstation as a Leader', async (t) => {
    const heads: string[] = [];
    const server = createTcpServer((socket) => {
      readFrames(socket, ({ kind, id, timeout, head, body }) => {
        if (kind === 'response') return;
        heads.push(JSON.stringify(head));
        const answer = (headOfAnswer: Record<string, unknown>, bodyOfAnswer?: Buffer): void =>
          writeFrame(socket, {
            ...{ kind: 'response', id, timeout, head: headOfAnswer },
            ...(bodyOfAnswer && { body: bodyOfAnswer }),
          });
        if (head['type'] === 'register_channel') answer({ type: 'register_channel_res', ext: EXT }, ACCEPTED);
        else if (head['type'] === 'heartbeat') answer({ type: 'heartbeat_res' });
        else if (head['type'] !== 'invoke') answer({});
        else if (head['method'] !== 'user.area.add')
          answer(
            { type: 'invoke_result', success: false, code: 'ERR_RPC_NO_METHOD' },
            Buffer.from('{"name":"Error","message":"not there"}'),
          );
        else {
          const [a, b] = readList(body) as [number, number];
          answer({ type: 'invoke_result', success: true }, Buffer.from(JSON.stringify(a + b)));
        }
      });
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    const client = createClient({ logger: quiet });
    t.after(() => client.stop(true));
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    client.addServers([{ id: 'area-1', serverType: 'test', port }]);
    await client.start();
    const { area } = client.proxies.user.test;
    assert.equal(await area.add(null, 1, 2), 3);
    const own = JSON.stringify({ machine: hostname(), pid: process.pid, version: PACKAGE.version });
    const asOnPage = heads.map((head) => head.replace(own, '{"machine":"host-1","pid":4711,"version":"0.1.0"}'));
    assert.deepEqual(asOnPage, [headOnPage('register_channel'), headOnPage('invoke')]);
    await assert.rejects(area.nothing(null), (error: RpcError) => {
      assert.equal(error.code, 'ERR_RPC_NO_METHOD');
      assert.match(error.message, /not there/);
      return true;
    });
  });
});
