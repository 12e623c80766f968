import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { mockClock, request } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { EXT, RawPeer, rawCaller, registeredCaller, unstock } from './raw-peers.js';
import { Registry, sharedWorld } from './shared-client-support.js';
import { call, overTransports, type Served, serve } from './support.js';

const STOCK = { type: 'register_channel', channelName: 'nobody' };
const OWN = { ...STOCK, ext: EXT };

async function strangers(
  t: TestContext,
  { port }: { port: number },
  count: number,
  ...bytes: Buffer[]
): Promise<RawPeer[]> {
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) {
    const peer = await rawCaller(t, port);
    peer.write(...bytes);
    peers.push(peer);
  }
  return peers;
}

const closed = (peers: readonly RawPeer[]) => peers.map(({ isClosed }) => isClosed);
const linesOf = ({ log }: Served, what: string) => log.filter((line) => line.includes(what));

describe('connections that do not register keep nobody out', () => {
  for (const [who, ...bytes] of [
    ['say nothing'],
    ['wait, as stock peers do, for a channel that nobody leads', request(1, STOCK, undefined, 0xffffffff)],
    ['wait, as peers of our own kind do, for a channel that nobody leads', request(1, OWN, undefined, 0xffffffff)],
  ] as [string, ...Buffer[]][]) {
    it(`when they ${who}: the oldest gives way to a caller`, async (t) => {
      const served = await serve(t, { f: () => 1 }, { maxUnregistered: 3 });
      const peers = await strangers(t, served, 3, ...bytes);
      const { calls } = await call(t, [served], { timeout: 1_000 });
      assert.equal(await calls.f(null), 1);
      await until(() => peers[0]?.isClosed, { what: 'the oldest to be dropped' });
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(closed(peers), [true, false, false]);
      assert.match(
        linesOf(served, 'dropped the connection')[0] ?? '',
        /from 127\.0\.0\.1:\d+: the connection had not registered in \d+ ms and was evicted for a newer one; 3 connections have not registered \(maxUnregistered\)$/,
      );
      await (await call(t, [served], { timeout: 1_000 })).calls.f(null);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(closed(peers), [true, false, false], 'who has registered takes no place among them');
    });
  }

  it('when they are as many as maxConnections, either', async (t) => {
    const served = await serve(t, { f: () => 1 }, { maxConnections: 2 });
    const peers = await strangers(t, served, 2);
    const { calls } = await call(t, [served], { timeout: 1_000 });
    assert.equal(await calls.f(null), 1);
    assert.deepEqual(closed(peers), [true, false]);
  });

  it('and are not driven out by who is not let in himself', async (t) => {
    const whitelist: RegExp[] = [/127\.0\.0\.1/];
    const served = await serve(t, { f: () => 1 }, { host: '0.0.0.0', insecure: true, maxUnregistered: 1, whitelist });
    const [peer] = await strangers(t, served, 1);
    const other = new RawPeer(connect({ port: served.port, host: '127.0.0.1', localAddress: '127.0.0.2' }));
    t.after(() => other.socket.destroy());
    await other.closed();
    assert.match(linesOf(served, 'refused a connection')[0] ?? '', /127\.0\.0\.2 is not in the whitelist/);
    assert.equal(peer?.isClosed, false);
  });

  overTransports((transport) => {
    it('and one of our own kind that was dropped comes back', async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport, maxUnregistered: 1 });
      for (let i = 0; i < 5; i++) {
        await strangers(t, served, 1);
        assert.equal(await (await call(t, [served], { timeout: 2_000 })).calls.f(null), 1);
      }
    });
  });
});

