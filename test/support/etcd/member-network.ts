import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { EtcdHost } from './etcd-cluster.js';

/** Runs a program in a network of its own, which goes with the program. Needs no root where the system allows user namespaces. */
export const OWN_NETWORK = ['unshare', '--map-root-user', '--net', '--mount'] as const;

/** Why no process can have a network of its own here; false where one can. */
export function whyNoNetwork(): string | false {
  const [command, ...args] = [...OWN_NETWORK, 'ip', 'link', 'add', 'bridge0', 'type', 'bridge'];
  if (spawnSync(command ?? '', args).status === 0) return false;
  const why =
    'NO NETWORK NAMESPACES: the tests of a member of etcd that is cut off from the others do not run. They need the programs unshare and ip, and a kernel that lets this user make namespaces';
  console.error(`\n!!! ${why}\n`);
  return why;
}

/**
 * Hosts of the members of etcd, each in a namespace with two cables: one to this process, for clients, and one to the switch of the
 * members. To be made in a process that has a network of its own.
 */
export class MemberNetwork {
  readonly hosts: readonly EtcdHost[];

  private constructor(hosts: readonly EtcdHost[]) {
    this.hosts = hosts;
  }

  static async make(scope: Pick<TestContext, 'after'>, members: number): Promise<MemberNetwork> {
    ip('link', 'set', 'lo', 'up');
    ip('link', 'add', 'members', 'type', 'bridge');
    ip('link', 'set', 'members', 'up');
    const hosts: EtcdHost[] = [];
    for (let at = 0; at < members; at++) hosts.push(await makeHost(scope, at));
    return new MemberNetwork(hosts);
  }

  /** Pulls the cable between a member and the others. Clients go on to reach the member. */
  cut(at: number): void {
    ip('link', 'set', `peer${at}`, 'down');
  }

  heal(at: number): void {
    ip('link', 'set', `peer${at}`, 'up');
  }
}

async function makeHost(scope: Pick<TestContext, 'after'>, at: number): Promise<EtcdHost> {
  // Keeps the namespace until its standard input is closed: at the latest when this process ends.
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo there; cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  scope.after(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const within = ['nsenter', `--net=/proc/${holder.pid}/ns/net`];
  const [client, peer] = [`10.78.${at}.2`, `10.77.0.${at + 1}`];
  ip('link', 'add', `client${at}`, 'type', 'veth', 'peer', 'name', 'client', 'netns', `${holder.pid}`);
  ip('addr', 'add', `10.78.${at}.1/24`, 'dev', `client${at}`);
  ip('link', 'set', `client${at}`, 'up');
  ip('link', 'add', `peer${at}`, 'type', 'veth', 'peer', 'name', 'peer', 'netns', `${holder.pid}`);
  ip('link', 'set', `peer${at}`, 'master', 'members', 'up');
  for (const [name, address] of [
    ['client', client],
    ['peer', peer],
  ] as const) {
    inside(within, 'ip', 'addr', 'add', `${address}/24`, 'dev', name);
    inside(within, 'ip', 'link', 'set', name, 'up');
  }
  inside(within, 'ip', 'link', 'set', 'lo', 'up');
  return { client, peer, within };
}

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

function inside([command = '', ...args]: readonly string[], ...program: string[]): void {
  execFileSync(command, [...args, ...program]);
}
