import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext } from '../../lib/call-context.js';
import { creditBody } from '../../lib/stream/stream-body.js';
import { request, response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { type RawPeer, rawCaller, rawLeader, registeredCaller } from './raw-peers.js';
import { follow, lead } from './sharing.js';
import { itemsAt } from './stream-items.js';
import { failure, serve } from './support.js';

const CHANNEL = 'mailstation.share';
const WINDOW = { items: 3, bytes: 1_000, total: 1_000_000 };

function credit(id: number, items: number, bytes: number): Buffer {
  return request(id, { type: 'stream_credit' }, creditBody({ items, bytes }));
}

/** A call for a stream, with time enough for a thousand of them on a busy machine: the relay answers no call that has expired. */
function open(id: number, more: object = {}): Buffer {
  const head = { type: 'relay', to: 1, method: 'user.service.endless', argLength: 0, oneway: false, stream: 1 };
  return request(id, { ...head, ...more }, undefined, 60_000);
}

/** A Follower that reads streams, of a Leader that relays for it, with the server's mailbox open as number 1. */
async function opened(t: TestContext) {
  const ends = { finals: 0 };
  const service = {
    f: () => 'f',
    async *endless() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        ends.finals += 1;
      }
    },
    /** Yields nothing: a thousand windows of items would take the test its time. */
    async *held() {
      const { signal } = callContext() as { signal: AbortSignal };
      try {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        ends.finals += 1;
      }
    },
  };
  const served = await serve(t, service);
  const port = await freePort();
  await lead(t, port);
  const peer = await rawCaller(t, port);
  const ext = { version: 1, codecs: ['json'], features: ['results', 'meta', 'stream'], stream: WINDOW };
  peer.write(request(1, { type: 'register_channel', channelName: CHANNEL, ext }));
  assert.ok((await peer.next()).head.ext.features.includes('stream'));
  await openMailBox(peer, served.port);
  return { peer, ends };
}

async function openMailBox(peer: RawPeer, port: number): Promise<void> {
  const server = { id: 'test-1', host: '127.0.0.1', port, transport: 'tcp' };
  peer.write(request(0, { type: 'open_mailbox', to: 1, server }));
  await until(() => peer.packets.some(({ head }) => head.state === 'ready'), { what: 'the mailbox to be ready' });
}

function framesOf(peer: RawPeer, id: number): string[] {
  return peer.packets.filter((packet) => packet.id === id && packet.kind === 1).map(({ head }) => head.type);
}

/** Resolves with the code of the failure that ends a request. */
async function failed(peer: RawPeer, id: number): Promise<string> {
  const packet = await until(
    () => peer.packets.find((each) => each.id === id && ['relay_failure', 'invoke_result'].includes(each.head.type)),
    { what: `the end of ${id}` },
  );
  return packet.head.code;
}

describe('a Follower that has streams relayed', () => {
  it('is sent no more than its window, and more for each credit', async (t) => {
    const { peer } = await opened(t);
    peer.write(open(2));
    await until(() => itemsAt(peer, 2) === 3, { what: 'the window' });
    peer.write(request(3, { type: 'relay', to: 1, method: 'user.service.f', argLength: 0, oneway: false }));
    await until(() => framesOf(peer, 3).length === 1, { what: 'a plain call beside the stream' });
    assert.equal(itemsAt(peer, 2), 3);
    peer.write(credit(2, 2, 10));
    await until(() => itemsAt(peer, 2) === 5, { what: 'two more' });
  });

  const mistakes: { what: string; send: (peer: RawPeer) => void }[] = [
    { what: 'gives credit that goes backwards', send: (peer) => peer.write(credit(2, 1, 5), credit(2, 0, 0)) },
    { what: 'gives credit for more than was sent', send: (peer) => peer.write(credit(2, 9, 45)) },
    { what: 'gives credit without counts', send: (peer) => peer.write(request(2, { type: 'stream_credit' })) },
    { what: 'opens a stream under the id of another', send: (peer) => peer.write(open(2)) },
  ];
  for (const { what, send } of mistakes)
    it(`${what}: the stream ends with ERR_RPC_BAD_REQUEST, its generator once, and the connection goes on`, async (t) => {
      const { peer, ends } = await opened(t);
      peer.write(open(2));
      await until(() => itemsAt(peer, 2) === 3, { what: 'the window' });
      send(peer);
      assert.equal(await failed(peer, 2), 'ERR_RPC_BAD_REQUEST');
      await until(() => ends.finals === 1, { what: 'the finally' });
      peer.write(open(4));
      await until(() => itemsAt(peer, 4) === 3, { what: 'another stream' });
      assert.equal(framesOf(peer, 2).filter((type) => type !== 'stream_items').length, 1, 'one error');
    });

  it('gives credit for no stream, or opens one without a window: ERR_RPC_BAD_REQUEST', async (t) => {
    const { peer } = await opened(t);
    peer.write(credit(9, 1, 5));
    assert.equal(await failed(peer, 9), 'ERR_RPC_BAD_REQUEST');
    const served = await serve(t, { f() {} }, { id: 'test-1' });
    const port = await freePort();
    await lead(t, port);
    const plain = await registeredCaller(t, port, CHANNEL);
    await openMailBox(plain, served.port);
    plain.write(open(2), credit(3, 1, 5));
    assert.equal(await failed(plain, 2), 'ERR_RPC_BAD_REQUEST');
    assert.equal(await failed(plain, 3), 'ERR_RPC_BAD_REQUEST');
  });

  it('cancels: the generator ends once, and nothing more is sent', async (t) => {
    const { peer, ends } = await opened(t);
    peer.write(open(2));
    await until(() => itemsAt(peer, 2) === 3, { what: 'the window' });
    peer.write(request(2, { type: 'cancel' }));
    await until(() => ends.finals === 1, { what: 'the finally' });
    assert.deepEqual([...new Set(framesOf(peer, 2))], ['stream_items']);
  });

  it('may have 1,000 streams open, and one more is refused before anything is sent', async (t) => {
    const { peer, ends } = await opened(t);
    for (let id = 2; id < 1_003; id++) peer.write(open(id, { method: 'user.service.f' }));
    for (let id = 2; id < 1_003; id++) await failed(peer, id);
    for (let id = 2_000; id < 3_001; id++) peer.write(open(id, { method: 'user.service.held' }));
    assert.equal(await failed(peer, 3_000), 'ERR_RPC_PENDING_FULL');
    peer.write(request(2_000, { type: 'cancel' }));
    await until(() => ends.finals === 1, { what: 'room for another' });
  });
});

describe('a server whose streams are relayed', () => {
  it('has no streams: the call fails with ERR_RPC_NO_STREAM, and the server sees nothing of it', async (t) => {
    const leader = await rawLeader(t);
    const port = await freePort();
    await lead(t, port, [], { codecs: ['json'] });
    const { calls } = await follow(t, port, [leader.info], { codecs: ['json'] });
    const refused = await failure(calls.f.stream(null).next());
    assert.equal(refused.code, 'ERR_RPC_NO_STREAM', 'a server without the feature sees nothing');
    const peer = await leader.connection();
    assert.deepEqual(
      peer.packets.filter(({ head }) => head.type === 'invoke'),
      [],
    );
    peer.write(response(7, { type: 'stream_items' }, Buffer.alloc(12)));
    assert.equal((await failure(calls.f.with({ timeout: 200 })(null))).code, 'ERR_RPC_TIMEOUT');
  });
});
