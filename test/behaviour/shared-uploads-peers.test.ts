import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext } from '../../lib/call-context.js';
import { creditBody } from '../../lib/stream/stream-body.js';
import { request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { type RawPeer, rawCaller, rawLeader, registeredCaller, stock } from './raw-peers.js';
import { follow, lead } from './sharing.js';
import { itemsBody as items, nextItems } from './stream-items.js';
import { call, failure, serve } from './support.js';

const CHANNEL = 'mailstation.share';
const WINDOW = { items: 3, bytes: 1_000, total: 1_000_000 };
const EXT = { version: 1, codecs: ['json'], features: ['results', 'meta', 'cancel', 'goaway', 'stream'] };

const open = (id: number, method = 'list', more: object = {}): Buffer =>
  request(id, {
    ...{ type: 'relay', to: 1, method: `user.service.${method}`, argLength: 0, oneway: false, upload: 1 },
    ...more,
  });
const send = (id: number, first: number, ...values: readonly unknown[]): Buffer =>
  request(id, { type: 'stream_items' }, items(first, ...values));
const end = (id: number): Buffer => request(id, { type: 'stream_end' });

async function openMailBox(peer: RawPeer, port: number, to = 1): Promise<void> {
  const server = { id: 'test-1', host: '127.0.0.1', port, transport: 'tcp' };
  peer.write(request(0, { type: 'open_mailbox', to, server }));
}

/** A Follower of a Leader that relays for it, with the server's mailbox open as number 1. */
async function opened(t: TestContext, options: object = {}) {
  /** Items that the methods read, and codes of errors in their place. */
  const seen: unknown[] = [];
  const service = {
    f: () => 'f',
    list: async () => {
      const stream = callContext()?.stream;
      try {
        for await (const item of stream ?? []) seen.push(item);
        return seen.length;
      } catch (error) {
        seen.push((error as { code: string }).code);
        throw error;
      }
    },
    /** Reads nothing, and answers never. */
    hold: () =>
      new Promise(() =>
        callContext()?.signal.addEventListener('abort', ({ target }) => seen.push((target as AbortSignal).reason.code)),
      ),
    first: async () => {
      for await (const item of callContext()?.stream ?? []) {
        seen.push(item);
        break;
      }
      return new Promise<void>(() => {});
    },
    async *double() {
      for await (const item of callContext()?.stream ?? []) yield (item as number) * 2;
    },
  };
  const served = await serve(t, service, { streamWindow: { items: 2 }, ...options });
  const port = await freePort();
  const leader = await lead(t, port, [], { streamWindow: WINDOW });
  const peer = await rawCaller(t, port);
  peer.write(request(1, { type: 'register_channel', channelName: CHANNEL, ext: { ...EXT, stream: WINDOW } }));
  const announced = (await peer.next()).head.ext.stream;
  assert.deepEqual(announced, { ...WINDOW, received: WINDOW.bytes }, 'the window of the uploads that are relayed');
  await openMailBox(peer, served.port);
  await until(() => peer.packets.some(({ head }) => head.state === 'ready'), { what: 'the mailbox to be ready' });
  return { peer, seen, served, leader };
}

function framesOf(peer: RawPeer, id: number): string[] {
  return peer.packets.filter((packet) => packet.id === id && packet.kind === 1).map(({ head }) => head.type);
}

/** The answers of a request: codes of failures, `ok` for a result. */
function answersOf(peer: RawPeer, id: number): string[] {
  return peer.packets
    .filter((packet) => packet.id === id && ['relay_failure', 'invoke_result'].includes(packet.head.type))
    .map(({ head }) => head.code ?? 'ok');
}

async function answered(peer: RawPeer, id: number): Promise<string> {
  return until(() => answersOf(peer, id)[0], { what: `the answer of ${id}` });
}

describe('a Follower that has uploads relayed', () => {
  it('is given credit for what the server has taken, and the end comes to the method', async (t) => {
    expectNoLeaks(t);
    const { peer, seen } = await opened(t);
    peer.write(open(2), send(2, 0, 1, 2), send(2, 2, 3));
    assert.equal((await peer.next('stream_credit')).id, 2);
    peer.write(send(2, 3, 4), end(2));
    assert.equal(await answered(peer, 2), 'ok');
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  it('is given no credit where the method takes nothing, and nothing is held up', async (t) => {
    const { peer } = await opened(t);
    // Two items fill the window of the server, the third one waits at the Leader.
    peer.write(open(2, 'hold'), send(2, 0, 1, 2, 3));
    await until(() => framesOf(peer, 2).length > 0, { what: 'credit for what has gone on' });
    peer.write(send(2, 3, 4, 5), open(3, 'f'));
    assert.equal(await answered(peer, 3), 'ok');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(framesOf(peer, 2), ['stream_credit']);
  });

  const mistakes: { what: string; sent: readonly Buffer[] }[] = [
    { what: 'sends more items than the window', sent: [send(2, 0, 1, 2, 3, 4)] },
    { what: 'sends an item that is not the next one', sent: [send(2, 1, 1)] },
    { what: 'sends an item twice', sent: [send(2, 0, 1), send(2, 0, 1)] },
    { what: 'sends items that are no list', sent: [request(2, { type: 'stream_items' }, Buffer.alloc(11))] },
    { what: 'sends items after the end', sent: [end(2), send(2, 0, 1)] },
    { what: 'ends its items twice', sent: [end(2), end(2)] },
    { what: 'opens another call with a stream under the same id', sent: [open(2, 'hold')] },
  ];
  for (const more of [{}, { stream: 1 }])
    for (const { what, sent } of mistakes)
      it(`${what}${'stream' in more ? ', beside a stream of results' : ''}: one ERR_RPC_BAD_REQUEST, and the method is notified`, async (t) => {
        const { peer, seen } = await opened(t);
        peer.write(open(2, 'hold', more));
        // A call behind it has been answered: this one runs.
        peer.write(request(80, { type: 'relay', to: 1, method: 'user.service.f', argLength: 0, oneway: false }));
        await answered(peer, 80);
        peer.write(...sent);
        assert.equal(await answered(peer, 2), 'ERR_RPC_BAD_REQUEST');
        await until(() => seen.length > 0, { what: 'the notice of the method' });
        peer.write(open(4), send(4, 0, 1), end(4));
        assert.equal(await answered(peer, 4), 'ok');
        assert.deepEqual([answersOf(peer, 2).length, seen], [1, ['ERR_RPC_CANCELLED', 1]]);
      });

  it('is told how many bytes have arrived, whatever becomes of the items', async (t) => {
    const { peer } = await opened(t);
    const item = JSON.stringify('x'.repeat(500));
    peer.write(open(2, 'hold'), send(2, 0, item), send(7, 0, item), request(2, { type: 'cancel' }), send(2, 1, item));
    const { id, body } = await peer.next('stream_received');
    assert.deepEqual([id, Number(body.readBigUInt64BE())], [0, 2 * (4 + item.length)]);
  });

  it('sends a credit for an upload that has no stream of results: ERR_RPC_BAD_REQUEST', async (t) => {
    const { peer } = await opened(t);
    peer.write(open(2, 'hold'), request(2, { type: 'stream_credit' }, creditBody({ items: 1, bytes: 5 })));
    assert.equal(await answered(peer, 2), 'ERR_RPC_BAD_REQUEST');
  });

  it('sends frames of an upload that is over, or that never was: nothing comes of them', async (t) => {
    const { peer, seen } = await opened(t);
    peer.write(open(2, 'f'));
    assert.equal(await answered(peer, 2), 'ok');
    peer.write(send(2, 0, 1), end(2), end(2), send(7, 0, 1), end(7), request(7, { type: 'cancel' }));
    peer.write(open(4), send(4, 0, 1), end(4));
    assert.equal(await answered(peer, 4), 'ok');
    assert.deepEqual([framesOf(peer, 2), framesOf(peer, 7), seen], [['invoke_result'], [], [1]]);
  });

  it('gets a stop where the method wants no more, once', async (t) => {
    const { peer, seen } = await opened(t);
    peer.write(open(2, 'first'), send(2, 0, 1));
    assert.equal((await peer.next('stream_stop')).id, 2);
    peer.write(send(2, 1, 2), end(2), open(4, 'f'));
    assert.equal(await answered(peer, 4), 'ok');
    assert.deepEqual([framesOf(peer, 2), seen], [['stream_stop'], [1]]);
  });

  it('cancels: the method is notified, what was sent counts no more, and no stop comes', async (t) => {
    const { peer, seen } = await opened(t, { streamWindow: { items: 2, total: 600 } });
    const item = JSON.stringify('x'.repeat(400));
    for (let id = 2; id < 40; id++) {
      peer.write(open(id, 'hold'), send(id, 0, item), request(id, { type: 'cancel' }));
      await until(() => seen.length === id - 1, { what: 'the notice of the method' });
    }
    assert.deepEqual([...new Set(seen)], ['ERR_RPC_CANCELLED']);
    assert.equal(
      peer.packets.some(({ head }) => head.type === 'stream_stop'),
      false,
    );
    // Both items go on, since none of the cancelled ones is left among the bytes of all streams.
    peer.write(open(50, 'hold'), send(50, 0, item, item));
    assert.equal((await peer.next('stream_credit')).id, 50);
  });

  it('has items of a call held that waits for its server, and gets the call back where the Leader stops', async (t) => {
    expectNoLeaks(t);
    const { peer, seen, served, leader } = await opened(t);
    await openMailBox(peer, await freePort(), 2);
    peer.write(open(2, 'list', { to: 2 }), send(2, 0, 1, 2), open(3), send(3, 0, 7), end(3));
    assert.equal(await answered(peer, 3), 'ok');
    assert.deepEqual([framesOf(peer, 2), seen], [[], [7]]);
    const stopped = leader.client.stop();
    assert.equal(await answered(peer, 2), 'ERR_RPC_STOPPING');
    peer.socket.destroy();
    await stopped;
    await served.server.stop();
  });

  it('may have 1,000 calls with streams open, and one more is refused before anything is sent', async (t) => {
    const { peer, seen } = await opened(t, { maxStreams: 2_000 });
    for (let id = 2_000; id < 3_001; id++) peer.write(open(id, 'hold'));
    assert.equal(await answered(peer, 3_000), 'ERR_RPC_PENDING_FULL');
    peer.write(request(2_000, { type: 'cancel' }));
    await until(() => seen.length === 1, { what: 'the end of one' });
    peer.write(open(3_001, 'f'));
    assert.equal(await answered(peer, 3_001), 'ok');
  });

  it('that was announced no window is refused', async (t) => {
    const served = await serve(t, { f() {} });
    const port = await freePort();
    await lead(t, port);
    const plain = await registeredCaller(t, port, CHANNEL);
    await openMailBox(plain, served.port);
    plain.write(open(2), send(2, 0, 1), end(2));
    assert.equal(await answered(plain, 2), 'ERR_RPC_BAD_REQUEST');
  });
});

/** A server that takes streams, and does with the first call what it is told. Its window is of two items. */
async function relayedServer(t: TestContext, onInvoke: (peer: RawPeer, id: number) => void) {
  const { info } = await rawLeader(t, async (peer) => {
    const { id } = await peer.next('register_channel');
    const ext = { ...EXT, stream: { ...WINDOW, items: 2 } };
    peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
    const invoke = await peer.next('invoke');
    if (invoke.head.upload === 1) await nextItems(peer, 2);
    onInvoke(peer, invoke.id);
  });
  const port = await freePort();
  await lead(t, port, [], { codecs: ['json'] });
  return follow(t, port, [info], { codecs: ['json'] });
}

describe('a server that breaks the rules of a relayed stream', () => {
  const credit = (id: number, count: number, bytes: number): Buffer =>
    response(id, { type: 'stream_credit' }, creditBody({ items: count, bytes }));

  const wrongCredits: { what: string; sent: (id: number) => readonly Buffer[] }[] = [
    { what: 'for more than was sent', sent: (id) => [credit(id, 3, 15)] },
    { what: 'that goes backwards', sent: (id) => [credit(id, 1, 5), credit(id, 0, 0)] },
    { what: 'without its counts', sent: (id) => [response(id, { type: 'stream_credit' }, Buffer.alloc(3))] },
  ];
  for (const { what, sent } of wrongCredits)
    it(`by a credit ${what}: the caller has ERR_RPC_PROTOCOL, its source ends once, and the server has a cancel`, async (t) => {
      let server: RawPeer | undefined;
      const { calls } = await relayedServer(t, (peer, id) => {
        server = peer;
        peer.write(...sent(id));
      });
      let ended = 0;
      async function* source() {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          ended += 1;
        }
      }
      const error = await failure(calls.f.with({ stream: source() })(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_PROTOCOL', 'answered']);
      assert.match(error.message, /the server broke the rules: /);
      await until(() => ended === 1, { what: 'the end of the source' });
      await until(() => server?.packets.some(({ head }) => head.type === 'cancel'), { what: 'the cancel' });
    });

  const wrongItems: { what: string; body: Buffer; delivered: number }[] = [
    { what: 'that are not the next ones', body: items(5, 1), delivered: 0 },
    { what: 'that are no list', body: Buffer.alloc(11), delivered: 0 },
    { what: 'that come twice', body: items(0, 1), delivered: 1 },
    { what: 'beyond the window', body: items(0, ...Array.from({ length: 300 }, (_, i) => i)), delivered: 0 },
  ];
  for (const { what, body, delivered } of wrongItems)
    it(`by items ${what}: the reader has ERR_RPC_PROTOCOL behind what arrived, and the server has a cancel`, async (t) => {
      let server: RawPeer | undefined;
      const { calls } = await relayedServer(t, (peer, id) => {
        server = peer;
        if (delivered > 0) peer.write(response(id, { type: 'stream_items' }, body));
        peer.write(response(id, { type: 'stream_items' }, body));
      });
      const stream = calls.f.stream(null);
      for (let i = 0; i < delivered; i++) assert.equal((await stream.next()).value, 1);
      const error = await failure(stream.next());
      assert.deepEqual([error.code, error.delivered], ['ERR_RPC_PROTOCOL', delivered]);
      assert.match(error.message, /the server broke the rules: /);
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
      await until(() => server?.packets.some(({ head }) => head.type === 'cancel'), { what: 'the cancel' });
    });
});

describe('a process that follows', () => {
  it('sends no call again of which an item was taken, where the process that relays gives the call back', async (t) => {
    const features = ['results', 'meta', 'cancel', 'stream', 'relay'];
    const leader = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      const ext = { ...EXT, features, stream: WINDOW };
      peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
      const { to } = (await peer.next('open_mailbox')).head;
      peer.write(request(0, { type: 'mailbox_state', to, state: 'ready' }));
      const relayed = await peer.next('relay');
      assert.equal(relayed.head.upload, 1);
      await peer.next('stream_items');
      const head = { type: 'relay_failure', code: 'ERR_RPC_STOPPING', delivery: 'not-sent' };
      peer.write(response(relayed.id, head, Buffer.from('{"name":"RpcError","message":"stopping"}')));
    });
    const options = { codecs: ['json'], failMode: 'failover', share: { port: leader.port, lead: false } } as const;
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port: await freePort() }], options as never);
    let ended = 0;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ended += 1;
      }
    }
    const error = await failure(calls.f.with({ stream: source() })(null));
    assert.deepEqual([error.code, error.delivery, ended], ['ERR_RPC_STOPPING', 'not-sent', 1]);
    assert.match(error.message, /the process that relays the call is stopping, and an item of its stream was taken/);
    assert.equal(leader.peers[0]?.packets.filter(({ head }) => head.type === 'relay').length, 1);
  });
});
