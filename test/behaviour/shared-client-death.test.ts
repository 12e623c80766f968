import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClusterOptions } from '../../lib/cluster/options.js';
import { RpcCode } from '../../lib/errors.js';
import { listOf, packet, request } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type Json, type SpawnedProcess, spawnProcess } from '../support/spawn-process.js';
import { until, untilEvent } from '../support/until.js';
import { rawCaller, registeredCaller } from './raw-peers.js';
import { collect, Registry, sharedWorld, subscribed } from './shared-client-support.js';
import { failure, unusedPort } from './support.js';

const PROCESS = new URL('./fixtures/shared-client-process.ts', import.meta.url);

interface Member {
  readonly child: SpawnedProcess;
  readonly isLeader: boolean;
  /** Resolves with what came of it, rejects with its error. */
  do(command: Record<string, Json>): Promise<Json>;
  /** The next message of a type. */
  next(type: string, timeoutMs?: number): Promise<Record<string, Json>>;
}

let lastId = 0;

/** A process that shares the client `Registry` on the port. */
async function member(t: TestContext, options: ClusterOptions): Promise<Member> {
  const given = { name: 'Registry', responseTimeout: 10_000, ...options };
  const { child, ready } = await spawnProcess(t, PROCESS, { args: [JSON.stringify(given)] });
  const next = async (type: string, timeoutMs = 20_000) =>
    (await child.next({
      match: (message) => (message as { type: string }).type === type,
      timeoutMs,
    })) as Record<string, Json>;
  return {
    child,
    isLeader: ready['isLeader'] as boolean,
    next,
    async do(command) {
      lastId += 1;
      const id = lastId;
      child.send({ ...command, id });
      const done = (await child.next({
        match: (message) =>
          (message as { type: string; id: number }).type === 'done' && (message as { id: number }).id === id,
        timeoutMs: 20_000,
      })) as { result?: Json; error?: { name: string; message: string } };
      if (done.error !== undefined) throw Object.assign(new Error(done.error.message), done.error);
      return done.result ?? null;
    },
  };
}

async function members(t: TestContext, count: number): Promise<{ port: number; all: Member[]; leader: Member }> {
  expectNoLeaks(t);
  const port = await unusedPort(t);
  const leader = await member(t, { port });
  const followers = await Promise.all(Array.from({ length: count - 1 }, () => member(t, { port })));
  const all = [leader, ...followers];
  assert.deepEqual(
    all.map(({ isLeader }) => isLeader),
    all.map((_, n) => n === 0),
  );
  return { port, all, leader };
}

describe('after the death of the process that leads', () => {
  it('another leads: subscriptions, publications and calls go on there', async (t) => {
    const { all, leader } = await members(t, 3);
    const [one, two] = all.slice(1) as [Member, Member];
    await one.do({ subscribe: 'a' });
    await two.do({ publish: { id: 'b', value: 'published' } });
    await leader.child.kill('SIGKILL');
    const roles = await Promise.all([one, two].map((each) => each.next('role')));
    // The first word is of the Leader that died.
    const next = await Promise.all([one, two].map((each) => each.next('role')));
    assert.deepEqual(
      roles.map(({ isLeader }) => isLeader),
      [false, false],
    );
    assert.deepEqual(next.map(({ isLeader }) => isLeader).sort(), [false, true]);
    assert.deepEqual(await Promise.all([one, two].map((each) => each.do({ call: ['echo', 'on'] }))), ['on', 'on']);
    const published = await two.do({ call: ['publications'] });
    assert.deepEqual(published, [{ id: 'b', value: 'published' }]);
    await two.do({ call: ['giveValue', 'a', 'of the new Leader'] });
    assert.deepEqual(await one.next('value'), { type: 'value', value: 'of the new Leader' });
  });

  it('calls in flight fail, and say that it is not known whether they ran; those made meanwhile go on', async (t) => {
    const { port, leader } = await members(t, 1);
    const world = await sharedWorld(t, { port });
    const client = world.join(Registry);
    await client.ready();
    const inFlight = failure(client.never());
    await leader.next('called');
    const isLost = untilEvent(client, 'close', { what: 'the loss of the Leader' });
    await leader.child.kill('SIGKILL');
    await isLost;
    const meanwhile = client.echo('meanwhile');
    const error = await inFlight;
    assert.deepEqual([error.name, error.code, error.delivery], ['SocketCloseError', RpcCode.ConnectionLost, 'unknown']);
    assert.equal(await meanwhile, 'meanwhile');
    assert.equal(client.isClusterClientLeader, true);
    assert.deepEqual(world.errors, []);
  });

  it('a stopped one is not replaced while it has the port: calls time out, and nothing is done twice', async (t) => {
    const { port, leader } = await members(t, 1);
    const world = await sharedWorld(t, { port, responseTimeout: 300 });
    const client = world.join(Registry);
    await client.ready();
    process.kill(leader.child.pid as number, 'SIGSTOP');
    const error = await failure(client.echo(1));
    assert.deepEqual([error.name, error.code, error.delivery], ['ResponseTimeoutError', RpcCode.Timeout, 'unknown']);
    process.kill(leader.child.pid as number, 'SIGCONT');
    assert.equal(await client.echo('again'), 'again');
  });
});

