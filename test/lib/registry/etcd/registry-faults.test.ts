import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode, type RpcError } from '../../../../lib/errors.js';
import type { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { LinkProxy } from '../../../support/link-proxy.js';
import { until } from '../../../support/until.js';
import { Machine, machines, NAMESPACE, NODES, recordText } from './on-etcd.js';
import { engineOn, failure, listed, sleep } from './support.js';

const skip = whyNoEtcd();
/** What a server has for registering again; a busy machine needs more. Unit: ms */
const AGAIN_MS = 10_000;

describe('servers registered in etcd', { skip }, () => {
  for (const [what, spoil] of [
    ['the lease was revoked', (admin: EtcdAdmin, lease: string) => admin.revoke(lease)],
    ['the record was deleted by hand', (admin: EtcdAdmin) => admin.delete(`${NODES}chat/chat-1`)],
    [
      'the record was put by hand, without the lease',
      (admin: EtcdAdmin) => admin.put(`${NODES}chat/chat-1`, recordText('chat-1', 'tcp://10.0.0.5:3333')),
    ],
  ] as const) {
    it(`register again, under a lease and with a line, when ${what}`, async (t) => {
      const { admin, one, two } = await machines(t, await startEtcd(t));
      const [before] = (await admin.list(`${NODES}chat/chat-1`)).entries;
      await spoil(admin, before?.lease ?? '');
      assert.ok((await one.registeredAgain()) < AGAIN_MS);
      const [after] = (await admin.list(`${NODES}chat/chat-1`)).entries;
      assert.ok(after?.lease !== undefined && (after.modified ?? 0) > (before?.modified ?? 0));
      await two.sees('chat-1', 'chat-2');
      assert.ok(one.lines.some((line) => /is not registered any more: .*; it registers again$/.test(line)));
      assert.deepEqual(two.lines, []);
    });
  }

  for (const [what, harm] of [
    ['emptied', async ({ cluster }) => cluster.wipe()],
    [
      'emptied, and filled past the old revisions',
      async ({ cluster, admin }) => {
        await cluster.wipe();
        for (let at = 0; at < 40; at++) await admin.put(`/elsewhere/${at}`, 'x');
      },
    ],
    [
      'restored from a backup',
      async ({ cluster: { node } }) => {
        await node.kill();
        node.restore();
        await node.start().ready;
      },
    ],
  ] as const satisfies readonly [string, (on: Awaited<ReturnType<typeof machines>>) => Promise<void>][]) {
    it(`stay for their callers and are registered when etcd was ${what}, and a new Leader has a term of the new store`, async (t) => {
      const cluster = await startEtcd(t);
      // The backup has the id of the store, and none of the servers.
      await listed(engineOn(t, { hosts: cluster.urls, namespace: NAMESPACE }));
      await cluster.node.kill('SIGTERM');
      cluster.node.backup();
      await cluster.node.start().ready;
      const on = await machines(t, cluster);
      const { one, two, admin } = on;
      const terms: { store: string }[] = [];
      const handler = {
        onElected: (term: { store: string }) => void terms.push(term),
        onDeposed: () => {},
        onObstacle: () => {},
      };
      const candidate = one.registry.election('area-1').candidate(handler);
      t.after(() => candidate.resign());
      candidate.campaign();
      await until(() => terms.length === 1, { what: 'a Leader', timeoutMs: 60_000 });
      await harm(on);
      await until(() => terms.length === 2, { what: 'a Leader of the new store', timeoutMs: 60_000 });
      assert.notEqual(terms[1]?.store, terms[0]?.store);
      await until(async () => (await admin.list(NODES)).entries.every(({ lease }) => lease !== undefined), {
        what: 'the records',
      });
      const both = async (): Promise<boolean> => (await admin.list(NODES)).entries.length === 2;
      await until(both, { what: 'both records in the new store', timeoutMs: 60_000 });
      await Promise.all([one.sees('chat-1', 'chat-2'), two.sees('chat-1', 'chat-2')]);
      for (const { seen } of [one, two])
        assert.deepEqual(
          seen.slice(seen.indexOf('chat-1,chat-2')).filter((ids) => ids !== 'chat-1,chat-2'),
          [],
        );
    });
  }

  it('are all in the roster of a client that missed 3,000 changes, and lost its connection again while it read them', async (t) => {
    const { urls: hosts, node } = await startEtcd(t);
    const writer = engineOn(t, { hosts, namespace: NAMESPACE });
    const proxy = await LinkProxy.start(t, node.port);
    const machine = new Machine(t, {}, { hosts: `http://127.0.0.1:${proxy.port}` });
    await machine.registration.register(60_000);
    await machine.sees('chat-1');
    proxy.set('cut');
    for (let at = 0; at < 3_000; at += 100) {
      const puts = Array.from({ length: 100 }, (_, one) => `x-${(at + one) % 300}`);
      await Promise.all(
        puts.map((id) =>
          writer.commit(
            [],
            [{ type: 'put', key: `nodes/chat/${id}`, value: recordText(id, `tcp://10.0.1.9:${1_000 + at}`) }],
          ),
        ),
      );
    }
    for (let at = 0; at < 100; at++) await writer.commit([], [{ type: 'delete', key: `nodes/chat/x-${at}` }]);
    proxy.set('open');
    const resets = setInterval(() => proxy.reset(), 20);
    await sleep(500);
    clearInterval(resets);
    const wanted = async (): Promise<string> =>
      (await listed(writer, 'nodes/')).entries
        .map(({ key }) => key.slice('nodes/chat/'.length))
        .sort()
        .join();
    await until(async () => machine.seen.at(-1) === (await wanted()), {
      what: 'the roster of etcd',
      timeoutMs: 60_000,
    });
    assert.equal(
      machine.seen
        .at(-1)
        ?.split(',')
        .filter((id) => id.startsWith('x-')).length,
      200,
    );
    const changed = machine.follower.entries.at(-1)?.filter(({ id }) => id.startsWith('x-'));
    assert.deepEqual(
      new Set(changed?.map(({ url }) => url)),
      new Set(['tcp://10.0.1.9:3800', 'tcp://10.0.1.9:3900']),
      'each in its last state',
    );
  });

  it('are registered once where the answer of the first commit was lost', async (t) => {
    const { urls: hosts, node } = await startEtcd(t);
    const proxy = await LinkProxy.start(t, node.port);
    const machine = new Machine(t, {}, { hosts: `http://127.0.0.1:${proxy.port}` });
    const watcher = engineOn(t, { hosts, namespace: NAMESPACE });
    const events: string[] = [];
    watcher.watch('nodes/', await listed(watcher), (change) => {
      if (events.length === 0) proxy.set('swallow-answers'); // the record has arrived, and its answer may still be on the way
      for (const event of change.events) events.push(event.type);
      setTimeout(() => proxy.set('open'), 100);
    });
    await machine.registration.register(60_000);
    await machine.sees('chat-1');
    assert.deepEqual(machine.errors, []);
    assert.equal((await listed(watcher, 'nodes/')).entries.length, 1);
    assert.ok(!events.includes('delete'), `${events}`);
  });

  it('take their own record over after a restart, and refuse another machine with the id, naming the holder', async (t) => {
    const { urls: hosts } = await startEtcd(t);
    const killed = new Machine(t, {}, { hosts });
    await killed.registration.register(60_000);
    const again = new Machine(t, {}, { hosts });
    const startedAt = performance.now();
    await again.registration.register(60_000);
    assert.ok(performance.now() - startedAt < 5_000, 'before the lease of the first one is over');
    const other = new Machine(t, { url: 'tcp://10.0.0.99:3333' }, { hosts });
    const error: RpcError = await failure(other.registration.register(60_000));
    assert.equal(error.code, RpcCode.IdInUse);
    assert.match(error.message, /tcp:\/\/10\.0\.0\.5:3333/);
  });

  it('keep their records, and their callers the list, while etcd stands still for less than the lease allows', async (t) => {
    const { cluster, one, two, admin } = await machines(t, await startEtcd(t));
    const before = (await admin.list(NODES)).entries.map(({ lease }) => lease);
    for (const ms of [500, 2_500]) {
      await cluster.node.kill('SIGSTOP');
      await sleep(ms);
      await cluster.node.kill('SIGCONT');
      await sleep(2_000);
    }
    assert.deepEqual(
      (await admin.list(NODES)).entries.map(({ lease }) => lease),
      before,
    );
    for (const { seen, lines } of [one, two]) {
      assert.equal(seen.at(-1), 'chat-1,chat-2');
      assert.deepEqual(
        lines.filter((line) => line.includes('not registered')),
        [],
      );
    }
  });
});
