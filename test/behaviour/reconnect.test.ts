import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packet } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { acceptRegistration, rawLeader } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve, unusedPort } from './support.js';

describe('a client connects again', () => {
  overTransports((transport) => {
    it('to a server that was not there yet, and serves what waited, in order', async (t) => {
      expectNoLeaks(t);
      const port = await unusedPort(t);
      const { calls, moves } = await call(t, [{ id: 'test-1', serverType: 'test', port, transport }]);
      const results = Promise.all([1, 2, 3].map((n) => calls.add(null, n)));
      await until(() => moves.includes('test-1 connecting -> backoff'), { what: 'a refused attempt' });
      const seen: number[] = [];
      await serve(t, { add: (n: number) => seen.push(n) }, { port, transport });
      assert.deepEqual(await results, [1, 2, 3]);
      assert.deepEqual(seen, [1, 2, 3]);
    });

    it('to a server that was restarted', async (t) => {
      expectNoLeaks(t);
      const first = await serve(t, { who: () => 'first' }, { transport });
      const { calls, moves } = await call(t, [first]);
      assert.equal(await calls.who(null), 'first');
      await first.server.stop(true);
      await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the client to notice' });
      await serve(t, { who: () => 'second' }, { transport, port: first.port });
      assert.equal(await calls.who(null), 'second');
    });
  });

  it('only when there is something to call: nothing is connected at the start', async (t) => {
    const served = await serve(t, { f: () => 1 });
    let connections = 0;
    served.server.on('connection', () => {
      connections += 1;
    });
    const { calls, moves } = await call(t, [served]);
    assert.deepEqual([moves, connections], [[], 0]);
    await Promise.all([calls.f(null), calls.f(null)]);
    await calls.f(null);
    assert.equal(connections, 1, 'one connection for all calls');
  });

  it('by itself after a connection was lost', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls, moves } = await call(t, [served]);
    await calls.f(null);
    await served.server.stop(true);
    await until(() => moves.filter((move) => move.endsWith('-> backoff')).length >= 3, { what: 'attempts' });
    await serve(t, { f: () => 2 }, { port: served.port });
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the connection' });
    assert.equal(await calls.f(null), 2);
  });

  it('within little more than half a second, however long nobody has listened', async (t) => {
    const port = await unusedPort(t);
    const { calls, moves } = await call(t, [{ id: 'test-1', serverType: 'test', port }], { timeout: 2 ** 31 - 1 });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const attempts = () => moves.filter((move) => move === 'test-1 connecting -> backoff').length;
    const answer = calls.f(null);
    for (let attempt = 1; attempt <= 30; attempt++) {
      await until(() => attempts() === attempt, { what: `attempt ${attempt}` });
      t.mock.timers.tick(601);
    }
    t.mock.timers.reset();
    await until(() => attempts() === 31, { what: 'the last attempt that was refused' });
    await serve(t, { f: () => 'back' }, { port });
    assert.equal(await answer, 'back');
  });

  it('with growing pauses, though a server takes every connection and ends it at once', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      await acceptRegistration(peer);
      peer.socket.destroy();
    });
    const { calls } = await call(t, [leader.info]);
    const ended = failure(calls.f.with({ timeout: 500 })(null));
    await ended;
    const startedAt = performance.now();
    await until(() => performance.now() - startedAt > 500, { what: 'half a second' });
    assert.ok(leader.peers.length < 20, `${leader.peers.length} connections in a second`);
  });

  it('and says in the error of a call that it could not', async (t) => {
    const silent = await rawLeader(t, () => {});
    const { calls } = await call(t, [silent.info], { connectTimeout: 50 });
    const error = await failure(calls.f.with({ timeout: 800 })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      error.message,
      /not connected to 127\.0\.0\.1:\d+ after 800 ms; the client made \d+ attempts? to connect in \d+ ms; the last failure: .*regist/,
    );
    assert.equal((error.cause as Error & { code: string }).code, 'ERR_RPC_REGISTER');
  });

  it('to a server that refuses its channel only until that is led, and says what is led there', async (t) => {
    const served = await serve(t, { f: () => 1 }, { id: 'test-2' });
    const { calls } = await call(t, [{ ...served.info, id: 'test-1' }], { connectTimeout: 500 });
    const error = await failure(calls.f.with({ timeout: 3_000 })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      error.message,
      /no process leads the channel "test-1" on this port; process \d+ \(mailstation [\d.]+\) holds the port and leads "test-2"/,
    );
  });

  it('and registers at once, although its calls are gathered for long', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const options = { bufferMsg: true, interval: 1_000, connectTimeout: 300 };
    const { moves, calls } = await call(t, [served], options);
    const made = calls.f(null);
    await until(() => moves.includes('test-1 connecting -> ready'), { what: 'the connection' });
    assert.equal(await made, 1);
  });

  it('to a server that listens with another transport, and says what it met there', async (t) => {
    const [tcp, ws] = [await serve(t, { f: () => 1 }), await serve(t, { f: () => 1 }, { id: 'ws-1', transport: 'ws' })];
    const servers = [
      { ...tcp.info, transport: 'ws' as const },
      { ...ws.info, transport: 'tcp' as const },
    ];
    const { calls } = await call(t, servers);
    const errors = await Promise.all(servers.map(({ id }) => failure(calls.f.with({ timeout: 1_000 }).toServer(id))));
    for (const { code, delivery } of errors) assert.deepEqual([code, delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(errors[0]?.message ?? '', /another program is on this port, or the server has the transport tcp/);
    assert.match(errors[1]?.message ?? '', /the peer speaks HTTP/);
  });

  it('to a peer that speaks another version of the packet', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      await peer.next();
      const wrong = packet(1, 1, 1, {});
      wrong[0] = 2;
      peer.write(wrong);
    });
    const { calls } = await call(t, [leader.info]);
    const error = await failure(calls.f.with({ timeout: 1_000 })(null));
    assert.equal(error.code, 'ERR_RPC_CONNECT');
    assert.match(error.message, /version 2, expected 1/);
  });

  it('and what was sent before it was lost is not sent again', async (t) => {
    const seen: string[] = [];
    const gate = makeGate();
    const first = await serve(t, { f: (name: string) => gate.pass(seen.push(name)) });
    const { calls } = await call(t, [first]);
    const lost = failure(calls.f(null, 'lost'));
    await gate.arrivals(1);
    await first.server.stop(true);
    assert.equal((await lost).delivery, 'unknown');
    await serve(t, { f: (name: string) => seen.push(name) }, { port: first.port });
    await calls.f(null, 'later');
    assert.deepEqual(seen, ['lost', 'later']);
  });
});
