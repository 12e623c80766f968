import { after, before, type TestContext } from 'node:test';
import type { Engine, OwnEngine } from '../../../../lib/registry/engine.js';
import { EtcdEngine } from '../../../../lib/registry/etcd/etcd-engine.js';
import { checkEtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import { whyNoEtcd } from '../../../support/etcd/etcd-binary.js';
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { Starvation } from '../../../support/etcd/starvation.js';
import { type LinkMode, LinkProxy } from '../../../support/link-proxy.js';
import { engineContract } from '../contract.js';
import { listed } from './support.js';

/** The engine of a test, on an engine with a connection of its own, which `open` makes. */
export type MakeEngine = (t: TestContext, open: () => OwnEngine) => Promise<Engine>;

/** Holds engines on a real etcd to the contract. One etcd, and a namespace for each test. */
export function etcdContract(name: string, make: MakeEngine): void {
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
    name,
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
          const options = checkEtcdOptions({ hosts: `http://127.0.0.1:${proxy.port}`, namespace });
          const engine = await make(t, () => new EtcdEngine(options));
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
}
