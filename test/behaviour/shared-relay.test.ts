import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { msgpackCodec } from '../../lib/protocol/msgpack-codec.js';
import { request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { type RawPeer, rawCaller, rawLeader, registeredCaller } from './raw-peers.js';
import { follow, lead } from './sharing.js';
import { call, failure, keptLog, makeGate, serve, unusedPort } from './support.js';

const CHANNEL = 'mailstation.share';

/** Bare bytes as a client's list of arguments, one item of JSON. */
function jsonItem(value: unknown): Buffer {
  const item = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(item.length);
  return Buffer.concat([length, item]);
}

function open(peer: RawPeer, to: number, port: number, id = 'test-1'): void {
  peer.write(request(0, { type: 'open_mailbox', to, server: { id, host: '127.0.0.1', port, transport: 'tcp' } }));
}

/** Resolves when the mailbox is told to be in this state. */
async function isTold(peer: RawPeer, to: number, state: string): Promise<void> {
  await until(
    () => peer.packets.some(({ head }) => head.type === 'mailbox_state' && head.to === to && head.state === state),
    { what: `mailbox ${to} to be ${state}` },
  );
}

function relayed(
  peer: RawPeer,
  id: number,
  to: number,
  method: string,
  value: unknown,
  oneway = false,
  ms = 1_000,
): void {
  peer.write(
    request(id, { type: 'relay', to, method: `user.service.${method}`, argLength: 1, oneway }, jsonItem(value), ms),
  );
}

async function answer(peer: RawPeer, id: number) {
  return until(() => peer.packets.find((packet) => packet.id === id && packet.kind === 1), { what: `answer ${id}` });
}

describe('a relayed call', () => {
  it('is encoded by its caller and decoded by its server, and by nobody between', async (t) => {
    const served = await serve(t, { echo: (value: unknown) => value });
    const port = await freePort();
    await lead(t, port);
    const direct = await call(t, [served]);
    const shared = await follow(t, port, [served]);
    const counts = { encode: 0, decode: 0 };
    const { encode, decode } = msgpackCodec;
    t.after(() => Object.assign(msgpackCodec, { encode, decode }));
    Object.assign(msgpackCodec, {
      encode(...args: Parameters<typeof encode>) {
        counts.encode += 1;
        return encode.apply(msgpackCodec, args);
      },
      decode(...args: Parameters<typeof decode>) {
        counts.decode += 1;
        return decode.apply(msgpackCodec, args);
      },
    });
    assert.equal(await direct.calls.echo(null, 'x'), 'x');
    assert.deepEqual(counts, { encode: 2, decode: 2 }, 'the argument and the result, without a relay');
    assert.equal(await shared.calls.echo(null, 'x'), 'x');
    assert.deepEqual(counts, { encode: 4, decode: 4 }, 'and with one');
  });

  it('has the bytes that its caller wrote, and its answer those of its server', async (t) => {
    const server = await rawLeader(t);
    const port = await freePort();
    await lead(t, port, [], { codecs: ['json'] });
    const peer = await registeredCaller(t, port, CHANNEL);
    open(peer, 7, server.port);
    await isTold(peer, 7, 'ready');
    const opaque = Buffer.from([0, 0, 0, 3, 0xff, 0xfe, 0x00]); // no JSON at all
    peer.write(request(5, { type: 'relay', to: 7, method: 'any', argLength: 1, oneway: false }, opaque));
    const upstream = await server.connection();
    const invoke = await upstream.next('invoke');
    assert.deepEqual(invoke.head, { type: 'invoke', method: 'any', argLength: 1, oneway: false });
    assert.deepEqual(invoke.body, opaque);
    upstream.write(response(invoke.id, { type: 'invoke_result', success: true, results: 1, more: 1 }, opaque));
    const answered = await answer(peer, 5);
    assert.deepEqual(answered.head, { type: 'invoke_result', success: true, results: 1 }, 'and no more of the head');
    assert.deepEqual(answered.body, opaque);
  });

  it('leaves filters and routers to the process that makes it', async (t) => {
    const servers = await Promise.all(['test-1', 'test-2'].map((id) => serve(t, { name: () => id }, { id })));
    const port = await freePort();
    const one = await lead(t, port, servers, { router: () => 'test-2' });
    one.client.before(() => {
      throw new Error('not a call of this process');
    });
    const seen: string[] = [];
    const two = await follow(t, port, servers, { router: () => 'test-1' });
    two.client.filter({
      before: (id) => void seen.push(`before ${id}`),
      after: (id) => void seen.push(`after ${id}`),
    });
    assert.equal(await two.calls.name(null), 'test-1');
    assert.deepEqual(seen, ['before test-1', 'after test-1']);
    assert.equal((await failure(one.calls.name(null))).code, 'ERR_RPC_FILTER');
  });

  it('leaves in the order in which it was made, also past a connection that takes no more', async (t) => {
    const gate = makeGate();
    const seen: number[] = [];
    const service = {
      f: (n: number) => {
        seen.push(n);
        return gate.pass(n);
      },
    };
    const served = await serve(t, service);
    const port = await freePort();
    await lead(t, port, [], { maxInFlight: 3 });
    const { calls } = await follow(t, port, [served]);
    const body = 'x'.repeat(100_000); // a frame that comes in several pieces
    const all = Promise.all(Array.from({ length: 50 }, (_, n) => calls.f(null, n, body)));
    await gate.arrivals(3);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(gate.arrived, 3);
    gate.open();
    const order = Array.from({ length: 50 }, (_, n) => n);
    assert.deepEqual(await all, order);
    assert.deepEqual(seen, order);
  });

  it('counts for the routers of the process that makes it', async (t) => {
    const gate = makeGate();
    const servers = await Promise.all(['a', 'b'].map((id) => serve(t, { wait: () => gate.pass(id) }, { id })));
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, servers, { routerType: 'la' });
    const all = Promise.all(Array.from({ length: 6 }, () => calls.wait(null)));
    await gate.arrivals(6);
    gate.open();
    assert.deepEqual((await all).toSorted(), ['a', 'a', 'a', 'b', 'b', 'b'], 'the least active of the two, each time');
  });
});

