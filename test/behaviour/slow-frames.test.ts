import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { response } from '../lib/transport/support.js';
import { until } from '../support/until.js';
import { acceptRegistration, rawLeader, registeredCaller } from './raw-peers.js';
import { call, failure, serve } from './support.js';

/** Sends bytes one at a time, every few ms, until the test ends or the socket is closed. */
function drip(t: TestContext, bytes: Buffer, write: (byte: Buffer) => void): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length) write(bytes.subarray(at, at + 1));
    at += 1;
  }, 20);
  t.after(() => clearInterval(timer));
}

it('a server that drips an answer loses the connection, though each byte counts as life', async (t) => {
  const leader = await rawLeader(t, async (peer) => {
    await acceptRegistration(peer);
    const { id } = await peer.next('invoke');
    const answer = response(id, { type: 'invoke_result', success: true, results: 1 }, Buffer.alloc(100_000, 32));
    drip(t, answer, (byte) => peer.write(byte));
  });
  const { calls, moves } = await call(t, [leader.info], { frameTimeout: 200, keepalive: 100, timeout: 20_000 });
  const error = await failure(calls.f(null));
  assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
  assert.match(
    error.message,
    /127\.0\.0\.1:\d+ began a frame and did not complete it in 200 ms \(frameTimeout\); the server or the network is too slow for frames of this size, or the server is hostile/,
  );
  assert.ok(moves.includes('test-1 ready -> backoff'));
});

it('large answers one after the other are not slow, however long they go on', async (t) => {
  const served = await serve(t, { big: () => 'x'.repeat(500_000) });
  const { calls, moves } = await call(t, [served], { frameTimeout: 300 });
  const end = performance.now() + 1_000;
  while (performance.now() < end) {
    const answers = (await Promise.all([calls.big(null), calls.big(null)])) as string[];
    assert.equal(answers[1]?.length, 500_000);
  }
  assert.ok(!moves.includes('test-1 ready -> backoff'));
});

it('a caller that drips a request loses the connection, and others are served', async (t) => {
  const served = await serve(t, { f: () => 1 }, { handshakeTimeout: 200 });
  const { calls } = await call(t, [served]);
  const peer = await registeredCaller(t, served.port);
  drip(t, response(9, { type: 'invoke_result' }, Buffer.alloc(100_000)), (byte) => peer.write(byte));
  await until(async () => (await calls.f(null)) === 1 && peer.isClosed, { what: 'the end of the slow caller' });
});
