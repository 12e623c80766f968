import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until, untilEvent } from '../support/until.js';
import { rawCaller, rawLeader, registeredCaller } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve, unusedPort } from './support.js';

describe('what waits is bounded', () => {
  it('calls for a connection, by pendingSize: the next one fails at once', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { pendingSize: 3 });
    const waiting = [1, 2, 3].map((n) => calls.f(null, n));
    const error = await failure(calls.f(null, 4));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_PENDING_FULL', 'not-sent']);
    assert.match(error.message, /not sent: 3 calls already wait for a connection to test-1 at 127\.0\.0\.1:\d+/);
    const seen: number[] = [];
    await serve(t, { f: (n: number) => seen.push(n) }, { port });
    await Promise.all(waiting);
    assert.deepEqual(seen, [1, 2, 3], 'and never comes');
    await Promise.all([5, 6, 7, 8, 9].map((n) => calls.f(null, n)));
  });

  it('by server: one that is down takes no place from another', async (t) => {
    const served = await serve(t, { f: () => 'up' }, { id: 'up-1' });
    const port = await unusedPort(t);
    const { calls, client } = await call(t, [served, { id: 'down-1', serverType: 'test', port }], { pendingSize: 2 });
    const waiting = [1, 2].map(() => failure(calls.f.toServer('down-1')));
    client.before(async () => {});
    assert.equal(await calls.f.toServer('up-1'), 'up');
    await client.stop(true);
    await Promise.all(waiting);
  });

  it('with pendingSize 0 a call fails unless there is a connection, which the attempt makes', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls, moves } = await call(t, [served], { pendingSize: 0 });
    const error = await failure(calls.f(null));
    assert.equal(error.code, 'ERR_RPC_PENDING_FULL');
    assert.match(
      error.message,
      /not sent: there is no connection to test-1 at 127\.0\.0\.1:\d+, and pendingSize is 0$/,
    );
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the connection' });
    assert.equal(await calls.f(null), 1);
  });

  it('calls for a router or a filter, by pendingSize', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const open: (() => void)[] = [];
    const router = () => new Promise<string>((resolve) => open.push(() => resolve('test-1')));
    const { calls } = await call(t, [served], { router, pendingSize: 2 });
    const waiting = [calls.f(null), calls.f(null)];
    const error = await failure(calls.f(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_PENDING_FULL', 'not-sent']);
    assert.match(
      error.message,
      /not sent: still in routing, where 2 calls already wait, and pendingSize allows no more; /,
    );
    for (const go of open) go();
    assert.deepEqual(await Promise.all(waiting), [1, 1]);
  });

  it('bytes for a server that stops reading, by maxQueuedBytes; what is called then waits, by pendingSize', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t);
    const { client, calls } = await call(t, [leader.info], {
      maxQueuedBytes: 1_000_000,
      pendingSize: 10,
      timeout: 60_000,
    });
    const all = [failure(calls.f(null))];
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.socket.pause();
    const body = Buffer.alloc(500_000).toString('base64');
    let refused = 0;
    for (let i = 0; i < 100 && refused === 0; i++) {
      const ended = failure(calls.f(null, body)).then((error) => {
        if (error.code !== 'ERR_RPC_PENDING_FULL') return error;
        refused += 1;
        assert.equal(error.delivery, 'not-sent');
        return error;
      });
      all.push(ended);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(refused > 0, 'the queue has an end');
    assert.ok(all.length < 80);
    await client.stop(true);
    await Promise.all(all);
  });

  it('and calls flow again when the server reads on', async (t) => {
    const leader = await rawLeader(t);
    const { client, calls } = await call(t, [leader.info], {
      maxQueuedBytes: 100_000,
      pendingSize: 5,
      timeout: 60_000,
    });
    failure(calls.f(null)).catch(() => {});
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.socket.pause();
    const body = 'x'.repeat(500_000);
    for (let isFull = false; !isFull; ) {
      const ended = failure(calls.f(null, body)).then(({ code }) => code);
      const code = await Promise.race([ended, new Promise((resolve) => setImmediate(resolve))]);
      isFull = code === 'ERR_RPC_PENDING_FULL';
    }
    peer.socket.resume();
    const before = peer.packets.length;
    await until(
      () => {
        failure(calls.f(null, 'small')).catch(() => {});
        return peer.packets.length > before + 2 && peer.packets.at(-1)?.body.toString().includes('small');
      },
      { what: 'a call to arrive' },
    );
    await client.stop(true);
  });

  it('calls in flight, by maxInFlight: those over it wait, in order', async (t) => {
    const gate = makeGate();
    const seen: number[] = [];
    const service = {
      f: (n: number) => {
        seen.push(n);
        return gate.pass(n);
      },
    };
    const served = await serve(t, service);
    const { calls } = await call(t, [served], { maxInFlight: 3 });
    const all = Promise.all(Array.from({ length: 20 }, (_, n) => calls.f(null, n)));
    await gate.arrivals(3);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(gate.arrived, 3);
    gate.open();
    assert.deepEqual(
      await all,
      Array.from({ length: 20 }, (_, n) => n),
    );
    assert.deepEqual(seen, await all);
  });

  it('calls in flight that are never answered: their places are free again when they have timed out', async (t) => {
    const served = await serve(t, { hang: () => new Promise(() => {}), f: () => 1 });
    const { calls } = await call(t, [served], { maxInFlight: 2 });
    await calls.f(null);
    const hanging = [1, 2].map(() => failure(calls.hang.with({ timeout: 50 })(null)));
    const held = calls.f.with({ timeout: 2_000 })(null);
    for (const { code } of await Promise.all(hanging)) assert.equal(code, 'ERR_RPC_TIMEOUT');
    assert.equal(await held, 1, 'and not only when a heartbeat is answered');
    const [hang, last] = [failure(calls.hang.with({ timeout: 50 })(null)), calls.f(null)];
    assert.equal(await last, 1);
    await hang;
  });

  it('answers to heartbeats, for a server that only asks and does not read', async (t) => {
    const leader = await rawLeader(t);
    const { calls, moves } = await call(t, [leader.info], { maxQueuedBytes: 100_000 });
    calls.f.oneway(null).catch(() => {});
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.socket.pause();
    const heartbeats = Buffer.concat(Array.from({ length: 5_000 }, (_, id) => request(id, { type: 'heartbeat' })));
    for (let sent = 0; sent < 400 && moves.length < 3; sent++) {
      if (!peer.socket.write(heartbeats)) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => moves.length > 2, { what: 'the end of that connection' });
    assert.equal(moves[2], 'test-1 ready -> backoff');
  });

  overTransports((transport) => {
    it('answers for a caller that stops reading: it is cut off, and the others are served', async (t) => {
      const service = { big: () => 'x'.repeat(1_000_000), f: () => 1 };
      const served = await serve(t, service, { transport, maxQueuedBytes: 2_000_000, keepalive: 300 });
      const reasons: string[] = [];
      served.server.on('disconnection', (_caller, reason) => reasons.push(reason.code));
      if (transport === 'tcp') {
        const peer = await registeredCaller(t, served.port);
        peer.socket.pause();
        for (let id = 2; id < 40; id++) {
          peer.write(request(id, { type: 'invoke', method: 'user.service.big', argLength: 0, oneway: false }));
        }
      } else {
        const socket = new WebSocket(`ws://127.0.0.1:${served.port}`);
        t.after(() => socket.terminate());
        await untilEvent(socket, 'open', { what: 'the connection' });
        const ext = { version: 1, codecs: ['json'], features: [] };
        socket.send(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
        await untilEvent(socket, 'message', { what: 'the registration' });
        socket.pause();
        for (let id = 2; id < 40; id++) {
          socket.send(request(id, { type: 'invoke', method: 'user.service.big', argLength: 0, oneway: false }));
        }
      }
      await until(() => reasons.length > 0, { what: 'the end of the caller' });
      // What it asked for in one piece overflows the queue; what it asks for piece by piece is not even read.
      assert.match(reasons.join(), /^(ERR_RPC_QUEUE_FULL|ERR_RPC_PEER_SILENT)$/);
      const { calls } = await call(t, [served]);
      assert.equal(await calls.f(null), 1);
    });
  });
});

