import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { countBody, creditBody } from '../../lib/stream/stream-body.js';
import { settle } from '../lib/stream/parts.js';
import { request, response } from '../lib/transport/support.js';
import { loadFrozen } from '../support/frozen.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { EXT, type RawPeer, rawCaller, rawLeader, stock } from './raw-peers.js';
import { itemsBody as items, itemsAt, nextItems } from './stream-items.js';
import { call, deferred, failure, serve } from './support.js';

const WINDOW = { items: 2, bytes: 1_000, total: 10_000 };
const OURS = { ...EXT, features: [...EXT.features, 'cancel', 'stream'] };

const invoke = (id: number, method: string, more: object = {}): Buffer =>
  request(id, { type: 'invoke', method: `user.service.${method}`, argLength: 0, oneway: false, ...more });
const open = (id: number, method = 'list', more: object = {}): Buffer => invoke(id, method, { upload: 1, ...more });
const send = (id: number, first: number, ...values: readonly unknown[]): Buffer =>
  request(id, { type: 'stream_items' }, items(first, ...values));
const end = (id: number): Buffer => request(id, { type: 'stream_end' });

async function served(t: TestContext, options: object = {}) {
  /** Items that the methods read, and codes of errors in their place. */
  const seen: unknown[] = [];
  const read = async (): Promise<unknown> => {
    const stream = callContext()?.stream;
    if (stream === undefined) return 'no stream';
    try {
      for await (const item of stream) seen.push(item);
      return seen.length;
    } catch (error) {
      seen.push((error as { code: string }).code);
      throw error;
    }
  };
  const service = {
    list: read,
    /** Reads nothing, and answers never. */
    hold: () => new Promise(() => void callContext()?.stream),
    first: async () => {
      for await (const item of callContext()?.stream ?? []) {
        seen.push(item);
        break;
      }
      return new Promise<void>(() => {});
    },
    f: () => 'f',
  };
  const { port } = await serve(t, service, { streamWindow: WINDOW, ...options });
  return { port, seen };
}

async function caller(t: TestContext, port: number, ext: object = { ...OURS, stream: WINDOW }): Promise<RawPeer> {
  const peer = await rawCaller(t, port);
  peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
  await peer.next();
  return peer;
}

/** The failure that the next answer has. */
async function refusal(peer: RawPeer): Promise<[id: number, code: string, message: string]> {
  const { id, head, body } = await peer.next('invoke_result');
  assert.equal(head.success, false);
  return [id, head.code, JSON.parse(body.toString()).message];
}

/** The connection still serves, and the call got one answer. */
async function isIntact(peer: RawPeer, id: number, answers = 1): Promise<void> {
  peer.write(invoke(90, 'f'));
  await until(() => peer.packets.some((packet) => packet.id === 90), { what: 'the answer of a later call' });
  assert.equal(
    peer.packets.filter((packet) => packet.id === id && packet.head.type === 'invoke_result').length,
    answers,
  );
}

