import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { endpointOf } from '../../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../../lib/errors.js';
import { resolveListeningOptions } from '../../../lib/leader/options.js';
import { findPortHere, type PortLease, takePortLease } from '../../../lib/leader/port-lease.js';
import type { Channel } from '../../../lib/serving/channel.js';
import { rawCaller, rawLeader } from '../../behaviour/raw-peers.js';
import { failure, keptLog, unusedPort } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { request, response } from '../transport/support.js';

const OVER = new RpcError(RpcCode.Closed, 'the test is over');
const EXT = { version: 1, codecs: ['json'], features: ['results', 'meta', 'goaway'] };

function options(port: number) {
  return {
    ...resolveListeningOptions({ port }, keptLog().logger),
    onSession() {},
    onSessionClosed() {},
    onError() {},
  };
}

async function take(t: TestContext, name: string, port: number): Promise<PortLease> {
  const lease = await takePortLease(name, options(port));
  t.after(() => lease.release(OVER));
  return lease;
}

function channel(name: string): Channel {
  return { name, invoke: (call) => call.succeed([name]) };
}

async function isFree(port: number): Promise<boolean> {
  try {
    const lease = await takePortLease('anybody', options(port));
    await lease.release(OVER);
    return true;
  } catch {
    return false;
  }
}

describe('takePortLease', () => {
  it('gives a port of this process to several channels, and lets go of it with the last', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const [a, b] = await Promise.all([take(t, 'a', port), take(t, 'b', port)]);
    a.lead(channel('a'));
    b.lead(channel('b'));
    await a.release(OVER);
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'b', ext: EXT }));
    assert.equal((await peer.next('register_channel_res')).head.ext.holder.pid, process.pid);
    await b.release(OVER);
    await peer.closed();
    assert.equal(await isFree(port), true);
  });

  it('refuses a name that is led already, and says by whom', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const lease = await take(t, 'a', port);
    const error = await failure(takePortLease('a', options(port)));
    assert.equal(error.code, RpcCode.AddressInUse);
    assert.match(error.message, new RegExp(`this process \\(${process.pid}\\) leads "a" on port ${port} already`));
    await lease.release(OVER);
    const again = await takePortLease('a', options(port));
    await again.release(OVER);
  });

  it('tells each of several why the port cannot be had, and tries again for the next', async (t) => {
    expectNoLeaks(t);
    const { port } = await rawLeader(t);
    const errors = await Promise.all(['a', 'b', 'c'].map((name) => failure(takePortLease(name, options(port)))));
    assert.deepEqual(
      errors.map(({ code }) => code),
      [RpcCode.AddressInUse, RpcCode.AddressInUse, RpcCode.AddressInUse],
    );
    assert.equal((await failure(takePortLease('a', options(port)))).code, RpcCode.AddressInUse);
  });

  it('is not given while the port is being let go of, and is when that is done', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const lease = await take(t, 'a', port);
    const released = lease.release(OVER);
    assert.equal((await failure(takePortLease('b', options(port)))).code, RpcCode.AddressInUse);
    await released;
    const b = await takePortLease('b', options(port));
    await b.release(OVER);
  });

  it('takes in who has waited for its channel', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const lease = await take(t, 'a', port);
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'a', ext: EXT }));
    peer.write(request(2, { type: 'heartbeat' }));
    await peer.next('heartbeat_res');
    assert.equal(peer.packets.length, 1);
    lease.lead(channel('a'));
    await peer.next('register_channel_res');
  });
});

describe('findPortHere', () => {
  it('says when a name is let go of that this process has', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    assert.equal(await findPortHere('a', endpointOf({ port })), undefined);
    const a = await take(t, 'a', port);
    await take(t, 'b', port);
    assert.deepEqual(await findPortHere('c', endpointOf({ port })), { released: undefined });
    const here = await findPortHere('a', endpointOf({ port }));
    let isReleased = false;
    void here?.released?.then(() => {
      isReleased = true;
    });
    await a.withdraw(OVER, 1);
    assert.equal(isReleased, false);
    await a.release(OVER);
    await here?.released;
    assert.deepEqual(await findPortHere('a', endpointOf({ port })), { released: undefined });
  });
});

describe('PortLease', () => {
  it('lets its Followers go when it withdraws, and keeps those of other channels', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const [a, b] = [await take(t, 'a', port), await take(t, 'b', port)];
    a.lead(channel('a'));
    b.lead(channel('b'));
    const peers = await Promise.all(
      ['a', 'b'].map(async (channelName) => {
        const peer = await rawCaller(t, port);
        peer.write(request(1, { type: 'register_channel', channelName, ext: EXT }));
        await peer.next('register_channel_res');
        return peer;
      }),
    );
    const withdrawn = a.withdraw(OVER, 5_000);
    const goaway = await peers[0]?.next('goaway');
    peers[0]?.write(response(goaway?.id as number, { type: 'goaway_res' }));
    await peers[0]?.closed();
    await withdrawn;
    peers[1]?.write(request(2, { type: 'heartbeat' }));
    await peers[1]?.next('heartbeat_res');
    assert.equal(peers[1]?.isClosed, false);
  });

  it('lets those wait who come back after it has withdrawn, for whoever leads next', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const [a, b] = [await take(t, 'a', port), await take(t, 'b', port)];
    b.lead(channel('b'));
    a.lead(channel('a'));
    await a.withdraw(OVER, 100);
    const peer = await rawCaller(t, port);
    peer.write(request(1, { type: 'register_channel', channelName: 'a', ext: EXT }));
    peer.write(request(2, { type: 'heartbeat' }));
    await peer.next('heartbeat_res');
    await a.release(OVER);
    const next = await take(t, 'a', port);
    next.lead(channel('a'));
    await peer.next('register_channel_res');
  });

  it('may lead the next channel while the Followers of the last one leave, and withdraws that one too', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const lease = await take(t, 'a', port);
    lease.lead(channel('a'));
    const join = async () => {
      const peer = await rawCaller(t, port);
      peer.write(request(1, { type: 'register_channel', channelName: 'a', ext: EXT }));
      await peer.next('register_channel_res');
      return peer;
    };
    const first = await join();
    const withdrawn = lease.withdraw(OVER, 5_000);
    lease.lead(channel('a'));
    const next = await join();
    const leave = async (peer: typeof next): Promise<void> => {
      const goaway = await peer.next('goaway');
      peer.write(response(goaway.id as number, { type: 'goaway_res' }));
      await peer.closed();
    };
    await leave(first);
    await withdrawn;
    void lease.withdraw(OVER, 5_000);
    await leave(next);
  });

  it('has nothing to withdraw before it leads', async (t) => {
    const lease = await take(t, 'a', await unusedPort(t));
    await lease.withdraw(OVER, 1);
  });
});