describe('frames are bounded', () => {
  overTransports((transport) => {
    it('a call over the client’s maxFrameBytes fails alone, and before it is sent', async (t) => {
      const served = await serve(t, { f: (text: string) => text.length }, { transport });
      const { calls } = await call(t, [served], { maxFrameBytes: 100_000 });
      const other = calls.f(null, 'x');
      const error = await failure(calls.f(null, 'x'.repeat(200_000)));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FRAME_TOO_LARGE', 'not-sent']);
      assert.deepEqual([await other, await calls.f(null, 'x'.repeat(90_000))], [1, 90_000]);
    });

    it('an answer over the server’s maxFrameBytes is an error of that call alone', async (t) => {
      const served = await serve(t, { f: (n: number) => 'x'.repeat(n) }, { transport, maxFrameBytes: 100_000 });
      const { calls } = await call(t, [served]);
      const [big, small] = [failure(calls.f(null, 200_000)), calls.f(null, 5)];
      const error = await big;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FRAME_TOO_LARGE', 'answered']);
      assert.match(error.message, /the result cannot be sent: .*maxFrameBytes is 100000/);
      assert.equal(await small, 'xxxxx');
    });

    it('a call over the server’s maxFrameBytes is refused where it is made, and the connection lives', async (t) => {
      const served = await serve(t, { f: (text: string) => text.length }, { transport, maxFrameBytes: 100_000 });
      const { calls, moves } = await call(t, [served]);
      const error = await failure(calls.f(null, 'x'.repeat(200_000)));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FRAME_TOO_LARGE', 'not-sent']);
      assert.match(error.message, /maxFrameBytes is 100000/);
      assert.equal(await calls.f(null, 'x'.repeat(90_000)), 90_000);
      assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
    });
  });

  it('a method’s name over the limit of a head fails that call alone', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass(1) });
    const { calls } = await call(t, [served]);
    const other = calls.f(null);
    await gate.arrivals(1);
    const error = await failure(calls['x'.repeat(70_000)](null));
    assert.equal(error.delivery, 'not-sent');
    gate.open();
    assert.equal(await other, 1);
  });

  it('more arguments than a list may have fail that call alone', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass(1) });
    const { calls } = await call(t, [served]);
    const other = calls.f(null);
    await gate.arrivals(1);
    const error = await failure(calls.f(null, ...new Array(5_000).fill(0)));
    assert.ok(['ERR_RPC_BAD_REQUEST', 'ERR_RPC_ENCODE', 'ERR_RPC_INVALID_ARGUMENT'].includes(error.code), error.code);
    gate.open();
    assert.equal(await other, 1);
  });

  it('an error larger than a frame fails its call alone', async (t) => {
    const gate = makeGate();
    const service = {
      f: () => gate.pass(1),
      fail: () => Promise.reject(new Error('x'.repeat(200_000))),
    };
    const served = await serve(t, service, { maxFrameBytes: 100_000 });
    const { calls } = await call(t, [served]);
    const other = calls.f(null);
    await gate.arrivals(1);
    const error = await failure(calls.fail(null));
    assert.equal(error.delivery, 'answered');
    gate.open();
    assert.equal(await other, 1);
  });
});