describe('the process that leads a share', () => {
  it('sends its own first call to a server that others use already', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { echo: (value: number) => value });
    const port = await freePort();
    const leading = await lead(t, port, [served]);
    const following = await follow(t, port, [served]);
    assert.equal(await following.calls.echo(null, 1), 1);
    const early = [2, 3].map((value) => leading.calls.echo.with({ timeout: 5_000 })(null, value));
    assert.deepEqual(await Promise.all(early), [2, 3]);
  });

  it('has one connection to a server, whoever calls, and ends it when nobody has use for it', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 1 });
    let connections = 0;
    served.server.on('connection', () => {
      connections += 1;
    });
    served.server.on('disconnection', () => {
      connections -= 1;
    });
    const port = await freePort();
    const one = await lead(t, port, [served]);
    const two = await follow(t, port, [served]);
    const three = await follow(t, port, [served]);
    for (const { calls } of [one, two, three]) await calls.f(null);
    assert.equal(connections, 1);
    one.client.removeServer('test-1');
    assert.equal(await two.calls.f(null), 1);
    two.client.removeServer('test-1');
    assert.equal(await three.calls.f(null), 1);
    assert.equal(connections, 1);
    await three.client.stop();
    await until(() => connections === 0, { what: 'the end of the connection' });
    one.client.addServer(served.info);
    assert.equal(await one.calls.f(null), 1);
  });

  it('keeps apart what two processes know under one id', async (t) => {
    const [here, there] = [await serve(t, { f: () => 'here' }), await serve(t, { f: () => 'there' })];
    const port = await freePort();
    const one = await lead(t, port, [here]);
    const two = await follow(t, port, [there]);
    assert.deepEqual([await one.calls.f(null), await two.calls.f(null)], ['here', 'there']);
    two.client.addServer(here.info);
    assert.equal(await two.calls.f(null), 'here');
  });

  it('tells the others when a connection has gone idle; the next call makes it again', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const port = await freePort();
    await lead(t, port, [], { idleTimeout: 60 });
    const { calls, moves } = await follow(t, port, [served]);
    assert.equal(await calls.f(null), 1);
    await until(() => moves.at(-1) === 'test-1 ready -> idle', { what: 'the idle mailbox' });
    assert.equal(await calls.f(null), 1);
    assert.deepEqual(moves.slice(-2), ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
  });

  it('takes a bounded number of calls from one that follows', async (t) => {
    const down = await unusedPort(t);
    const port = await freePort();
    await lead(t, port, [], { share: { port, maxCalls: 100 } });
    const peer = await registeredCaller(t, port, CHANNEL);
    open(peer, 1, down);
    await isTold(peer, 1, 'backoff');
    for (let id = 100; id < 170; id++) relayed(peer, id, 1, 'f', 'waits', false, 600_000); // places that a slow machine does not free
    relayed(peer, 2, 1, 'f', 'one too many');
    const { head, body } = await answer(peer, 2);
    assert.deepEqual(head, { type: 'relay_failure', code: 'ERR_RPC_PENDING_FULL', delivery: 'not-sent' });
    assert.match(body.toString(), /70 of 70 calls of this process are being relayed, which is the limit/);
  });

  it('holds a bounded number of calls, and of bytes, for a server that is not there', async (t) => {
    const down = await unusedPort(t);
    const port = await freePort();
    await lead(t, port, [], { pendingSize: 2, maxQueuedBytes: 1_000 });
    const peer = await registeredCaller(t, port, CHANNEL);
    open(peer, 1, down);
    await isTold(peer, 1, 'backoff');
    for (const id of [11, 12, 13]) relayed(peer, id, 1, 'f', 'small');
    assert.equal((await answer(peer, 13)).head.code, 'ERR_RPC_PENDING_FULL');
    open(peer, 2, down, 'test-2');
    await isTold(peer, 2, 'backoff');
    relayed(peer, 14, 2, 'f', 'x'.repeat(1_100));
    relayed(peer, 15, 2, 'f', 'one more');
    assert.equal((await answer(peer, 15)).head.code, 'ERR_RPC_QUEUE_FULL');
    const { server } = await serve(t, { f: (value: string) => value.length }, { port: down });
    assert.equal((await answer(peer, 11)).body.toString('latin1', 4), '5');
    assert.equal((await answer(peer, 12)).body.toString('latin1', 4), '5');
    await server.stop(true);
  });

  it('holds nothing for one that is gone, so that there is room for others', async (t) => {
    const down = await unusedPort(t);
    const port = await freePort();
    await lead(t, port, [], { maxQueuedBytes: 1_000 });
    const gone = await registeredCaller(t, port, CHANNEL);
    const other = await registeredCaller(t, port, CHANNEL);
    for (const peer of [gone, other]) {
      open(peer, 1, down);
      await isTold(peer, 1, 'backoff');
    }
    const head = { type: 'relay', to: 1, method: 'user.service.f', argLength: 1, oneway: false };
    gone.write(request(11, head, jsonItem('x'.repeat(1_100)), 60_000));
    relayed(gone, 12, 1, 'f', 'one more');
    assert.equal((await answer(gone, 12)).head.code, 'ERR_RPC_QUEUE_FULL');
    gone.socket.destroy();
    await until(
      async () => {
        relayed(other, 13, 1, 'f', 'other');
        const before = other.packets.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return other.packets.length === before;
      },
      { what: 'a call to be held' },
    );
  });

  it('tells one whose call it holds why, before its time is over', async (t) => {
    const down = await unusedPort(t);
    const port = await freePort();
    await lead(t, port);
    const peer = await registeredCaller(t, port, CHANNEL);
    open(peer, 1, down);
    await isTold(peer, 1, 'backoff');
    const startedAt = performance.now();
    peer.write(
      request(9, { type: 'relay', to: 1, method: 'user.service.f', argLength: 0, oneway: false }, Buffer.alloc(0), 300),
    );
    const { head, body } = await answer(peer, 9);
    assert.deepEqual(head, { type: 'relay_failure', code: 'ERR_RPC_CONNECT', delivery: 'not-sent' });
    assert.match(body.toString(), /the last failure: .*ECONNREFUSED/);
    assert.ok(performance.now() - startedAt < 3_000);
  });

  it('bears one that talks nonsense', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const port = await freePort();
    const { logger, lines } = keptLog();
    const one = await lead(t, port, [served], { logger });
    const peer = await registeredCaller(t, port, CHANNEL);
    const server = { id: 'test-1', host: '127.0.0.1', port: served.port, transport: 'tcp' };
    peer.write(
      request(0, { type: 'open_mailbox', to: -1, server }),
      request(0, { type: 'open_mailbox', to: 1, server: { ...server, port: 'x' } }),
      request(0, { type: 'open_mailbox', to: 1, server: { ...server, transport: 'pipe' } }),
      request(0, { type: 'close_mailbox', to: 99 }),
      request(0, { type: 'mailbox_state', to: 1, state: 'ready' }),
    );
    relayed(peer, 4, 99, 'f', 1);
    assert.deepEqual((await answer(peer, 4)).head, {
      type: 'relay_failure',
      code: 'ERR_RPC_BAD_REQUEST',
      delivery: 'not-sent',
    });
    relayed(peer, 5, 99, 'f', 1, true);
    await until(() => lines.some((line) => /one-way call of "user\.service\.f"/.test(line)), { what: 'the log' });
    peer.write(request(6, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    assert.equal((await answer(peer, 6)).head.code, 'ERR_RPC_NO_METHOD');
    assert.equal(await one.calls.f(null), 1);
  });

  it('shows a peer no stack of its own refusals, and passes on the stack that a server sends', async (t) => {
    const service = { boom: () => Promise.reject(new Error('boom')) };
    const served = await serve(t, service, { exposeStack: true });
    const port = await freePort();
    await lead(t, port);
    const peer = await registeredCaller(t, port, CHANNEL);
    peer.write(request(3, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    peer.write(request(4, { type: 'relay', method: 'user.service.f', argLength: 0, oneway: false }));
    relayed(peer, 5, 99, 'f', 1);
    for (const id of [3, 4, 5]) assert.doesNotMatch((await answer(peer, id)).body.toString(), /stack|\.js|\.ts/);
    open(peer, 1, served.port);
    await isTold(peer, 1, 'ready');
    relayed(peer, 6, 1, 'boom', 1);
    assert.match((await answer(peer, 6)).body.toString(), /shared-relay\.test/);
  });

  it('relays for its own kind alone: a server relays nothing', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const peer = await registeredCaller(t, served.port);
    relayed(peer, 4, 1, 'f', 1);
    assert.deepEqual((await answer(peer, 4)).head, {
      type: 'invoke_result',
      success: false,
      code: 'ERR_RPC_BAD_REQUEST',
    });
    const silent = await rawCaller(t, served.port);
    open(silent, 1, served.port);
    await until(() => !silent.isClosed, { what: 'nothing to happen' });
  });

  it('cannot be had where somebody else has the port, and calls say so', async (t) => {
    const served = await serve(t, { f: () => 1 });
    const { calls, client, log } = await call(t, [served], { share: { port: served.port }, connectTimeout: 300 });
    await until(() => log.some((line) => /no process leads the shared mailboxes on port/.test(line)), {
      what: 'the log',
    });
    const error = await failure(calls.f.with({ timeout: 100 })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
    assert.match(
      error.message,
      /no process leads the shared mailboxes on port \d+: port \d+ on 127\.0\.0\.1 is in use, and its holder cannot be followed: .*mailstation\.share/,
    );
    assert.equal(client.sharing, 'electing');
  });
});
