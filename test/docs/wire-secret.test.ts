import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { describe, it } from 'node:test';
import { createClient, createServer } from '../../index.js';
import { readText } from '../architecture/house.js';
import { untilEvent } from '../support/until.js';
import { ACCEPTED, EXT, type Frame, readFrames, readList, readValue, writeFrame, writeList } from './wire-peer.js';
import { hintOf, makeNonce, proofOf } from './wire-secret.js';

const SECRET = 'a secret of the peers of the page';
const quiet = { info() {}, warn() {}, error() {} };

type Fields = Record<string, string>;

describe('a peer written from docs/wire.md alone, with a secret', () => {
  it('imports nothing of the library', () => {
    assert.ok(!/from '\.\.?\//.test(readText('test/docs/wire-secret.ts')));
  });

  it('registers as a Follower, after the server has proven the secret', async (t) => {
    const services = { user: { area: { add: (a: number, b: number) => a + b } } };
    const server = createServer({ id: 'area-1', port: 0, services, secret: SECRET, logger: quiet });
    t.after(() => server.stop(true));
    await server.start();
    const socket = connect(server.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await untilEvent(socket, 'connect', { what: 'the connection' });
    const waiting = new Map<number, (frame: Frame) => void>();
    readFrames(socket, (frame) => waiting.get(frame.id)?.(frame));
    const ask = (id: number, head: Frame['head'], body?: Buffer): Promise<Frame> =>
      new Promise((resolve) => {
        waiting.set(id, resolve);
        writeFrame(socket, { kind: 'request', id, timeout: 3_000, head, ...(body && { body }) });
      });

    const followerNonce = makeNonce();
    const auth = {
      v: 1,
      nonce: followerNonce,
      hints: [hintOf('a secret of others', followerNonce), hintOf(SECRET, followerNonce)],
    };
    const challenge = await ask(1, { type: 'register_channel', channelName: 'area-1', ext: { ...EXT, auth } });
    assert.equal(challenge.head['type'], 'register_challenge');
    const { nonce: leaderNonce = '', hint = '', proof } = challenge.head['auth'] as Fields;
    const parts = { channelName: 'area-1', followerNonce, leaderNonce, hint };
    assert.equal(hint, auth.hints[1]);
    assert.equal(proof, proofOf(SECRET, 'leader', parts));
    const own = { proof: proofOf(SECRET, 'follower', parts) };
    const registered = await ask(2, { type: 'register_proof', auth: own, ext: { version: 1, clientId: 'page' } });
    assert.equal(registered.head['type'], 'register_channel_res');
    assert.deepEqual(registered.body, ACCEPTED);
    const head = { type: 'invoke', method: 'user.area.add', argLength: 2, oneway: false };
    assert.equal(readValue((await ask(3, head, writeList([1, 2]))).body), 3);
  });

  it('serves a client of mailstation as a Leader, which proves the secret first', async (t) => {
    const types: unknown[] = [];
    const server = createTcpServer((socket) => {
      let expected = '';
      readFrames(socket, ({ kind, id, timeout, head, body }) => {
        if (kind === 'response') return;
        types.push(head['type']);
        const answer = (headOfAnswer: Frame['head'], bodyOfAnswer?: Buffer): void =>
          writeFrame(socket, {
            ...{ kind: 'response', id, timeout, head: headOfAnswer },
            ...(bodyOfAnswer && { body: bodyOfAnswer }),
          });
        if (head['type'] === 'register_channel') {
          const { auth } = head['ext'] as { auth: { nonce: string; hints: string[] } };
          const hint = hintOf(SECRET, auth.nonce);
          assert.deepEqual(auth.hints, [hint]);
          const leaderNonce = makeNonce();
          const parts = { channelName: String(head['channelName']), followerNonce: auth.nonce, leaderNonce, hint };
          expected = proofOf(SECRET, 'follower', parts);
          const challenge = { nonce: leaderNonce, hint, proof: proofOf(SECRET, 'leader', parts) };
          return answer({ type: 'register_challenge', auth: challenge });
        }
        if (head['type'] === 'register_proof') {
          assert.equal((head['auth'] as Fields)['proof'], expected);
          const { process: caller, ...ext } = head['ext'] as Fields;
          assert.equal((caller as unknown as { pid: number }).pid, process.pid);
          assert.deepEqual(ext, { version: 1, clientId: 'page', token: { user: 'ann' } });
          return answer({ type: 'register_channel_res', ext: EXT }, ACCEPTED);
        }
        const [a, b] = readList(body) as [number, number];
        answer({ type: 'invoke_result', success: true }, Buffer.from(JSON.stringify(a + b)));
      });
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createClient({ secret: SECRET, clientId: 'page', auth: { user: 'ann' }, logger: quiet });
    t.after(() => client.stop(true));
    client.addProxies([{ namespace: 'user', serverType: 'test' }]);
    client.addServers([{ id: 'area-1', serverType: 'test', port }]);
    await client.start();
    assert.equal(await client.proxies.user.test.area.add(null, 1, 2), 3);
    assert.deepEqual(types, ['register_channel', 'register_proof', 'invoke']);
  });
});