describe('who connects is bounded', () => {
  async function refusals(t: TestContext, options: object) {
    const served = await serve(t, { f: () => 1 }, options);
    return { served, refused: () => served.log.filter((line) => line.includes('refused a connection')) };
  }

  it('by maxUnregistered: the oldest of those who do not register gives way', async (t) => {
    const served = await serve(t, { f: () => 1 }, { maxUnregistered: 2 });
    const idle = [await rawCaller(t, served.port), await rawCaller(t, served.port), await rawCaller(t, served.port)];
    await idle[0]?.closed();
    assert.match(
      served.log.at(-1) ?? '',
      /dropped the connection from .* 2 connections have not registered \(maxUnregistered\)$/,
    );
    assert.deepEqual(
      idle.map(({ isClosed }) => isClosed),
      [true, false, false],
    );
  });

  it('by maxConnections', async (t) => {
    const { served, refused } = await refusals(t, { maxConnections: 1 });
    const { calls } = await call(t, [served]);
    await calls.f(null);
    const second = await rawCaller(t, served.port);
    await second.closed();
    assert.match(refused()[0] ?? '', /1 connections are open \(maxConnections\)/);
    assert.equal(await calls.f(null), 1);
  });

  it('and news of those who were refused is no news of connections', async (t) => {
    const { served } = await refusals(t, { maxConnections: 1 });
    const news: string[] = [];
    served.server.on('connection', () => news.push('connection'));
    served.server.on('disconnection', () => news.push('disconnection'));
    const { calls, client } = await call(t, [served]);
    await calls.f(null);
    await (await rawCaller(t, served.port)).closed();
    await client.stop();
    await until(() => news.includes('disconnection'), { what: 'the end of the client' });
    assert.deepEqual(news, ['connection', 'disconnection']);
  });

  overTransports((transport) => {
    it('in time: who does not register in handshakeTimeout is cut off', async (t) => {
      const served = await serve(t, { f: () => 1 }, { transport, handshakeTimeout: 100 });
      const silent = await rawCaller(t, served.port);
      await silent.closed(2_000);
    });
  });

  it('in time: who sends half a frame is cut off, registered or not', async (t) => {
    const served = await serve(t, { f: () => 1 }, { handshakeTimeout: 100 });
    const reasons: string[] = [];
    served.server.on('disconnection', (_caller, reason) => reasons.push(reason.message));
    const half = request(2, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }).subarray(0, 30);
    const registered = await registeredCaller(t, served.port);
    registered.write(half);
    await registered.closed();
    assert.match(reasons[0] ?? '', /a frame was begun and not continued for 100 ms/);
    const unregistered = await rawCaller(t, served.port);
    unregistered.write(half);
    await unregistered.closed();
  });

  it('but who is idle between two frames may be so', async (t) => {
    const served = await serve(t, { f: () => 1 }, { handshakeTimeout: 50 });
    const peer = await registeredCaller(t, served.port);
    const since = performance.now();
    await until(() => performance.now() - since > 300, { what: 'six handshake timeouts' });
    assert.equal(peer.isClosed, false);
  });
});
