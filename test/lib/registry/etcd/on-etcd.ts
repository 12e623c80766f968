import type { TestContext } from 'node:test';
import { etcd } from '../../../../etcd.js';
import type { EtcdOptions } from '../../../../lib/registry/etcd/etcd-options.js';
import type { RegisteredServer, Registration, Registry } from '../../../../lib/registry/registry.js';
import { keptLog } from '../../../behaviour/support.js';
import { EtcdAdmin } from '../../../support/etcd/etcd-admin.js';
import type { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { until } from '../../../support/until.js';
import { type KeptFollower, keptFollower } from '../follower.js';

export const NAMESPACE = 'faults';
export const NODES = `/${NAMESPACE}/v1/nodes/`;

/** A machine that sees the servers of a registry, and registers one. */
export class Machine {
  readonly registry: Registry;
  readonly follower: KeptFollower;
  readonly lines: string[];
  readonly errors: Error[] = [];
  readonly registration: Registration;
  /** Each set of servers that the machine saw, as the ids in order. */
  readonly seen: string[] = [];

  constructor(
    t: Pick<TestContext, 'after'>,
    server: Partial<RegisteredServer>,
    options: Pick<EtcdOptions, 'hosts' | 'ttl'>,
  ) {
    const { logger, lines } = keptLog();
    this.lines = lines;
    this.registry = etcd({ namespace: NAMESPACE, ttl: 5_000, ...options });
    this.follower = keptFollower(
      ({ servers }) =>
        void this.seen.push(
          servers
            .map(({ id }) => id)
            .sort()
            .join(),
        ),
    );
    const following = this.registry.follow(this.follower);
    const own = { id: 'chat-1', serverType: 'chat', url: 'tcp://10.0.0.5:3333', ...server };
    const onError = (error: Error): void => void this.errors.push(error);
    this.registration = this.registry.registration(own, { logger, onError });
    t.after(() => following.close());
    t.after(() => this.registration.leave());
  }

  /** Resolves when the machine sees just these servers. */
  sees(...ids: readonly string[]): Promise<unknown> {
    return until(() => this.seen.at(-1) === ids.join(), { what: `${ids.join()} to be seen`, timeoutMs: 60_000 });
  }

  /** Resolves with the time that a line of the log names, unit: ms. */
  async registeredAgain(): Promise<number> {
    const line = await until(() => this.lines.find((each) => each.includes('is registered again, after')), {
      what: 'the line about a new registration',
      timeoutMs: 60_000,
    });
    return Number(/after (\d+) ms/.exec(line)?.[1]);
  }
}

/** An administrator of etcd, and two machines that see each other's servers. */
export async function machines(
  t: TestContext,
  cluster: EtcdCluster,
): Promise<{ cluster: EtcdCluster; admin: EtcdAdmin; one: Machine; two: Machine }> {
  const admin = new EtcdAdmin(cluster.node);
  t.after(() => admin.close());
  const options = { hosts: cluster.urls };
  const one = new Machine(t, {}, options);
  const two = new Machine(t, { id: 'chat-2', url: 'tcp://10.0.0.6:3333' }, options);
  await Promise.all([one.registration.register(60_000), two.registration.register(60_000)]);
  await Promise.all([one.sees('chat-1', 'chat-2'), two.sees('chat-1', 'chat-2')]);
  return { cluster, admin, one, two };
}

/** Record of a server of another program. */
export function recordText(id: string, url = 'tcp://10.0.0.9:3333'): string {
  const about = { instance: id, machine: 'elsewhere', version: '1.0.0', started: 0, ttl: 60_000 };
  return JSON.stringify({ v: 1, id, serverType: 'chat', url, state: 'ready', ...about });
}
