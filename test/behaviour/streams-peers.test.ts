import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { countBody, creditBody } from '../../lib/stream/stream-body.js';
import type { Client } from '../../node-client.js';
import { request, response } from '../lib/transport/support.js';
import { loadFrozen } from '../support/frozen.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { EXT, type RawPeer, rawCaller, rawLeader, stock } from './raw-peers.js';
import { itemsBody as items, itemsAt, nextItems } from './stream-items.js';
import { type Calls, call, failure, makeGate, serve } from './support.js';

const WINDOW = { items: 2, bytes: 1_000, total: 10_000 };
const OURS = { ...EXT, features: [...EXT.features, 'cancel', 'stream'] };

function open(id: number, method = 'endless', more: object = {}): Buffer {
  return request(id, {
    type: 'invoke',
    method: `user.service.${method}`,
    argLength: 0,
    oneway: false,
    stream: 1,
    ...more,
  });
}

const credit = (id: number, count: number, bytes: number): Buffer =>
  request(id, { type: 'stream_credit' }, creditBody({ items: count, bytes }));

const received = (count: number): Buffer => request(0, { type: 'stream_received' }, countBody(count));

async function served(t: TestContext, options: object = {}) {
  const ends: string[] = [];
  const service = {
    async *endless() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ends.push('finally');
      }
    },
    async *large() {
      for (;;) yield 'x'.repeat(64 * 1024);
    },
    async *three() {
      yield* [1, 2, 3];
    },
    f: () => 'f',
  };
  const { port, log, server } = await serve(t, service, options);
  const ended: unknown[] = [];
  server.on('callEnded', ({ method, outcome, code }) => ended.push([method, outcome, code]));
  return { port, ends, log, ended };
}

async function caller(t: TestContext, port: number, ext: object = { ...OURS, stream: WINDOW }): Promise<RawPeer> {
  const peer = await rawCaller(t, port);
  peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
  await peer.next();
  return peer;
}

/** The failure that the next answer has. */
async function refusal(peer: RawPeer): Promise<[code: string, message: string]> {
  const { head, body } = await peer.next('invoke_result');
  assert.equal(head.success, false);
  return [head.code, JSON.parse(body.toString()).message];
}

