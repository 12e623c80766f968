/**
 * Cuts members of etcd off from the others while clients reach them, in a network of its own, and reports what the candidates of an election said, and what
 * machines saw of the servers of a registry.
 */
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { MemberNetwork } from '../../../support/etcd/member-network.js';
import { until } from '../../../support/until.js';
import { Machine } from '../etcd/on-etcd.js';
import { type Fault, runFaults } from './run.js';

const FAULTS: readonly Fault[] = ['member of the Leader cut off', 'leader of etcd cut off'];
const WAIT = { timeoutMs: 60_000 };

const cleanings: (() => unknown)[] = [];
const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };

/** Returns the lists that the machine saw since the count. */
const since = ({ seen }: Machine, count: number): string[] => [...new Set(seen.slice(count))];

/** The shortest one, of 5 s, may pass before a client has found another member. Unit: ms */
const SERVER_TTL = 10_000;

/** Servers of three machines, of which one knows the member alone that is cut off. */
async function servers(network: MemberNetwork): Promise<object> {
  const cluster = await EtcdCluster.start({ nodes: 3, hosts: network.hosts });
  scope.after(() => cluster.end());
  const leader = cluster.nodes.indexOf(await cluster.leader());
  const cut = (leader + 1) % 3;
  const [member, ...others] = [...cluster.urls.slice(cut), ...cluster.urls.slice(0, cut)];
  const hosts = [member ?? '', ...others];
  const bound = new Machine(scope, { id: 'chat-1' }, { hosts: member ?? '', ttl: SERVER_TTL });
  const free = new Machine(scope, { id: 'chat-2', url: 'tcp://10.0.0.6:3333' }, { hosts, ttl: SERVER_TTL });
  await bound.registration.register(60_000);
  await free.registration.register(60_000);
  for (const machine of [bound, free]) await machine.sees('chat-1', 'chat-2');
  const [seenOfBound, seenOfFree] = [bound.seen.length, free.seen.length];
  network.cut(cut);
  await until(() => bound.follower.failures.length > 0, { what: 'the age of the list', ...WAIT });
  const late = new Machine(scope, { id: 'chat-3', url: 'tcp://10.0.0.7:3333' }, { hosts, ttl: SERVER_TTL });
  await late.registration.register(60_000);
  await until(() => free.seen.at(-1)?.includes('chat-3'), { what: 'the new server', ...WAIT });
  const away = { bound: since(bound, seenOfBound), free: free.seen.at(-1)?.includes('chat-2'), lines: free.lines };
  network.heal(cut);
  for (const machine of [bound, free, late]) await machine.sees('chat-1', 'chat-2', 'chat-3');
  return { ...away, everEmpty: [...since(free, seenOfFree), ...since(bound, seenOfBound)].includes('') };
}

process.send?.({ type: 'ready' });
try {
  const network = await MemberNetwork.make(scope, 3);
  const { violations, takeovers } = await runFaults(scope, { faults: FAULTS, ttl: 5_000, members: 3, network });
  process.send?.({ violations, takeovers: Object.fromEntries(takeovers), servers: await servers(network) });
} finally {
  for (const clean of cleanings) await clean();
}
process.disconnect?.();
