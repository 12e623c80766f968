import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RpcCode } from '../../../../lib/errors.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { type EtcdCluster, startEtcd } from '../../../support/etcd/etcd-cluster.js';
import type { EtcdNode } from '../../../support/etcd/etcd-node.js';
import { engineOn, failure, listed, sleep } from './support.js';

const skip = whyNoEtcd();

function nodeOf(cluster: EtcdCluster, url: string | undefined): EtcdNode {
  const node = cluster.nodes.find((each) => each.url === url);
  assert.ok(node !== undefined, `${url} is a member`);
  return node;
}

describe('an engine on three members of etcd', { skip }, () => {
  it('goes on at another member when its own is killed, and keeps its lease', async (t) => {
    const cluster = await startEtcd(t, { nodes: 3 });
    const engine = engineOn(t, { hosts: cluster.urls });
    await listed(engine);
    const lease = await engine.lease(10_000);
    const own = await engine.commit([], [{ type: 'put', key: 'a', value: '1', lease }]);
    const watch = engine.watch('', own, () => {});
    const first = engine.state.endpoint;
    await nodeOf(cluster, first).kill();
    assert.equal((await watch.ended).reason, 'disconnected');
    const list = await listed(engine, 'a');
    assert.notEqual(engine.state.endpoint, first);
    assert.deepEqual([list.store, list.entries.length], [own.store, 1]);
    assert.equal(lease.alive(), true);
    await engine.commit([], [{ type: 'put', key: 'b', value: '1', lease }]);
  });

  it('leaves a member that stands still for the next one', async (t) => {
    const cluster = await startEtcd(t, { nodes: 3 });
    const engine = engineOn(t, { hosts: cluster.urls });
    await listed(engine);
    const lease = await engine.lease(10_000);
    const first = engine.state.endpoint;
    const node = nodeOf(cluster, first);
    await node.kill('SIGSTOP');
    await listed(engine);
    assert.notEqual(engine.state.endpoint, first);
    await sleep(4_000);
    assert.equal(lease.alive(), true);
    await node.kill('SIGCONT');
  });

  it('reports a lost majority, and is back when the majority is', async (t) => {
    const cluster = await startEtcd(t, { nodes: 3 });
    const engine = engineOn(t, { hosts: cluster.urls });
    await listed(engine);
    const own = await engine.commit([], [{ type: 'put', key: 'a', value: '1' }]);
    const watch = engine.watch('', own, () => {});
    const lease = await engine.lease(5_000);
    const others = cluster.nodes.filter(({ url }) => url !== engine.state.endpoint);
    await Promise.all(others.map((node) => node.kill()));

    const error = await failure(engine.commit([], [{ type: 'put', key: 'b', value: '1' }]));
    assert.deepEqual([error.code, error.delivery], [RpcCode.Registry, 'unknown'], error.message);
    assert.equal((await watch.ended).reason, 'disconnected');
    assert.equal(await lease.lost, 'expired');
    assert.equal((await failure(engine.list(''))).code, RpcCode.Registry);
    assert.equal(engine.state.connected, false);

    await Promise.all(others.map((node) => node.start().ready));
    const back = await listed(engine, 'a');
    assert.deepEqual([back.store, back.entries.length], [own.store, 1]);
  });
});