describe('a server, and a caller that breaks the rules of streams', () => {
  it('sends no more than the window that the caller has announced', async (t) => {
    const { port } = await served(t);
    const peer = await caller(t, port);
    peer.write(open(2));
    const { id, body } = await peer.next('stream_items');
    assert.deepEqual([id, body.toString('hex')], [2, items(0, 0, 1).toString('hex')]);
    peer.write(request(3, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    assert.equal((await peer.next()).head.type, 'invoke_result');
    peer.write(credit(2, 1, 5));
    assert.equal((await peer.next()).body.toString('hex'), items(2, 2).toString('hex'));
  });

  const mistakes: { what: string; send: (peer: RawPeer) => void; says: RegExp }[] = [
    {
      what: 'a credit that goes backwards',
      send: (peer) => peer.write(credit(2, 1, 5), credit(2, 0, 0)),
      says: /went backwards/,
    },
    {
      what: 'a credit for more than was sent',
      send: (peer) => peer.write(credit(2, 9, 45)),
      says: /exceeds what was sent/,
    },
    {
      what: 'a credit without its counts',
      send: (peer) => peer.write(request(2, { type: 'stream_credit' }, Buffer.alloc(15))),
      says: /without its two counts/,
    },
    { what: 'another stream under its id', send: (peer) => peer.write(open(2)), says: /was used for another stream/ },
  ];
  for (const { what, send, says } of mistakes) {
    it(`ends the stream at ${what}, once, and runs its finally`, async (t) => {
      expectNoLeaks(t);
      const { port, ends } = await served(t);
      const peer = await caller(t, port);
      peer.write(open(2));
      await nextItems(peer, 2);
      send(peer);
      const [code, message] = await refusal(peer);
      assert.equal(code, 'ERR_RPC_BAD_REQUEST');
      assert.match(message, says);
      await until(() => ends.length > 0, { what: 'the finally' });
      peer.write(request(9, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
      await until(() => peer.packets.some(({ id }) => id === 9), { what: 'the answer of a later call' });
      assert.equal(peer.packets.filter(({ id, head }) => id === 2 && head.type === 'invoke_result').length, 1);
      assert.deepEqual(ends, ['finally']);
    });
  }

  it('refuses a credit for no stream, a one-way stream, and a stream without a window', async (t) => {
    const { port, ends, ended } = await served(t);
    const peer = await caller(t, port);
    peer.write(credit(7, 1, 5));
    assert.deepEqual(await refusal(peer), ['ERR_RPC_BAD_REQUEST', 'a credit for a request that is no stream']);
    peer.write(open(8, 'endless', { oneway: true }));
    assert.match((await refusal(peer))[1], /a stream for a one-way call/);
    for (const stream of [undefined, { items: 0, bytes: 1, total: 1 }, { items: 1.5, bytes: 1, total: 1 }, 5]) {
      const other = await caller(t, port, { ...OURS, stream });
      other.write(open(2));
      assert.match((await refusal(other))[1], /no window in ext\.stream/);
      assert.deepEqual(ended.at(-1), ['user.service.endless', 'refused', 'ERR_RPC_BAD_REQUEST']);
    }
    assert.deepEqual(ends, []);
  });

  it('sends no more items than are on their way to a peer that reports what it receives', async (t) => {
    expectNoLeaks(t);
    const { port } = await served(t);
    const window = { items: 10, bytes: 1_000_000, total: 10_000_000 };
    const peer = await caller(t, port, { ...OURS, stream: { ...window, received: 65_536 } });
    peer.write(open(2, 'large'), open(3, 'large'));
    const count = (): number => peer.packets.filter(({ head }) => head.type === 'stream_items').length;
    await until(() => count() === 4, { what: 'as many items as may be on their way' });
    peer.write(request(9, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    await until(() => peer.packets.some(({ id }) => id === 9), { what: 'the answer of a call' });
    assert.equal(count(), 4);
    peer.write(received(4 * 65_542));
    await until(() => count() >= 8, { what: 'as many items more' });
  });

  it('refuses a report that goes backwards, that exceeds what was sent, and one without its count', async (t) => {
    const { port } = await served(t);
    const peer = await caller(t, port);
    peer.write(open(2));
    await nextItems(peer, 2);
    peer.write(received(5), received(4), received(1_000), request(0, { type: 'stream_received' }));
    for (const says of [/went backwards/, /exceeds what was sent/, /without its count/]) {
      const [code, message] = await refusal(peer);
      assert.equal(code, 'ERR_RPC_BAD_REQUEST');
      assert.match(message, says);
    }
    peer.write(credit(2, 1, 5));
    await peer.next('stream_items');
  });

  it('takes the last credit of a stream that has ended, and a cancel, without a word', async (t) => {
    const { port } = await served(t);
    const peer = await caller(t, port, { ...OURS, stream: { ...WINDOW, items: 10 } });
    peer.write(open(2, 'three'), open(3, 'three'));
    for (let i = 0; i < 2; i++) await peer.next('invoke_result');
    peer.write(credit(2, 3, 15), request(3, { type: 'cancel' }));
    peer.write(request(4, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    assert.deepEqual([(await peer.next('invoke_result')).id, peer.isClosed], [4, false]);
  });

  it('counts what was not taken of ended streams, also of more than maxStreams, until a credit or a cancel', async (t) => {
    const { port } = await served(t, { maxStreams: 2 });
    const peer = await caller(t, port, { ...OURS, stream: { items: 10, bytes: 1_000, total: 61 } });
    const ofId = (id: number): number => itemsAt(peer, id);
    for (const id of [2, 3, 4, 5]) {
      peer.write(open(id, 'three'));
      if (id < 5) await peer.next('invoke_result');
    }
    // 60 bytes are not taken: there is room for one item more.
    await peer.next('invoke_result');
    peer.write(open(6, 'three'), request(7, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    assert.equal((await peer.next('invoke_result')).id, 7);
    assert.deepEqual([2, 3, 4, 5, 6].map(ofId), [3, 3, 3, 3, 1]);
    peer.write(credit(2, 3, 15));
    await until(() => ofId(6) > 1, { what: 'an item for which there is room' });
    peer.write(request(3, { type: 'cancel' }), credit(4, 3, 15));
    assert.deepEqual([(await peer.next('invoke_result')).id, ofId(6)], [6, 3]);
  });

  it('refuses a stream where ten times maxStreams have ended and are not taken', async (t) => {
    const { port } = await served(t, { maxStreams: 1 });
    const peer = await caller(t, port, { ...OURS, stream: { ...WINDOW, items: 10 } });
    for (let id = 2; id < 12; id++) {
      peer.write(open(id, 'three'));
      assert.equal((await peer.next('invoke_result')).head.success, true);
    }
    peer.write(open(12, 'three'));
    assert.deepEqual(await refusal(peer), [
      'ERR_RPC_OVERLOADED',
      '10 streams of this connection have ended, and their items are not taken',
    ]);
    peer.write(request(13, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    assert.equal((await peer.next('invoke_result')).head.success, true);
    for (const way of [credit(2, 3, 15), request(3, { type: 'cancel' })]) {
      peer.write(way, open(14, 'three'));
      assert.equal((await peer.next('invoke_result')).head.success, true);
      peer.write(request(14, { type: 'cancel' }));
    }
  });

  it('ends the generators of a caller that is gone', async (t) => {
    expectNoLeaks(t);
    const { port, ends } = await served(t);
    const peer = await caller(t, port);
    for (let id = 2; id < 52; id++) peer.write(open(id));
    await until(() => itemsAt(peer) === 100, { what: 'the items' });
    peer.socket.destroy();
    await until(() => ends.length === 50, { what: 'every finally' });
  });
});

describe('a client, and a server that breaks the rules of streams', () => {
  /** A client whose stream is open at a server of the test's own. */
  async function opened(
    t: TestContext,
    streamWindow = WINDOW,
    methodOf = (_: Client, { anything }: Calls) => anything,
  ) {
    const leader = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(response(id, { type: 'register_channel_res', ext: OURS }, stock({ success: true })));
    });
    const { calls, client } = await call(t, [leader.info], { streamWindow });
    const stream = methodOf(client, calls).stream(null);
    const peer = await leader.connection();
    const { id, head } = await peer.next('invoke');
    assert.equal(head.stream, 1);
    const send = (...bodies: Buffer[]) =>
      peer.write(...bodies.map((body) => response(id, { type: 'stream_items' }, body)));
    const end = (value?: unknown) =>
      peer.write(
        response(
          id,
          { type: 'invoke_result', success: true, results: 0 },
          value === undefined ? undefined : stock(value),
        ),
      );
    return { calls, stream, peer, id, send, end };
  }

  it('announces its window, and gives credit for what was read', async (t) => {
    const { stream, peer, id, send } = await opened(t);
    send(items(0, '"a"'), items(1, '"b"'));
    assert.deepEqual([(await stream.next()).value, (await stream.next()).value], ['a', 'b']);
    const { body, id: of } = await peer.next('stream_credit');
    assert.deepEqual([of, body], [id, creditBody({ items: 1, bytes: 7 })]);
    await stream.return();
    assert.equal((await peer.next('cancel')).id, id);
  });

  const broken: { what: string; frames: Buffer[]; says: RegExp }[] = [
    {
      what: 'more items than the window',
      frames: [items(0, 1), items(1, 2, 3, 4)],
      says: /more items arrived than the window allows/,
    },
    { what: 'a lost item', frames: [items(0, 1), items(2, 3)], says: /item 2 arrived in the place of item 1/ },
    { what: 'a doubled item', frames: [items(0, 1), items(0, 1)], says: /item 0 arrived in the place of item 1/ },
    {
      what: 'lengths that do not add up',
      frames: [items(0, 1), Buffer.from('00000000000000010000000901', 'hex')],
      says: /without a list/,
    },
    { what: 'an empty frame', frames: [items(0, 1), items(1)], says: /without a list/ },
  ];
  for (const { what, frames, says } of broken) {
    it(`fails the stream at ${what}, behind the items that were right, and cancels it`, async (t) => {
      expectNoLeaks(t);
      const { stream, peer, id, send } = await opened(t);
      send(...frames);
      assert.equal((await stream.next()).value, 1);
      const error = await failure(stream.next());
      assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_PROTOCOL', 'answered', 1]);
      assert.match(error.message, says);
      assert.equal((await peer.next('cancel')).id, id);
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    });
  }

  for (const how of ['its reader leaves', 'its call is aborted'])
    it(`says that it takes nothing more where ${how} while the answer is in an after filter`, async (t) => {
      const gate = makeGate();
      const abort = new AbortController();
      const { stream, peer, id, send, end } = await opened(t, WINDOW, (client, calls) => {
        client.after(() => gate.pass());
        return calls.anything.with({ signal: abort.signal });
      });
      send(items(0, 1));
      assert.equal((await stream.next()).value, 1);
      send(items(1, 2));
      end();
      await gate.arrivals(1);
      const left = how === 'its reader leaves' ? stream.return() : abort.abort();
      assert.equal((await peer.next('cancel')).id, id);
      gate.open();
      await left;
      await stream.return();
    });

  it('drops items behind the end, and a second end', async (t) => {
    const { stream, send, end } = await opened(t);
    send(items(0, 1));
    end();
    send(items(1, 2));
    end();
    assert.deepEqual(
      [await stream.next(), await stream.next()],
      [
        { done: false, value: 1 },
        { done: true, value: undefined },
      ],
    );
  });

  it('fails a stream at an item that cannot be decoded', async (t) => {
    const { stream, peer, send } = await opened(t);
    const bad = items(0, 'abc');
    bad.fill('{', 12);
    send(bad);
    const error = await failure(stream.next());
    assert.deepEqual([error.code, error.delivered], ['ERR_RPC_DECODE', 0]);
    await peer.next('cancel');
  });

  it('fails a plain call that is answered with items', async (t) => {
    const { calls, peer } = await opened(t);
    const plain = failure(calls.plain(null));
    const { id } = await until(() => peer.packets.find(({ head }) => head.method?.endsWith('plain')), {
      what: 'the call',
    });
    peer.write(response(id, { type: 'stream_items' }, items(0, 1)));
    assert.equal((await plain).code, 'ERR_RPC_DECODE');
  });
});

describe('peers without streams', () => {
  it('of cluster-client get no frame of a stream: the call fails at once', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(response(id, { type: 'register_channel_res' }, stock({ success: true })));
    });
    const { calls } = await call(t, [leader.info]);
    const error = await failure(calls.anything.stream(null).next());
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
    assert.match(error.message, /the server runs cluster-client, and cannot answer with a stream/);
    const peer = await leader.connection();
    assert.deepEqual(
      peer.packets.map(({ head }) => head.type),
      ['register_channel'],
    );
  });

  it('of an older version get none either, and call a method that streams with a clear error', async (t) => {
    const frozen = await loadFrozen();
    const older = await serve(
      t,
      { f: () => 'f' },
      {},
      frozen.createServer as typeof import('../../server.js').createServer,
    );
    const { calls } = await call(t, [older]);
    const error = await failure(calls.f.stream(null).next());
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
    assert.match(error.message, /the server runs an older mailstation/);
    assert.equal(await calls.f(null), 'f');

    const gate = makeGate();
    const newer = await serve(t, {
      async *parts() {
        yield gate.pass();
      },
    });
    const old = await call(t, [newer], {}, frozen.createClient as typeof import('../../node-client.js').createClient);
    const refused = await failure(old.calls.parts(null));
    assert.match(refused.message, /the method answers with a stream; call parts\.stream/);
    assert.equal(gate.arrived, 0);
  });
});
