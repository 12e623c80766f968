import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RpcError } from '../../lib/errors.js';
import { listOf, packet, request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { acceptRegistration, EXT, type RawPeer, rawLeader, stock } from './raw-peers.js';
import { call, failure, serve } from './support.js';

describe('a server that is none of ours', () => {
  const answers: [what: string, answer: (peer: RawPeer, id: number) => void, reason: RegExp][] = [
    [
      'garbage',
      (peer) => peer.write(Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n')),
      /another program, whose bytes begin with "SSH-2/,
    ],
    [
      'HTTP',
      (peer) => peer.write(Buffer.from('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')),
      /the peer speaks HTTP \("HTTP\/1\.1 400 Bad"\): another program is on this port/,
    ],
    [
      'another version',
      (peer, id) => peer.write(Buffer.concat([Buffer.from([2]), packet(1, id, 1, {}).subarray(1)])),
      /version 2/,
    ],
    [
      'nothing, and closes',
      (peer) => peer.socket.end(),
      /did not accept the registration.*closed it before it answered; another program may be on that port, such as a server of pomelo-rpc, or the whitelist/,
    ],
    [
      'nothing, and resets the connection, as a process that ends',
      (peer) => peer.socket.resetAndDestroy(),
      /: read ECONNRESET before it answered; the server may have ended just then; otherwise another program may be on that port/,
    ],
    [
      'the answer to something else',
      (peer, id) => peer.write(response(id, { type: 'invoke_result', success: true })),
      /answered with invoke_result/,
    ],
    [
      'a body that is none',
      (peer, id) => peer.write(response(id, { type: 'register_channel_res' }, Buffer.from('nonsense'))),
      /cannot be decoded/,
    ],
    [
      'no body',
      (peer, id) => peer.write(response(id, { type: 'register_channel_res' })),
      /did not accept the registration/,
    ],
    [
      'a refusal',
      (peer, id) =>
        peer.write(
          response(id, { type: 'register_channel_res' }, stock({ success: false, error: { message: 'go away' } })),
        ),
      /go away/,
    ],
    [
      'a refusal without a reason',
      (peer, id) => peer.write(response(id, { type: 'register_channel_res' }, stock({ success: false }))),
      /no reason given/,
    ],
    [
      'a codec that was not offered',
      (peer, id) =>
        peer.write(
          response(
            id,
            { type: 'register_channel_res', ext: { ...EXT, codecs: ['msgpack'] } },
            stock({ success: true }),
          ),
        ),
      /msgpack/,
    ],
    [
      'a codec that nobody knows',
      (peer, id) =>
        peer.write(
          response(id, { type: 'register_channel_res', ext: { ...EXT, codecs: ['morse'] } }, stock({ success: true })),
        ),
      /morse/,
    ],
  ];
  for (const [what, answer, reason] of answers) {
    it(`and answers the registration with ${what} is tried again, and the call says why it failed`, async (t) => {
      expectNoLeaks(t);
      const leader = await rawLeader(t, async (peer) => {
        const { id } = await peer.next();
        answer(peer, id);
      });
      const good = await serve(t, { f: () => 'fine' }, { id: 'good-1' });
      const { calls } = await call(t, [leader.info, good], { codecs: ['json'] });
      const error = await failure(calls.f.with({ timeout: 800 }).toServer('test-1'));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECT', 'not-sent']);
      assert.match(error.message, reason);
      await leader.connection(2); // it was tried again
      assert.equal(await calls.f.toServer('good-1'), 'fine');
    });
  }

  it('and sends a call of its own gets an answer, and does not get it made', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info]);
    const made = calls.f(null);
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    peer.write(request(77, { type: 'invoke', method: 'user.service.f', argLength: 0, oneway: false }));
    peer.write(request(78, { type: 'heartbeat' }), request(79, { type: 'nonsense' }));
    const replies = [await peer.next(), await peer.next(), await peer.next()];
    assert.deepEqual(
      replies.map((reply) => [reply.kind, reply.id]),
      [
        [1, 77],
        [1, 78],
        [1, 79],
      ],
    );
    assert.equal(replies[1]?.head.type, 'heartbeat_res');
    peer.write(response(id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('5'))));
    assert.equal(await made, 5);
  });

  it('and answers calls that were not made is not minded', async (t) => {
    const leader = await rawLeader(t);
    const { calls, moves } = await call(t, [leader.info]);
    const made = calls.f(null);
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    for (const stranger of [0, id + 1, id + 256, 2 ** 30, 2 ** 32 - 1]) {
      peer.write(response(stranger, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('6'))));
    }
    peer.write(response(id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('5'))));
    assert.equal(await made, 5);
    assert.equal(moves.at(-1), 'test-1 connecting -> ready');
  });

  it('and breaks the packet format loses its calls, with the reason', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info]);
    const made = failure(calls.f(null));
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.write(Buffer.from('garbage that is long enough to be a header'));
    const error = await made;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    assert.match(error.message, /(not a packet|another program)/);
    await peer.closed();
  });

  it('and says goaway in one piece with the registration’s answer is left, and tried again', async (t) => {
    expectNoLeaks(t);
    let connections = 0;
    const leader = await rawLeader(t, async (peer) => {
      connections += 1;
      const { id } = await peer.next();
      const accepted = response(id, { type: 'register_channel_res', ext: EXT }, stock({ success: true }));
      if (connections > 1) return peer.write(accepted);
      peer.write(Buffer.concat([accepted, request(1, { type: 'goaway' })]));
    });
    const { calls } = await call(t, [leader.info]);
    const made = calls.f(null);
    const peer = await leader.connection(2);
    const { id } = await peer.next('invoke');
    peer.write(response(id, { type: 'invoke_result', success: true, results: 0 }));
    await made;
    const [first] = leader.peers;
    assert.equal(
      first?.packets.some(({ head }) => head.type === 'goaway_res'),
      true,
    );
    assert.equal(
      first?.packets.some(({ head }) => head.type === 'invoke'),
      false,
    );
  });

  it('and closes in one piece with the registration’s answer fails no call for that', async (t) => {
    let connections = 0;
    const leader = await rawLeader(t, async (peer) => {
      connections += 1;
      await acceptRegistration(peer);
      if (connections === 1) peer.socket.end();
    });
    const { calls } = await call(t, [leader.info]);
    const made = calls.f(null).then(
      () => 'answered',
      (error: RpcError) => error.delivery,
    );
    const arrived = leader.connection(2).then((peer) => peer.next('invoke'));
    // Either it was sent on the first connection and lost with it, or it is sent on the second.
    const outcome = await Promise.race([made, arrived.then(() => 'arrived')]);
    assert.match(outcome, /^(unknown|arrived)$/);
    calls.f(null).catch(() => {}); // so that something arrives there in either case
    await arrived;
  });

  it('and is stock is spoken to as such: no ext, first result, serialize-json', async (t) => {
    const leader = await rawLeader(t, async (peer) => {
      const { id, head } = await peer.next('register_channel');
      assert.equal(head.channelName, 'test-1');
      peer.write(response(id, { type: 'register_channel_res' }, stock({ success: true })));
    });
    const { calls } = await call(t, [leader.info]);
    const made = calls.f.with({ meta: { trace: 1 } })(null, 'x');
    const peer = await leader.connection();
    const { id, head, body } = await peer.next('invoke');
    assert.deepEqual(head, { type: 'invoke', method: 'user.service.f', argLength: 1, oneway: false });
    assert.equal(body.subarray(4).toString('latin1'), stock('x').toString('latin1'));
    peer.write(
      response(id, { type: 'invoke_result', success: true }, stock({ at: new Date(5), bytes: Buffer.from('b') })),
    );
    assert.deepEqual(await made, { at: new Date(5), bytes: Buffer.from('b') });
    for (const value of [new Map(), new Set(), 5n]) {
      assert.deepEqual([(await failure(calls.f(null, value))).code], ['ERR_RPC_ENCODE']);
    }
  });
});
