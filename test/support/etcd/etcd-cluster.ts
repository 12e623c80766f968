import type { TestContext } from 'node:test';
import { freePort } from '../../../bench/free-port.js';
import { until } from '../until.js';
import { EtcdAdmin } from './etcd-admin.js';
import { EtcdNode } from './etcd-node.js';

/** Where a member of etcd runs. */
export interface EtcdHost {
  /** Address for clients. */
  readonly client: string;
  /** Address for the other members. */
  readonly peer: string;
  /** Program, with its arguments, that starts another one on the host. */
  readonly within: readonly string[];
}

const LOOPBACK: EtcdHost = { client: '127.0.0.1', peer: '127.0.0.1', within: [] };

export interface EtcdOptions {
  /** @default 1 */
  readonly nodes?: number;
  /** Files of the certificate that the nodes show to clients. @default plain text */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile?: string };
  /** A host for each node. @default loopback for all */
  readonly hosts?: readonly EtcdHost[];
  /** Further arguments of each node. */
  readonly args?: readonly string[];
}

/** A port may be taken by another process between its choice and the start. */
const ATTEMPTS = 5;

/** etcd on free ports of loopback, in temporary folders. */
export class EtcdCluster {
  readonly nodes: readonly EtcdNode[];

  private constructor(nodes: readonly EtcdNode[]) {
    this.nodes = nodes;
  }

  /** The first node, in a cluster of one the only one. */
  get node(): EtcdNode {
    const [first] = this.nodes;
    if (first === undefined) throw new Error('a cluster of none');
    return first;
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  static async start(options: EtcdOptions = {}): Promise<EtcdCluster> {
    for (let attempt = 1; ; attempt++) {
      const cluster = new EtcdCluster(await makeNodes(options));
      try {
        await cluster.startNodes();
        return cluster;
      } catch (error) {
        await cluster.end();
        if (attempt === ATTEMPTS || !String(error).includes('address already in use')) throw error;
      }
    }
  }

  async startNodes(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start().ready));
  }

  /** The node that leads the others. Resolves when there is one. */
  leader(): Promise<EtcdNode> {
    return until(
      async () => {
        for (const node of this.nodes.filter(({ isRunning }) => isRunning)) {
          const admin = new EtcdAdmin(node);
          const leads = await admin.leads().catch(() => false);
          admin.close();
          if (leads) return node;
        }
        return undefined;
      },
      { what: 'a leader of etcd', timeoutMs: 60_000 },
    );
  }

  /** All nodes are killed, emptied and started again. */
  async wipe(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const node of this.nodes) node.wipe();
    await this.startNodes();
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
  }
}

/** Starts etcd, and ends it with the test. */
export async function startEtcd(t: Pick<TestContext, 'after'>, options: EtcdOptions = {}): Promise<EtcdCluster> {
  const cluster = await EtcdCluster.start(options);
  t.after(() => cluster.end());
  return cluster;
}

async function makeNodes({ nodes = 1, tls, hosts = [], args = [] }: EtcdOptions): Promise<EtcdNode[]> {
  const places: { name: string; host: EtcdHost; port: number; peer: string }[] = [];
  for (let at = 0; at < nodes; at++) {
    const host = hosts[at] ?? LOOPBACK;
    places.push({ name: `n${at}`, host, port: await freePort(), peer: `http://${host.peer}:${await freePort()}` });
  }
  const peers = places.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const scheme = tls === undefined ? 'http' : 'https';
  const security = tls === undefined ? [] : ['--cert-file', tls.certFile, '--key-file', tls.keyFile];
  if (tls?.caFile !== undefined) security.push('--client-cert-auth', '--trusted-ca-file', tls.caFile);
  return places.map(({ name, host, port, peer }) => {
    const url = `${scheme}://${host.client}:${port}`;
    const own = [
      ...['--name', name, '--logger', 'zap', '--log-outputs', 'stderr'],
      ...['--listen-client-urls', url],
      ...['--advertise-client-urls', url],
      ...['--listen-peer-urls', peer],
      ...['--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', peers],
    ];
    return new EtcdNode(name, url, [...own, ...security, ...args], host.within);
  });
}
