import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RpcCode } from '../../../../lib/errors.js';
import type { Engine } from '../../../../lib/registry/engine.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { type EtcdCluster, startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { LinkProxy } from '../../../support/link-proxy.js';
import { until } from '../../../support/until.js';
import { engineOn, failure, listed, sleep } from './support.js';

const skip = whyNoEtcd();

async function one(t: TestContext): Promise<{ cluster: EtcdCluster; engine: Engine }> {
  const cluster = await startEtcd(t);
  return { cluster, engine: engineOn(t, { hosts: cluster.urls }) };
}

describe('an engine on one etcd', { skip }, () => {
  it('says which hosts it cannot reach, and why', async (t) => {
    const proxy = await LinkProxy.start(t, 1);
    proxy.set('cut');
    const engine = engineOn(t, { hosts: ['http://127.0.0.1:1', `http://127.0.0.1:${proxy.port}`] });
    const error = await failure(engine.list(''));
    assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'not-sent']);
    assert.match(
      error.message,
      /^etcd cannot be reached: http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*; http:\/\/127\.0\.0\.1:\d+: /,
    );
    assert.equal(engine.state.connected, false);
  });

  it('is connected by one connection, whatever it does', async (t) => {
    const cluster = await startEtcd(t);
    const proxy = await LinkProxy.start(t, cluster.node.port);
    const engine = engineOn(t, { hosts: `http://127.0.0.1:${proxy.port}` });
    const list = await listed(engine);
    const watches = Array.from({ length: 20 }, () => engine.watch('', list, () => {}));
    const leases = await Promise.all(Array.from({ length: 5 }, () => engine.lease(5_000)));
    assert.equal(
      leases.every((lease) => lease.alive()),
      true,
    );
    assert.equal(proxy.connections, 1);
    for (const watch of watches) watch.close();
  });

  it('is back soon after etcd was killed and started again, with its lease', async (t) => {
    const { cluster, engine } = await one(t);
    const lease = await engine.lease(10_000);
    const own = await engine.commit([], [{ type: 'put', key: 'a', value: '1', lease }]);
    const watch = engine.watch('', own, () => {});
    await cluster.node.kill();
    assert.equal((await watch.ended).reason, 'disconnected');
    await cluster.node.start().ready;
    const again = await listed(engine, 'a');
    assert.deepEqual([again.store, again.entries.length], [own.store, 1]);
    assert.equal(lease.alive(), true);
    assert.equal((await engine.commit([], [{ type: 'put', key: 'b', value: '1', lease }])).done, true);
  });

  it('holds its lease while etcd stands still for less than the lease allows', async (t) => {
    const { cluster, engine } = await one(t);
    const lease = await engine.lease(8_000);
    await cluster.node.kill('SIGSTOP');
    await sleep(3_500);
    assert.equal(lease.alive(), true);
    await cluster.node.kill('SIGCONT');
    await listed(engine);
    await sleep(4_000);
    assert.equal(lease.alive(), true, 'renewed since');
  });

  it('gives a store that was restored from a backup a new id, and one that grew past the old revisions too', async (t) => {
    const { cluster, engine } = await one(t);
    const { node } = cluster;
    await engine.commit([], [{ type: 'put', key: 'a', value: 'old' }]);
    await node.kill('SIGTERM');
    node.backup();
    await node.start().ready;
    await listed(engine);
    for (let at = 0; at < 10; at++) await engine.commit([], [{ type: 'put', key: 'a', value: 'new' }]);
    const before = await listed(engine, 'a');
    await node.kill();
    node.restore();
    await node.start().ready;
    const after = await listed(engine, 'a');
    assert.equal(after.entries[0]?.value, 'old');
    assert.notEqual(after.store, before.store);

    await cluster.wipe();
    const admin = new EtcdAdmin(node);
    t.after(() => admin.close());
    for (let at = 0; at < 30; at++) await admin.put(`/elsewhere/${at}`, 'x');
    const regrown = await listed(engine, 'a');
    assert.ok(regrown.revision > before.revision);
    assert.notEqual(regrown.store, after.store);
    assert.equal((await engine.watch('', after, () => {}).ended).reason, 'disconnected');
  });

  it('has the same id of the store in all processes, also when they start at once', async (t) => {
    const { cluster } = await one(t);
    const engines = Array.from({ length: 6 }, () => engineOn(t, { hosts: cluster.urls, namespace: 'fresh' }));
    const stores = await Promise.all(engines.map(async (engine) => (await listed(engine)).store));
    assert.equal(new Set(stores).size, 1);
  });

  it('keeps namespaces apart', async (t) => {
    const { cluster, engine } = await one(t);
    const other = engineOn(t, { hosts: cluster.urls, namespace: 'tests2' });
    await engine.commit([], [{ type: 'put', key: 'a', value: '1' }]);
    const { entries, store } = await listed(other);
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['store'],
    );
    assert.notEqual(store, (await engine.list('')).store);
  });

  it('has no lease left over after a link that is reset all the time', async (t) => {
    const cluster = await startEtcd(t);
    const proxy = await LinkProxy.start(t, cluster.node.port);
    const engine = engineOn(t, { hosts: `http://127.0.0.1:${proxy.port}` });
    const watcher = engineOn(t, { hosts: cluster.urls });
    const lease = await engine.lease(2_000);
    await engine.commit([], [{ type: 'put', key: 'a', value: '1', lease }]);
    const resets = setInterval(() => proxy.reset(), 100);
    await sleep(3_000);
    clearInterval(resets);
    await listed(engine);
    const { entries } = await listed(watcher, 'a');
    if (lease.alive()) assert.equal(entries.length, 1);
    await lease.end();
    await until(async () => (await listed(watcher, 'a')).entries.length === 0, { what: 'the key to go' });
  });

  it('keeps its lease, and gives it up, whatever the time of day', async (t) => {
    const cluster = await startEtcd(t);
    const proxy = await LinkProxy.start(t, cluster.node.port);
    const engine = engineOn(t, { hosts: `http://127.0.0.1:${proxy.port}` });
    const lease = await engine.lease(2_000);
    const { now } = Date;
    t.after(() => {
      Date.now = now;
    });
    for (const hour of [3_600_000, -3_600_000]) {
      Date.now = () => now() + hour;
      await sleep(1_500);
      assert.equal(lease.alive(), true);
      await listed(engine);
    }
    proxy.set('swallow');
    const startedAt = performance.now();
    assert.equal(await lease.lost, 'expired');
    assert.ok(performance.now() - startedAt < 2_000);
  });

  it('takes a put of a key without its lease for what it is: a key that stays', async (t) => {
    const { cluster, engine } = await one(t);
    const admin = new EtcdAdmin(cluster.node);
    t.after(() => admin.close());
    const lease = await engine.lease(2_000);
    const own = await engine.commit([], [{ type: 'put', key: 'a', value: '1', lease }]);
    const leases: (string | undefined)[] = [];
    engine.watch('', own, ({ events }) => {
      for (const event of events) if (event.type === 'put') leases.push(event.entry.lease);
    });
    await admin.put('/tests/v1/a', 'by hand');
    await until(() => leases.length > 0, { what: 'the change' });
    assert.deepEqual(leases, [undefined]);
  });

  it('names the reason of a refusal: a value that is too large', async (t) => {
    const { engine } = await one(t);
    const error = await failure(engine.commit([], [{ type: 'put', key: 'a', value: 'x'.repeat(1_700_000) }]));
    assert.deepEqual([error.code, error.delivery], [RpcCode.RegistryRefused, 'answered']);
    assert.match(error.message, /request is too large/);
    assert.deepEqual((await listed(engine, 'a')).entries, []);
  });

  it('names the quota of etcd when that is used up, and can still delete', async (t) => {
    const cluster = await startEtcd(t, { args: ['--quota-backend-bytes', '2000000'] });
    const engine = engineOn(t, { hosts: cluster.urls });
    const fill = async (): Promise<unknown> => {
      for (let at = 0; ; at++) await engine.commit([], [{ type: 'put', key: `k${at}`, value: 'x'.repeat(200_000) }]);
    };
    const error = await failure(fill());
    assert.equal(error.code, RpcCode.RegistryRefused, error.message);
    assert.match(error.message, /database space exceeded/);
    assert.equal((await engine.commit([], [{ type: 'delete', key: 'k0' }])).done, true);
  });
});
