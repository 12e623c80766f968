import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { findCause, RpcCode } from '../../lib/errors.js';
import { hintOf, makeNonce, proofOf } from '../docs/wire-secret.js';
import { type Packet, request, response } from '../lib/transport/support.js';
import { until, untilEvent } from '../support/until.js';
import { EXT, type RawPeer, rawCaller, rawLeader, stock, unstock } from './raw-peers.js';
import { call, failure, serve } from './support.js';

const SECRET = 'a secret that no attacker knows';
const CHANNEL = 'test-1';
const TOKEN = 'token-of-the-user';

const service = { who: async () => 'answered' };

interface Challenge {
  readonly nonce: string;
  readonly hint: string;
  readonly proof: string;
}

const authOf = (packet: Packet): Challenge => packet.head['auth'] as Challenge;
const offerOf = (packet: Packet): { nonce: string; hints: string[] } =>
  (packet.head['ext'] as { auth: { nonce: string; hints: string[] } }).auth;

function register(nonce: string, hints: readonly string[], channelName = CHANNEL, id = 1): Buffer {
  return request(id, { type: 'register_channel', channelName, ext: { ...EXT, auth: { v: 1, nonce, hints } } });
}

function prove(proof: string, id = 2): Buffer {
  return request(id, { type: 'register_proof', auth: { proof }, ext: { version: 1 } });
}

/** The code with which a registration was refused. */
async function refusalOf(peer: RawPeer): Promise<unknown> {
  const { body } = await peer.next('register_channel_res');
  return (unstock(body)['error'] as { code?: unknown }).code;
}

