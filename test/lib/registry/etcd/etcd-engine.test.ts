import { after, before } from 'node:test';
import { EtcdEngine } from '../../../../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { type LinkMode, LinkProxy } from '../../../support/link-proxy.js';
import { engineContract } from '../contract.js';

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
    const links: { proxy: LinkProxy; healed: number }[] = [];
    return {
      disturbed: () => links.some(({ proxy, healed }) => proxy.accepted > 1 + healed),
      ttl: 2_000,
      async open() {
        const proxy = await LinkProxy.start(t, cluster.node.port);
        const engine = new EtcdEngine(checkEtcdOptions({ hosts: `http://127.0.0.1:${proxy.port}`, namespace }));
        t.after(() => engine.close());
        const own = { proxy, healed: 0 };
        links.push(own);
        const set = (mode: LinkMode) => () => {
          if (mode !== 'open') own.healed = Number.POSITIVE_INFINITY; // redials are what the test wants
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
      wipe: () => cluster.wipe(),
    };
  },
  skip,
);