describe('a registration that waits for a Leader', () => {
  it('waits on without an end at a stock peer, while there is room', async (t) => {
    const served = await serve(t, { f: () => 1 }, { maxUnregistered: 3, handshakeTimeout: 50 });
    const peers = await strangers(t, served, 3, request(1, STOCK, undefined, 50));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(closed(peers), [false, false, false]);
  });

  it('is refused after 30 s at a peer of our own kind, whatever time that gives it', async (t) => {
    // On a port where another channel may get its Leader later; a server has one channel, and refuses others at once.
    const world = await sharedWorld(t);
    await world.join(Registry).ready();
    const clock = mockClock(t);
    const [peer] = (await strangers(
      t,
      world,
      1,
      request(1, OWN, undefined, 0xffffffff),
      request(2, { type: 'x' }),
    )) as [RawPeer];
    assert.equal((await peer.next()).id, 2);
    clock.advance(29_999);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(peer.packets.length, 1);
    clock.advance(1);
    const { error } = unstock((await peer.next()).body) as { error: { message: string } };
    assert.match(error.message, /^no process leads the channel "nobody"/);
  });

  it('is refused with its channel’s name cut short', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const name = `\u202e${'x'.repeat(10_000)}`;
    const [peer] = await strangers(t, served, 1, request(1, { ...OWN, channelName: name }, undefined, 20));
    const { error } = unstock((await (peer as RawPeer).next()).body) as { error: { message: string } };
    assert.match(error.message, /^no process leads the channel "\\u202ex{99}\.\.\." on this port/);
  });
});

describe('the log of those who were turned away', () => {
  it('has a line a second, and says how many were left out', async (t) => {
    const served = await serve(t, { f: () => 1 }, { maxUnregistered: 1 });
    const clock = mockClock(t);
    const peers = await strangers(t, served, 6);
    await until(() => closed(peers).filter(Boolean).length === 5, { what: 'five of six to be dropped' });
    const lines = () => linesOf(served, 'dropped the connection');
    assert.equal(lines().length, 1);
    clock.advance(1_000);
    assert.equal(lines().length, 2);
    assert.match(lines()[1] ?? '', /\(maxUnregistered\) \(and 3 more like it, left out\)$/);
    clock.advance(5_000);
    assert.equal(lines().length, 2);
    await strangers(t, served, 1);
    await until(() => lines().length === 3, { what: 'the next line, at once' });
    assert.match(lines()[2] ?? '', /1 connections have not registered \(maxUnregistered\)$/);
  });

  it('is the same for refusals, and complete when the server stops', async (t) => {
    const served = await serve(t, { f: () => 1 }, { whitelist: ['127.0.0.2'] });
    const peers = await strangers(t, served, 5);
    await until(() => closed(peers).every(Boolean), { what: 'all to be refused' });
    const lines = () => linesOf(served, 'refused a connection');
    assert.equal(lines().length, 1);
    await served.server.stop();
    assert.equal(lines().length, 2);
    assert.match(lines()[1] ?? '', /127\.0\.0\.1 is not in the whitelist \(and 3 more like it, left out\)$/);
  });
});

describe('a caller that does not read its answers for a while', () => {
  it('is not taken for one that sends half a frame and nothing more', async (t) => {
    let calls = 0;
    const service = {
      f: () => 'x'.repeat(3_500_000),
      g: () => {
        calls += 1;
      },
    };
    const served = await serve(t, service, { handshakeTimeout: 100 });
    const reasons: string[] = [];
    served.server.on('disconnection', (_peer, reason) => reasons.push(reason.message));
    const peer = await registeredCaller(t, served.port);
    const invoke = (id: number, method: string) =>
      request(id, { type: 'invoke', method: `user.service.${method}`, argLength: 0, oneway: false });
    const last = invoke(9, 'g');
    peer.socket.pause();
    peer.write(Buffer.concat([2, 3, 4, 5].map((id) => invoke(id, 'f')).concat(last.subarray(0, 10))));
    await new Promise((resolve) => setTimeout(resolve, 50)); // it is full of answers by now, and reads no more
    peer.write(last.subarray(10));
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.deepEqual(reasons, []);
    assert.equal(calls, 0, 'it was not read');
    peer.socket.removeAllListeners('data').resume();
    await until(() => calls === 1, { what: 'the last call' });
  });
});
