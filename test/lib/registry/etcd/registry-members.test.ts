import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { startEtcd } from '../../../support/etcd/etcd-cluster.js';
import { until } from '../../../support/until.js';
import { Machine, machines } from './on-etcd.js';

const skip = whyNoEtcd();

describe('servers registered in three members of etcd', { skip }, () => {
  it('are known, and a Leader leads on, through the end of the leader of etcd', async (t) => {
    const { cluster, one, two } = await machines(t, await startEtcd(t, { nodes: 3 }));
    const deposed: Error[] = [];
    let elected = 0;
    const handler = {
      onElected: () => {
        elected += 1;
      },
      onDeposed: (reason: Error) => void deposed.push(reason),
      onObstacle: () => {},
    };
    const candidate = one.registry.election('area-1', { ttl: 15_000 }).candidate(handler);
    t.after(() => candidate.resign());
    candidate.campaign();
    await until(() => elected === 1, { what: 'a Leader', timeoutMs: 60_000 });
    const leader = await cluster.leader();
    await leader.kill();
    await cluster.leader();
    await leader.start().ready;
    const three = new Machine(t, { id: 'chat-3', url: 'tcp://10.0.0.7:3333' }, { hosts: cluster.urls });
    await three.registration.register(60_000);
    await Promise.all([one, two, three].map((machine) => machine.sees('chat-1', 'chat-2', 'chat-3')));
    assert.deepEqual([deposed, elected, candidate.isLeader()], [[], 1, true]);
  });

  it('stay in the lists of their callers while the majority is lost, and the lists go on when it is back', async (t) => {
    const { cluster, one, two } = await machines(t, await startEtcd(t, { nodes: 3 }));
    const [first, ...others] = cluster.nodes;
    assert.ok(first);
    await Promise.all(others.map((node) => node.kill()));
    await until(() => [one, two].every(({ follower }) => follower.failures.length > 0), {
      what: 'the age of the lists',
      timeoutMs: 60_000,
    });
    for (const { seen } of [one, two]) assert.equal(seen.at(-1), 'chat-1,chat-2');
    await Promise.all(others.map((node) => node.start().ready));
    const three = new Machine(t, { id: 'chat-3', url: 'tcp://10.0.0.7:3333' }, { hosts: cluster.urls });
    await three.registration.register(60_000);
    await Promise.all([one, two].map((machine) => machine.sees('chat-1', 'chat-2', 'chat-3')));
  });
});