describe('a server, and a caller that breaks the rules of its upload', () => {
  it('announces its window to callers that take streams, and to no others', async (t) => {
    const { port } = await served(t);
    for (const [ext, wanted] of [
      [OURS, { ...WINDOW, received: WINDOW.bytes }],
      [EXT, undefined],
    ]) {
      const peer = await rawCaller(t, port);
      peer.write(request(1, { type: 'register_channel', channelName: 'test-1', ext }));
      assert.deepEqual((await peer.next()).head.ext.stream, wanted);
    }
  });

  const mistakes: { what: string; sent: readonly Buffer[]; says: RegExp; method?: string; sees?: string }[] = [
    { what: 'more items than its window', sent: [send(2, 0, 1, 2, 3)], says: /more items arrived than the window/ },
    {
      what: 'more items than its window, in several frames',
      sent: [send(2, 0, 1), send(2, 1, 2), send(2, 2, 3)],
      says: /more items arrived than the window/,
      method: 'hold',
    },
    {
      what: 'more bytes than its window',
      sent: [send(2, 0, 'x'.repeat(2_000)), send(2, 1, 1)],
      says: /more items arrived than the window/,
      method: 'hold',
    },
    { what: 'an item that is not the next one', sent: [send(2, 1, 1)], says: /item 1 arrived in the place of item 0/ },
    { what: 'an item twice', sent: [send(2, 0, 1), send(2, 0, 1)], says: /item 0 arrived in the place of item 1/ },
    {
      what: 'items that are no list',
      sent: [request(2, { type: 'stream_items' }, Buffer.alloc(11))],
      says: /without a list/,
    },
    { what: 'a frame without items', sent: [send(2, 0)], says: /without a list/ },
    { what: 'items after the end', sent: [end(2), send(2, 0, 1)], says: /after the end/, method: 'hold' },
    { what: 'two ends', sent: [end(2), end(2)], says: /ended twice/, method: 'hold' },
    { what: 'an item that cannot be decoded', sent: [send(2, 0, '{')], says: /an item cannot be decoded/ },
    { what: 'another call with a stream under its id', sent: [open(2)], says: /was used for another stream/ },
    {
      what: 'a credit',
      sent: [request(2, { type: 'stream_credit' }, creditBody({ items: 0, bytes: 0 }))],
      says: /no stream/,
    },
  ];
  for (const { what, sent, says, method = 'list' } of mistakes) {
    it(`ends the call at ${what}, once, and the method is notified`, async (t) => {
      expectNoLeaks(t);
      const { port, seen } = await served(t);
      const peer = await caller(t, port);
      peer.write(open(2, method), ...sent);
      const [id, code, message] = await refusal(peer);
      assert.deepEqual([id, code], [2, 'ERR_RPC_BAD_REQUEST']);
      assert.match(message, says);
      if (method === 'list') {
        await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
        assert.match(String(seen.at(-1)), /^ERR_RPC_(BAD_REQUEST|CANCELLED)$/);
      }
      await isIntact(peer, 2);
    });
  }

  it('refuses an upload for a one-way call, and more than maxStreams', async (t) => {
    const { port } = await served(t, { maxStreams: 2 });
    const peer = await caller(t, port);
    peer.write(open(2, 'list', { oneway: true }));
    assert.equal((await refusal(peer))[1], 'ERR_RPC_BAD_REQUEST');
    peer.write(open(3, 'hold'), open(4, 'hold'), open(5, 'hold'));
    const [id, code, message] = await refusal(peer);
    assert.deepEqual([id, code], [5, 'ERR_RPC_OVERLOADED']);
    assert.match(message, /has 2 streams open \(maxStreams\)/);
    peer.write(request(3, { type: 'cancel' }));
    await isIntact(peer, 3, 0);
  });

  it('takes frames of an upload that is over, or that never was, without a word', async (t) => {
    const { port, seen } = await served(t);
    const peer = await caller(t, port);
    peer.write(open(2, 'f'));
    assert.equal((await peer.next('invoke_result')).head.success, true);
    peer.write(send(2, 0, 1), end(2), end(2), send(7, 0, 1), end(7), request(7, { type: 'cancel' }));
    await isIntact(peer, 2);
    assert.equal(
      peer.packets.some(({ id }) => id === 7),
      false,
    );
    assert.deepEqual(seen, []);
  });

  it('says that the method wants no more, and drops what follows', async (t) => {
    const { port, seen } = await served(t);
    const peer = await caller(t, port);
    peer.write(open(2, 'first'), send(2, 0, 1));
    assert.equal((await peer.next('stream_stop')).id, 2);
    peer.write(send(2, 1, 2), end(2));
    await isIntact(peer, 2, 0);
    assert.deepEqual(seen, [1]);
  });

  it('reports how many bytes have arrived, of whatever upload, once for as many as it has announced', async (t) => {
    const { port } = await served(t);
    const peer = await caller(t, port);
    const item = JSON.stringify('x'.repeat(300));
    const frame = 4 + item.length;
    peer.write(open(2, 'hold'), send(2, 0, item), send(7, 0, item), send(8, 0, item));
    await isIntact(peer, 2, 0);
    assert.equal(
      peer.packets.some(({ head }) => head.type === 'stream_received'),
      false,
    );
    peer.write(send(2, 1, item));
    for (const count of [4 * frame, 8 * frame]) {
      const { id, kind, body } = await peer.next('stream_received');
      assert.deepEqual([id, kind, Number(body.readBigUInt64BE())], [0, 1, count]);
      for (let i = 0; i < 4; i++) peer.write(send(7, 0, item));
    }
  });

  it('counts the bytes of uploads that are over no more', async (t) => {
    const { port } = await served(t, { streamWindow: { ...WINDOW, total: 600 } });
    const peer = await caller(t, port);
    // Each holds more than half of what all may hold, until it is cancelled, or answered.
    for (let id = 2; id < 40; id += 2) {
      peer.write(open(id, 'hold'), send(id, 0, 'x'.repeat(400)), request(id, { type: 'cancel' }));
      peer.write(open(id + 1, 'f'), send(id + 1, 0, 'x'.repeat(400)));
    }
    peer.write(open(50, 'hold'), send(50, 0, 1), send(50, 1, 2));
    await isIntact(peer, 50, 0);
  });

  it('holds the items of a call that waits for its permission, and drops those of a call that is refused', async (t) => {
    let decide = (_may: boolean): void => {};
    const authorize = () =>
      new Promise<boolean>((resolve) => {
        decide = resolve;
      });
    const { port, seen } = await served(t, { authorize });
    const peer = await caller(t, port);
    peer.write(open(2), send(2, 0, 1), send(2, 1, 2));
    await isHeld();
    decide(true);
    assert.equal((await peer.next('stream_credit')).id, 2);
    peer.write(end(2));
    assert.equal((await peer.next('invoke_result')).head.success, true);
    assert.deepEqual(seen, [1, 2]);
    decide = () => {};
    peer.write(open(4), send(4, 0, 1));
    await isHeld();
    decide(false);
    assert.deepEqual((await refusal(peer)).slice(0, 2), [4, 'ERR_RPC_FORBIDDEN']);
    // The id is free again: nothing is left of the refused call.
    peer.write(open(4), send(4, 0, 3), end(4));
    await isHeld();
    decide(true);
    assert.equal((await peer.next('invoke_result')).head.success, true);
    assert.deepEqual(seen, [1, 2, 3]);

    async function isHeld(): Promise<void> {
      decide = () => {};
      const before = decide;
      await until(() => decide !== before, { what: 'the question' });
      await new Promise((resolve) => setTimeout(resolve, 20)); // the items arrive
    }
  });

  it('counts a call that waits for its permission once, so that maxStreams are let in and no more', async (t) => {
    const { port } = await served(t, { maxStreams: 2, authorize: async () => true });
    const peer = await caller(t, port);
    for (const id of [2, 3]) {
      peer.write(open(id, 'first'), send(id, 0, 1));
      assert.equal((await peer.next('stream_stop')).id, id);
    }
    peer.write(open(4, 'hold'));
    const [id, code, message] = await refusal(peer);
    assert.deepEqual([id, code], [4, 'ERR_RPC_OVERLOADED']);
    assert.match(message, /has 2 streams open \(maxStreams\)/);
    await isIntact(peer, 3, 0);
  });

  it('notifies the method of a caller that is gone', async (t) => {
    expectNoLeaks(t);
    const { port, seen } = await served(t);
    const peer = await caller(t, port);
    peer.write(open(2), send(2, 0, 1));
    await until(() => seen.length > 0, { what: 'the item' });
    peer.socket.destroy();
    await until(() => seen.length > 1, { what: 'the notice' });
    assert.equal(seen[1], 'ERR_RPC_CONNECTION_LOST');
  });
});