/** Bytes of both directions between a client and a server, for a later replay. */
async function listenIn(t: TestContext, port: number): Promise<{ port: number; fromClient: Buffer[] }> {
  const fromClient: Buffer[] = [];
  const sockets: Socket[] = [];
  const proxy = createTcpServer((socket) => {
    const behind = connect(port, '127.0.0.1');
    sockets.push(socket, behind);
    socket.on('data', (chunk) => fromClient.push(chunk));
    for (const end of [socket, behind]) end.on('error', () => {});
    socket.pipe(behind).pipe(socket);
  });
  t.after(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  proxy.listen(0, '127.0.0.1');
  await untilEvent(proxy, 'listening', { what: 'the eavesdropper' });
  return { port: (proxy.address() as AddressInfo).port, fromClient };
}

describe('a stranger that wants to call a server with a secret', () => {
  it('cannot replay a registration that it has overheard', async (t) => {
    const server = await serve(t, service, { secret: SECRET });
    const tapped = await listenIn(t, server.port);
    const { calls } = await call(t, [{ ...server.info, port: tapped.port }], { secret: SECRET });
    assert.equal(await calls.who(null), 'answered');
    const peer = await rawCaller(t, server.port);
    peer.write(Buffer.concat(tapped.fromClient));
    assert.equal((await peer.next('register_challenge')).id, 1);
    assert.equal(await refusalOf(peer), 'wrong_secret');
    await peer.closed();
  });

  it('cannot send the proof of the Leader back, nor make one without the secret', async (t) => {
    const server = await serve(t, service, { secret: SECRET });
    const good = makeNonce();
    for (const forge of [
      (auth: Challenge) => auth.proof,
      (auth: Challenge) => proofOf('another secret of an attacker', 'follower', parts(good, auth)),
      (auth: Challenge) => proofOf(SECRET, 'leader', parts(good, auth)),
      (auth: Challenge) => proofOf(SECRET, 'follower', { ...parts(good, auth), channelName: 'other-1' }),
      (auth: Challenge) => proofOf(SECRET, 'follower', { ...parts(good, auth), leaderNonce: good }),
      (auth: Challenge) => `${proofOf(SECRET, 'follower', parts(good, auth))}A`,
      () => '',
    ]) {
      const peer = await rawCaller(t, server.port);
      peer.write(register(good, [hintOf(SECRET, good)]));
      const challenge = authOf(await peer.next('register_challenge'));
      peer.write(prove(forge(challenge)));
      assert.equal(await refusalOf(peer), 'wrong_secret');
      await peer.closed();
    }
    const peer = await rawCaller(t, server.port); // and the right one is accepted
    peer.write(register(good, [hintOf(SECRET, good)]));
    peer.write(prove(proofOf(SECRET, 'follower', parts(good, authOf(await peer.next('register_challenge'))))));
    assert.equal(unstock((await peer.next('register_channel_res')).body)['success'], true);
  });

  it('has one attempt for each connection', async (t) => {
    const server = await serve(t, service, { secret: SECRET });
    const nonce = makeNonce();
    const again = await rawCaller(t, server.port);
    again.write(register(nonce, [hintOf(SECRET, nonce)]), register(nonce, [hintOf(SECRET, nonce)], CHANNEL, 2));
    await again.next('register_challenge');
    assert.equal(await refusalOf(again), 'wrong_secret');
    await again.closed();
    const early = await rawCaller(t, server.port);
    early.write(prove('A'.repeat(43), 1));
    assert.equal(await refusalOf(early), 'wrong_secret');
    await early.closed();
  });

  it('learns nothing, whatever it sends', async (t) => {
    const server = await serve(t, service, { secret: SECRET, id: 'hidden-1' });
    const heads = [
      { type: 'register_channel', channelName: 'hidden-1', ext: { ...EXT, asksHolder: 1 } },
      { type: 'register_channel', channelName: 'guessed', ext: { ...EXT, asksHolder: 1 } },
      { type: 'register_channel', channelName: 'hidden-1' },
      { type: 'register_channel', channelName: 'guessed' },
      { type: 'register_proof', ext: { version: 1, asksHolder: 1 } },
    ];
    const answers = await Promise.all(
      heads.map(async (head) => {
        const peer = await rawCaller(t, server.port);
        peer.write(request(1, head));
        const { head: answer, body } = await peer.next();
        return { answer, text: body.toString() };
      }),
    );
    const [hidden, guessed, stockHidden, stockGuessed] = answers;
    assert.deepEqual(hidden, guessed);
    assert.deepEqual(stockHidden, stockGuessed);
    for (const { answer, text } of answers) {
      assert.doesNotMatch(JSON.stringify(answer) + text, new RegExp(`hidden|${process.pid}|0\\.1\\.0|generation`));
    }
    const caller = await rawCaller(t, server.port);
    caller.write(request(1, { type: 'invoke', method: 'user.service.who', argLength: 0, oneway: false }));
    caller.write(request(2, { type: 'invoke', method: 'user.service.no', argLength: 0, oneway: false }));
    const [known, unknown] = [await caller.next(), await caller.next()];
    assert.deepEqual(known.head, unknown.head);
    assert.equal(known.body.toString().replace('who', 'no'), unknown.body.toString());
  });

  it('is dropped when it does not register in time, and a stock Follower that was refused is not', async (t) => {
    const server = await serve(t, service, { secret: SECRET, handshakeTimeout: 500 });
    const refused = await rawCaller(t, server.port);
    refused.write(request(1, { type: 'register_channel', channelName: CHANNEL }));
    await refused.next('register_channel_res');
    const idle = await rawCaller(t, server.port);
    const nonce = makeNonce();
    idle.write(register(nonce, [hintOf(SECRET, nonce)]));
    await idle.next('register_challenge');
    await idle.closed();
    assert.equal(refused.isClosed, false);
    refused.write(request(2, { type: 'heartbeat' }));
    await refused.next('heartbeat_res');
  });

  it('floods the server with registrations, and others are served', async (t) => {
    const server = await serve(t, service, { secret: SECRET, maxUnregistered: 20, handshakeTimeout: 300 });
    const { calls } = await call(t, [server], { secret: SECRET });
    assert.equal(await calls.who(null), 'answered');
    const peers: RawPeer[] = [];
    const startedAt = performance.now();
    for (let at = 0; at < 60; at++) {
      const peer = await rawCaller(t, server.port);
      const hints = Array.from({ length: 16 }, (_, index) => hintOf(`guess ${index}, at random`, makeNonce()));
      const nonce = makeNonce();
      peer.write(at % 2 === 0 ? register(nonce, hints) : register(nonce, [hintOf(SECRET, nonce)]));
      peers.push(peer);
    }
    assert.equal(await calls.who(null), 'answered');
    await until(() => peers.every(({ isClosed }) => isClosed), { what: 'all strangers to be disconnected' });
    const lines = server.log.filter((line) => line.includes('refused a connection'));
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(lines.length <= 2 + seconds, lines.join('\n')); // one a second
  });
});

describe('a program that took the port of a server', () => {
  /** The first frame of a client with the secret, and the error of its call. */
  async function lure(t: TestContext, answer: (peer: RawPeer, asked: Packet) => void | Promise<void>) {
    const squatter = await rawLeader(t, async (peer) => {
      await answer(peer, await peer.next('register_channel'));
    });
    const options = { secret: SECRET, auth: TOKEN, clientId: 'name-of-the-user', timeout: 30_000 };
    const { calls, moves, log } = await call(t, [squatter.info], options);
    const connects = failure(calls.who(null, 'argument-of-the-user'));
    const isRefused = (): boolean => moves.includes('test-1 connecting -> backoff');
    await Promise.race([connects, until(isRefused, { what: 'the first attempt to fail' })]);
    const error = await failure(calls.who.with({ timeout: 50 })(null, 'argument-of-the-user'));
    const first = squatter.peers[0] as RawPeer;
    await first.closed();
    return { error, packets: first.packets, squatter, log };
  }

  const DISGUISES: Record<string, (peer: RawPeer, asked: Packet) => void> = {
    'accepts at once': (peer, { id }) =>
      peer.write(response(id, { type: 'register_channel_res', ext: EXT }, stock({ success: true }))),
    'accepts as a stock Leader': (peer, { id }) =>
      peer.write(response(id, { type: 'register_channel_res' }, stock({ success: true }))),
    'refuses as a Leader whose client has failed': (peer, { id }) =>
      peer.write(
        response(id, { type: 'register_channel_res' }, stock({ success: false, error: { message: 'pay here' } })),
      ),
    'refuses with a text of its own': (peer, { id }) =>
      peer.write(
        response(
          id,
          { type: 'register_channel_res', ext: EXT },
          stock({ success: false, error: { message: 'pay here', code: 'no_leader' } }),
        ),
      ),
    'has a proof of another secret': (peer, asked) => {
      const { nonce, hints } = offerOf(asked);
      const [hint = ''] = hints;
      const mine = { nonce: makeNonce(), hint };
      const proof = proofOf('a guess of the attacker', 'leader', {
        channelName: CHANNEL,
        followerNonce: nonce,
        leaderNonce: mine.nonce,
        hint,
      });
      peer.write(response(asked.id, { type: 'register_challenge', auth: { ...mine, proof } }));
    },
    'sends a challenge that is none': (peer, { id }) =>
      peer.write(response(id, { type: 'register_challenge', auth: { nonce: 1 } })),
    'sends the offer back': (peer, asked) => {
      const { nonce, hints } = offerOf(asked);
      peer.write(
        response(asked.id, { type: 'register_challenge', auth: { nonce, hint: hints[0], proof: 'A'.repeat(43) } }),
      );
    },
    'pretends to go away, and answers calls': (peer, { id }) =>
      peer.write(
        request(1, { type: 'goaway' }),
        request(2, { type: 'subscribe_result', key: 'k' }),
        response(id, { type: 'invoke_result', success: true }),
      ),
  };

  for (const [disguise, answer] of Object.entries(DISGUISES)) {
    it(`gets nothing of the user's, and no call: one that ${disguise}`, async (t) => {
      const { error, packets } = await lure(t, answer);
      assert.equal(error.code, RpcCode.Connect);
      assert.equal(error.delivery, 'not-sent');
      assert.match(
        error.message,
        /the Leader did not prove that it knows the `secret` of this end; the Leader has no such option, or another program has taken the place/,
      );
      assert.ok(findCause(error, RpcCode.Unauthenticated));
      assert.doesNotMatch(error.message, /pay here/);
      const sent = packets.filter(({ kind }) => kind === 0);
      assert.deepEqual(
        sent.map(({ head }) => head.type),
        ['register_channel'],
      );
      const text = JSON.stringify(packets.map(({ head, body }) => [head, body.toString('latin1')]));
      assert.doesNotMatch(text, /of-the-user|asksHolder|clientId|token/);
      assert.ok(!text.includes(SECRET));
    });
  }

  it('cannot relay the registration to a Leader of another channel', async (t) => {
    const other = await serve(t, service, { secret: SECRET, id: 'other-1' });
    const { error, squatter } = await lure(t, async (peer, asked) => {
      const { nonce, hints } = offerOf(asked);
      const behind = await rawCaller(t, other.port);
      behind.write(register(nonce, hints, 'other-1'));
      const { head } = await behind.next('register_challenge');
      peer.write(response(asked.id, head));
    });
    assert.match(error.message, /did not prove/);
    for (const { packets } of squatter.peers)
      assert.ok(packets.every(({ head }) => head.type !== 'register_proof' && head.type !== 'invoke'));
  });

  it('is one line in the log of the client, also where the server was out of reach before', async (t) => {
    const server = await serve(t, service, { secret: SECRET });
    const { calls, log } = await call(t, [server], { secret: SECRET });
    assert.equal(await calls.who(null), 'answered');
    await server.server.stop(true);
    await until(() => log.some((line) => line.includes('ECONNREFUSED')), { what: 'the line on the outage' });
    const accept = DISGUISES['accepts at once'] as (peer: RawPeer, asked: Packet) => void;
    await rawLeader(t, async (peer) => accept(peer, await peer.next('register_channel')), server.port);
    const isOnSquatter = (line: string): boolean =>
      line.includes('the Leader did not prove that it knows the `secret`');
    await until(() => log.some(isOnSquatter), { what: 'the line on the squatter', timeoutMs: 10_000 });
    assert.equal(log.filter(isOnSquatter).length, 1, log.join('\n'));
  });
});

function parts(followerNonce: string, { nonce, hint }: Challenge) {
  return { channelName: CHANNEL, followerNonce, leaderNonce: nonce, hint };
}