describe('the real client', () => {
  it('is unsubscribed when the process of its last subscriber dies', async (t) => {
    expectNoLeaks(t);
    const world = await sharedWorld(t);
    const leader = world.join(Registry);
    await leader.ready();
    const follower = await member(t, { port: world.port });
    await follower.do({ subscribe: 'a' });
    await subscribed('a');
    const values = collect(leader, 'b');
    await follower.child.kill('SIGKILL');
    await until(() => Registry.latest?.told.includes('unSubscribe a'), { what: 'the real client to be unsubscribed' });
    Registry.latest?.give('b', 1);
    await until(() => values.length === 1, { what: 'the value' });
    assert.equal(Registry.latest?.told.includes('unSubscribe b'), false);
  });
});

describe('the process that leads', () => {
  it('lives through all that its Followers can do wrong', async (t) => {
    const { port, leader, all } = await members(t, 2);
    const follower = all[1] as Member;
    // What a real client throws or rejects.
    await assert.rejects(follower.do({ call: ['throws'] }), { message: 'thrown at once' });
    await assert.rejects(follower.do({ call: ['fail', 'rejected'] }), { message: 'rejected', code: 'E_FAILED' });
    await follower.do({ call: ['reject'] });
    // First packets that are none.
    const header = packet(0, 1, 1, { type: 'register_channel', channelName: 'Registry' });
    const lying = Buffer.from(header);
    lying.writeUInt32BE(0x7fffffff, 16);
    const negative = Buffer.from(header);
    negative.writeInt32BE(-1, 20);
    for (const bytes of [
      Buffer.alloc(24, 0xff),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      packet(0, 1, 1, '{not json'),
      packet(0, 1, 1, 'null'),
      packet(0, 1, 1, { type: 'register_channel', channelName: { toString: 1 } }),
      lying,
      negative,
    ]) {
      const peer = await rawCaller(t, port);
      peer.write(bytes);
      peer.socket.end();
      await peer.closed(20_000);
    }
    // Requests that a real client does not have, or that break on it.
    const peer = await registeredCaller(t, port, 'Registry');
    const invoke = (method: string, more: object = {}) => ({
      type: 'invoke',
      method,
      argLength: 0,
      oneway: false,
      ...more,
    });
    peer.write(
      request(2, invoke('nowhere')),
      request(3, invoke('nowhere', { oneway: true })),
      request(4, invoke('reject', { oneway: true })),
      request(5, invoke('publish', { oneway: true })),
      request(6, invoke('echo', { argLength: 1 }), listOf(Buffer.from('{'))),
      request(7, { type: 'subscribe', key: 'a', reg: null }),
      request(8, { type: 'subscribe' }),
      request(9, { type: 'unSubscribe', key: 'never' }),
      request(10, { type: 'no such type' }),
      request(11, { type: 'heartbeat' }),
    );
    await peer.next('heartbeat_res');
    assert.equal(await follower.do({ call: ['echo', 'still served'] }), 'still served');
    assert.equal(leader.child.isRunning, true);
    await assert.rejects(leader.next('uncaught', 1), /in vain/);
    await assert.rejects(leader.next('unhandled', 1), /in vain/);
  });

  it('ends by itself after close, and so does one that follows', async (t) => {
    const { all } = await members(t, 2);
    for (const each of [...all].reverse()) {
      assert.deepEqual(await each.do({ close: true, leave: true }), []);
      assert.deepEqual(await each.child.exited, { code: 0, signal: null });
    }
  });

  it('says goodbye to Followers in other processes, which lead in its place without noise', async (t) => {
    const { all, leader } = await members(t, 2);
    const follower = all[1] as Member;
    await follower.next('role');
    assert.deepEqual(await leader.do({ close: true, leave: true }), []);
    assert.equal((await follower.next('role'))['isLeader'], true);
    assert.equal(await follower.do({ call: ['echo', 'on'] }), 'on');
    const log = (await follower.do({ close: true })) as string[];
    // That a Leader is gone is worth a word; nothing else is.
    assert.deepEqual(
      log.filter((line) => !/competes to be the next Leader|waits for the next Leader/.test(line)),
      [],
    );
    await assert.rejects(follower.next('error', 1), /in vain/);
  });
});