describe('a caller, and a server that breaks the rules of an upload', () => {
  async function* numbers(ends: string[]) {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      ends.push('finally');
    }
  }

  /** A server that takes uploads, and does with the first one what it is told. */
  async function leader(t: TestContext, onInvoke: (peer: RawPeer, id: number) => void) {
    return rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(
        response(id, { type: 'register_channel_res', ext: { ...OURS, stream: WINDOW } }, stock({ success: true })),
      );
      const call = await peer.next('invoke');
      assert.deepEqual([call.head.upload, call.head.stream], [1, undefined]);
      await nextItems(peer, 2);
      onInvoke(peer, call.id);
    });
  }

  const credit = (id: number, count: number, bytes: number): Buffer =>
    response(id, { type: 'stream_credit' }, creditBody({ items: count, bytes }));
  const mistakes: { what: string; sent: (id: number) => readonly Buffer[]; code: string }[] = [
    { what: 'a credit for more than was sent', sent: (id) => [credit(id, 3, 15)], code: 'ERR_RPC_PROTOCOL' },
    {
      what: 'a credit that goes backwards',
      sent: (id) => [credit(id, 1, 5), credit(id, 0, 0)],
      code: 'ERR_RPC_PROTOCOL',
    },
    {
      what: 'a credit without its counts',
      sent: (id) => [response(id, { type: 'stream_credit' }, Buffer.alloc(3))],
      code: 'ERR_RPC_PROTOCOL',
    },
    {
      what: 'items for a plain call',
      sent: (id) => [response(id, { type: 'stream_items' }, items(0, 1))],
      code: 'ERR_RPC_DECODE',
    },
  ];
  for (const { what, sent, code } of mistakes) {
    it(`fails the call at ${what}, once, and ends the source`, async (t) => {
      expectNoLeaks(t);
      const { info } = await leader(t, (peer, id) => peer.write(...sent(id)));
      const { calls } = await call(t, [info], { codecs: ['json'] });
      const ends: string[] = [];
      const error = await failure(calls.f.with({ stream: numbers(ends) })(null));
      assert.equal(error.code, code);
      await until(() => ends.length > 0, { what: 'the finally' });
      assert.deepEqual(ends, ['finally']);
    });
  }

  const KIB = 1_024;

  /** A server with a large window, of which a client knows what has arrived; a client that sends it items of 64 KiB. */
  async function sending(t: TestContext) {
    const window = { items: 1_000, bytes: 1e8, total: 1e8, received: 64 * KIB };
    const { info, connection } = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      const ext = { ...OURS, stream: window };
      peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
    });
    const { calls } = await call(t, [info], { codecs: ['json'] });
    const ends: string[] = [];
    async function* large() {
      try {
        for (;;) yield 'x'.repeat(64 * KIB);
      } finally {
        ends.push('finally');
      }
    }
    const abort = new AbortController();
    const answer = failure(calls.f.with({ stream: large(), signal: abort.signal })(null));
    const peer = await connection();
    const sent = (): number => peer.packets.filter(({ head }) => head.type === 'stream_items').length;
    const report = (count: number): void =>
      peer.write(response(0, { type: 'stream_received' }, countBody(count * (64 * KIB + 6))));
    return { calls, answer, abort, ends, peer, sent, report };
  }

  it('sends no more than 256 KiB at once beyond what the server has received, and calls go on beside it', async (t) => {
    const { calls, answer, abort, ends, peer, sent, report } = await sending(t);
    await until(() => sent() === 4, { what: 'as many items as may be on their way' });
    const beside = calls.f(null);
    await until(() => peer.packets.filter(({ head }) => head.type === 'invoke').length === 2, { what: 'the call' });
    assert.equal(sent(), 4);
    report(2);
    await until(() => sent() >= 6, { what: 'further items' });
    const { id } = peer.packets.findLast(({ head }) => head.type === 'invoke') as { id: number };
    peer.write(response(id, { type: 'invoke_result', success: true, results: 0 }));
    assert.equal(await beside, undefined);
    abort.abort();
    assert.equal((await answer).code, 'ERR_RPC_CANCELLED');
    await until(() => ends.length > 0, { what: 'the finally' });
  });

  it('ends the connection of a server that reports more than was sent, or no count', async (t) => {
    for (const wrong of [countBody(1e9), Buffer.alloc(3)]) {
      const { answer, ends, peer, sent } = await sending(t);
      await until(() => sent() === 4, { what: 'items' });
      peer.write(response(0, { type: 'stream_received' }, wrong));
      const error = await answer;
      assert.deepEqual(
        [error.code, (error.cause as { code: string }).code],
        ['ERR_RPC_CONNECTION_LOST', 'ERR_RPC_PROTOCOL'],
      );
      assert.match(error.message, /received bytes/);
      await until(() => ends.length > 0, { what: 'the finally' });
      assert.deepEqual(ends, ['finally']);
    }
  });

  it('sends no more than the window, takes credits and stops of calls that are over, and goes on', async (t) => {
    let peerOf: RawPeer | undefined;
    let invoked = 0;
    const { info } = await leader(t, (peer, id) => {
      peerOf = peer;
      invoked = id;
    });
    const { calls } = await call(t, [info], { codecs: ['json'] });
    const ends: string[] = [];
    const answer = calls.f.with({ stream: numbers(ends) })(null);
    const peer = await until(() => peerOf, { what: 'the call' });
    peer.write(response(999, { type: 'stream_stop' }), credit(998, 1, 1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(itemsAt(peer), 2);
    peer.write(response(invoked, { type: 'invoke_result', success: true, results: 1 }, items(0, 'null').subarray(8)));
    assert.equal(await answer, null);
    assert.deepEqual(ends, ['finally']);
    peer.write(
      response(invoked, { type: 'stream_stop' }),
      response(invoked, { type: 'stream_stop' }),
      credit(invoked, 9, 9),
    );
    const second = calls.f(null);
    const { id } = await peer.next('invoke');
    peer.write(response(id, { type: 'invoke_result', success: true, results: 0 }));
    assert.equal(await second, undefined);
  });

  for (const how of ['passes its deadline', 'is cancelled'])
    it(`sends the cancel of an upload that ${how} before the item of another that had no room beside it`, async (t) => {
      const { info, connection } = await rawLeader(t, async (peer) => {
        const { id } = await peer.next('register_channel');
        const ext = { ...OURS, stream: { ...WINDOW, total: 500 } };
        peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
      });
      const { calls } = await call(t, [info], { codecs: ['json'] });
      const abort = new AbortController();
      const end = how === 'is cancelled' ? { signal: abort.signal } : { timeout: 1_000 };
      const filled = deferred();
      let isAsked = false;
      async function* small() {
        yield 1;
        isAsked = true;
        await filled.promise;
        yield 2;
      }
      async function* large() {
        yield 'x'.repeat(600);
      }
      calls.f.with({ stream: small(), timeout: 60_000 })(null, () => {});
      const peer = await connection();
      const first = await peer.next('stream_items');
      await until(() => isAsked, { what: 'the question for an item while there is room' });
      const ended = failure(calls.f.with({ stream: large(), ...end })(null));
      const { id } = await peer.next('stream_items');
      filled.resolve();
      await settle();
      abort.abort();
      await ended;
      await until(() => peer.packets.filter(({ head }) => head.type === 'stream_items').length === 3, {
        what: 'the item that had no room',
      });
      const sent = peer.packets.filter(({ head }) => head.type === 'stream_items' || head.type === 'cancel');
      assert.deepEqual(
        sent.map((packet) => [packet.id, packet.head.type]),
        [
          [first.id, 'stream_items'],
          [id, 'stream_items'],
          [id, 'cancel'],
          [first.id, 'stream_items'],
        ],
      );
    });
});

describe('peers that know no uploads', () => {
  it('get no frame of an upload: the call fails at once, and the source is not asked', async (t) => {
    let asked = 0;
    async function* source() {
      yield asked++;
    }
    const frozen = await loadFrozen();
    const old = await serve(t, { f: () => 'f' }, {}, frozen.createServer as never);
    const { calls } = await call(t, [old]);
    for (const answer of [
      calls.f.with({ stream: source() })(null),
      calls.f.with({ stream: source() }).stream(null).next(),
    ]) {
      const error = await failure(answer);
      assert.deepEqual([error.code, error.delivery, asked], ['ERR_RPC_NO_STREAM', 'not-sent', 0]);
      assert.match(error.message, /an older mailstation, .* takes no stream of items/);
    }
    assert.equal(await calls.f(null), 'f');
  });
});
