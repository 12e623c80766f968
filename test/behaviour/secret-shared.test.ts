import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext } from '../../lib/call-context.js';
import { cluster } from '../../lib/cluster/cluster.js';
import { findCause, RpcCode } from '../../lib/errors.js';
import { request, response } from '../lib/transport/support.js';
import { loadFrozen } from '../support/frozen.js';
import { spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { type RawPeer, rawCaller, rawLeader, unstock } from './raw-peers.js';
import { sharedWorld } from './shared-client-support.js';
import { follow, lead } from './sharing.js';
import { call, failure, keptLog, serve } from './support.js';

const SECRET = 'a secret of all processes';
const OTHER = 'a secret of other processes';
const STOCK_FOLLOWER = new URL('./fixtures/stock-follower.ts', import.meta.url);

/** A real client whose method says who calls it. */
class Teller {
  async who(): Promise<unknown> {
    const { id, identity } = callContext()?.caller ?? {};
    return { id, identity };
  }
}

describe('a shared client with a secret', () => {
  it('leads and follows, and its methods see the secret of each process', async (t) => {
    const world = await sharedWorld(t, { secret: SECRET });
    const leader = world.join(Teller, { options: { clientId: 'one' } });
    await leader.ready();
    const follower = world.join(Teller, { options: { clientId: 'two' } });
    await follower.ready();
    assert.deepEqual([leader.isClusterClientLeader, follower.isClusterClientLeader], [true, false]);
    for (const [client, clientId] of [
      [leader, 'one'],
      [follower, 'two'],
    ] as const) {
      const identity = { proven: { secret: 'default' }, claimed: { clientId } };
      assert.deepEqual(await client.who(), { id: clientId, identity });
    }
  });

  it('refuses processes that know another secret or none, and says so at both ends', async (t) => {
    const world = await sharedWorld(t, { secret: SECRET, isLeader: null });
    await world.join(Teller).ready();
    for (const [secret, why] of [
      [OTHER, /the Leader knows none of the secrets of this end; give both ends the same `secret`/],
      [undefined, /this Leader admits only peers that know its shared secret; give this end the option `secret`/],
    ] as const) {
      const stranger = world.join(Teller, { options: { secret, isLeader: false, maxWaitTime: 1_000 } });
      await assert.rejects(stranger.ready(), why);
    }
    await until(() => world.log.some((line) => /refused a connection from .*: the peer/.test(line)), {
      what: 'the line of the Leader',
    });
  });

  it('does not lead beside a client of its process that has another secret', async (t) => {
    const world = await sharedWorld(t, { secret: SECRET });
    await world.join(Teller).ready();
    for (const secret of [OTHER, undefined]) {
      const other = world.join(Teller, { options: { name: `other ${secret}`, secret, maxWaitTime: 1_000 } });
      await assert.rejects(other.ready(), {
        message: new RegExp(
          `secret differs from that of another shared client on port ${world.port} of this process: give all clients of one port the same secret, or this client a port of its own`,
        ),
      });
    }
    const same = world.join(Teller, { options: { name: 'same', secret: [{ value: SECRET }] } });
    await same.ready();
  });

  it('does not follow a Leader without a secret, of this version or of 0.1.0', async (t) => {
    const frozen = await loadFrozen();
    const { logger } = keptLog();
    for (const make of [cluster, frozen.cluster as typeof cluster]) {
      const world = await sharedWorld(t, { secret: SECRET });
      const open = make(Teller, { port: world.port, logger }).create();
      t.after(() => make.close(open));
      await open.ready();
      const follower = world.join(Teller, { options: { isLeader: false, maxWaitTime: 1_000 } });
      await assert.rejects(follower.ready(), /the Leader did not prove that it knows the `secret` of this end/);
    }
  });

  it('refuses a Follower of version 0.1.0, which then tries again', async (t) => {
    const frozen = await loadFrozen();
    const world = await sharedWorld(t, { secret: SECRET });
    await world.join(Teller).ready();
    const { logger } = keptLog();
    const follower = frozen.cluster(Teller, { port: world.port, isLeader: false, maxWaitTime: 1_000, logger }).create();
    t.after(() => frozen.cluster.close(follower));
    await assert.rejects(follower.ready(), /shared secret/);
  });

  it('refuses a stock Follower once, with an error that names the secret', async (t) => {
    const world = await sharedWorld(t, { secret: SECRET });
    await world.join(Teller).ready();
    const args = [`--port=${world.port}`, '--channel=Teller', '--methods=who'];
    await assert.rejects(
      spawnProcess(t, STOCK_FOLLOWER, { args }),
      /this Leader admits only peers that know its shared secret/,
    );
    const raw = await rawCaller(t, world.port);
    raw.write(request(1, { type: 'register_channel', channelName: 'Teller' }));
    const { head, body } = await raw.next('register_channel_res');
    assert.equal(head['ext'], undefined);
    assert.deepEqual(unstock(body), {
      success: false,
      error: {
        name: 'RpcError',
        message: 'this Leader admits only peers that know its shared secret; give this end the option `secret`',
        code: RpcCode.Unauthenticated,
      },
    });
    raw.write(request(2, { type: 'heartbeat' }));
    assert.equal((await raw.next()).head.type, 'heartbeat_res'); // still connected: it would redial without a pause
  });

  it('is no Leader for a process that relays to it from another port', async (t) => {
    const world = await sharedWorld(t, { secret: SECRET });
    await world.join(Teller).ready();
    const squatter = await relay(t, world.port);
    const follower = world.join(Teller, { options: { port: squatter.port, isLeader: false, maxWaitTime: 1_000 } });
    await assert.rejects(follower.ready(), /the Leader did not prove that it knows the `secret` of this end/);
    for (const { packets } of squatter.peers) assert.ok(packets.every(({ head }) => head.type !== 'register_proof'));
  });
});

describe('shared mailboxes with a secret', () => {
  it('are shared by processes that know the secret of their clients', async (t) => {
    const server = await serve(t, new Teller(), { secret: SECRET });
    const port = await freePort();
    const leader = await lead(t, port, [server], { secret: SECRET, clientId: 'one' });
    const follower = await follow(t, port, [server], { secret: SECRET, clientId: 'two' });
    const proven = { secret: 'default' };
    assert.deepEqual(await leader.calls.who(null), {
      id: 'one',
      identity: { proven, claimed: { clientId: 'one' } },
    });
    assert.deepEqual(await follower.calls.who(null), {
      id: 'two',
      identity: { proven, claimed: { clientId: 'two' } },
    });
  });

  it('let no process call through them that does not know the secret', async (t) => {
    const server = await serve(t, new Teller(), { secret: SECRET });
    const port = await freePort();
    const leader = await lead(t, port, [server], { secret: SECRET });
    for (const secret of [OTHER, undefined]) {
      const options = { secret, timeout: 1_000, share: { port, lead: false } };
      const { calls } = await call(t, [server], options);
      const error = await failure(calls.who(null));
      assert.match(error.message, /secret/);
      assert.ok(findCause(error, RpcCode.Unauthenticated), error.message);
    }
    assert.match(leader.log.join('\n'), /refused a connection from 127\.0\.0\.1:\d+: the peer/);
  });

  it('may have a secret of their own, beside servers without one', async (t) => {
    const server = await serve(t, new Teller());
    const port = await freePort();
    await lead(t, port, [server], { share: { port, secret: SECRET } });
    const { calls } = await follow(t, port, [server], { share: { port, secret: SECRET }, clientId: 'two' });
    assert.deepEqual((await calls.who(null)).identity, { proven: {}, claimed: { clientId: 'two' } });
  });
});

describe('a server with a secret that stands by', () => {
  it('proves the secret to its Leader, and takes over', async (t) => {
    const port = await freePort();
    const options = { port, standby: true, secret: SECRET };
    const first = await serve(t, new Teller(), options);
    const second = await serve(t, new Teller(), options);
    assert.deepEqual([first.server.state, second.server.state], ['leader', 'standby']);
    const { calls } = await call(t, [first], { secret: SECRET });
    await calls.who(null);
    await first.server.stop();
    await until(() => second.server.state === 'leader', { what: 'the standby to lead' });
    assert.deepEqual((await calls.who(null)).identity.proven, { secret: 'default' });
  });

  it('names a holder of its port that knows another secret', async (t) => {
    const port = await freePort();
    await serve(t, new Teller(), { port, secret: SECRET });
    const error = await failure(serve(t, new Teller(), { port, secret: OTHER }));
    assert.equal(error.code, RpcCode.AddressInUse);
    assert.match(error.message, /is in use, by a process that has not proven the `secret` of this one: /);
  });
});

/** A program that passes the first frames on to the port of a Leader, and its answers back. */
function relay(t: TestContext, port: number) {
  return rawLeader(t, async (peer: RawPeer) => {
    const asked = await peer.next('register_channel');
    const behind = await rawCaller(t, port);
    behind.write(request(asked.id, asked.head));
    const { head, body } = await behind.next();
    peer.write(response(asked.id, head, body));
  });
}
