import { after, before } from 'node:test';
import { EtcdEngine } from '../../../../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { Starvation } from '../../../support/etcd/starvation.js';
import { type LinkMode, LinkProxy } from '../../../support/link-proxy.js';
import { engineContract } from '../contract.js';
import { listed } from './support.js';

const skip = whyNoEtcd();
let cluster: EtcdCluster;
let namespaces = 0;

before(async () => {
  if (skip === false) cluster = await EtcdCluster.start();
});
after(async () => {
  if (skip === false) await cluster.end();
});

engineContract(
  'etcd',
  async (t) => {
    const admin = new EtcdAdmin(cluster.node);
    t.after(() => admin.close());
    const namespace = `contract-${namespaces++}`;
    const starvation = new Starvation(cluster.node);
    t.after(() => starvation.stop());
    /** The links that the test has not cut, each with the connections that its engine needed to begin. */
    const untouched = new Map<LinkProxy, number>();
    return {
      excuse() {
        const evidence = starvation.evidence();
        const isLost = [...untouched].some(([proxy, accepted]) => proxy.accepted > accepted);
        return isLost && evidence !== undefined ? `${evidence}, and an engine lost its connection` : undefined;
      },
      ttl: 2_000,
      async open() {
        const proxy = await LinkProxy.start(t, cluster.node.port);
        const engine = new EtcdEngine(checkEtcdOptions({ hosts: `http://127.0.0.1:${proxy.port}`, namespace }));
        t.after(() => engine.close());
        await listed(engine);
        untouched.set(proxy, proxy.accepted);
        const set = (mode: LinkMode) => () => {
          untouched.delete(proxy); // from now on a new connection is what the test wants
          proxy.set(mode);
        };
        const link = {
          cut: set('cut'),
          swallow: set('swallow'),
          swallowAnswers: set('swallow-answers'),
          heal: set('open'),
        };
        return { engine, link };
      },
      revoke: (lease) => admin.revoke(lease),
      compact: () => admin.compact(),
      wipe: () => {
        untouched.clear();
        return cluster.wipe();
      },
    };
  },
  skip,
);
