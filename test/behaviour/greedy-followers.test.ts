import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { type RawPeer, rawLeader, registeredCaller } from './raw-peers.js';
import { follow, lead } from './sharing.js';
import { type Calls, failure, makeGate, serve, unusedPort } from './support.js';

const CHANNEL = 'mailstation.share';

/** A process of the share that names `count` servers, all at one port. */
async function namesServers(t: TestContext, share: number, count: number, port: number): Promise<RawPeer> {
  const peer = await registeredCaller(t, share, CHANNEL);
  for (let to = 1; to <= count; to++) {
    const server = { id: `wrong-${to}`, host: '127.0.0.1', port, transport: 'tcp' };
    peer.write(request(0, { type: 'open_mailbox', to, server }));
  }
  return peer;
}

/** News of mailboxes that were refused. */
function refusals(peer: RawPeer): string[] {
  return peer.packets
    .map(({ head }) => (head['lastFailure'] ?? {}) as { code?: string; message?: string })
    .filter(({ code }) => code === 'ERR_RPC_OVERLOADED')
    .map(({ message = '' }) => message);
}

async function failuresOf(calls: Calls): Promise<number> {
  let failed = 0;
  for (let i = 0; i < 20; i++) await calls.f(null).catch(() => (failed += 1));
  return failed;
}

describe('a process of a share with a wrong roster', () => {
  it('gets a part of the mailboxes, is told why it gets no more, and others are served', async (t) => {
    expectNoLeaks(t);
    const served = await serve(t, { f: () => 'served' });
    const share = await freePort();
    await lead(t, share, [], { share: { port: share, maxServers: 20 } });
    const peer = await namesServers(t, share, 50, await unusedPort(t));
    await until(() => refusals(peer).length === 36, { what: 'the refusals' });
    assert.equal(
      refusals(peer)[0],
      'the process that shares its mailboxes connects no more than 14 servers for this process now (share.maxServers)',
    );
    const { calls } = await follow(t, share, [served], { share: { port: share, maxServers: 20 } });
    assert.equal(await failuresOf(calls), 0);
    peer.socket.destroy();
    assert.equal(await failuresOf(calls), 0);
  });

  it('causes a bounded number of attempts to connect, and others do not wait behind them', async (t) => {
    const served = await serve(t, { f: () => 'served' });
    const wrong = await rawLeader(t, () => {}); // accepts connections, and no registration
    const share = await freePort();
    await lead(t, share, [], { connectTimeout: 60_000 });
    await namesServers(t, share, 500, wrong.port);
    await until(() => wrong.peers.length >= 64, { what: 'as many attempts as may be under way' });
    const { calls } = await follow(t, share, [served]);
    assert.equal(await failuresOf(calls), 0);
    assert.equal(wrong.peers.length, 64, 'the next one begins when one of these has failed');
  });

  it('may have a part of the relayed calls, and others are served', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass(), f: () => 'served' });
    const share = await freePort();
    const options = { share: { port: share, maxCalls: 20 } };
    await lead(t, share, [], options);
    const greedy = await follow(t, share, [served], options);
    const good = await follow(t, share, [served], options);
    const waiting = Array.from({ length: 14 }, () => greedy.calls.wait(null));
    await gate.arrivals(14);
    const error = await failure(greedy.calls.wait(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_PENDING_FULL', 'not-sent']);
    assert.match(error.message, /14 of 14 calls of this process are being relayed, .* \(share\.maxCalls\)/);
    assert.equal(await failuresOf(good.calls), 0);
    gate.open();
    await Promise.all(waiting);
    assert.equal(await failuresOf(greedy.calls), 0);
  });
});
