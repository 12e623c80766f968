import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import type { EtcdNode } from '../../../support/etcd/etcd-node.js';
import type { MemberNetwork } from '../../../support/etcd/member-network.js';
import type { LinkMode } from '../../../support/link-proxy.js';
import { Candidates, type Competitor } from './candidates.js';
import { now, violations } from './history.js';

/** Faults of the Leader, and of the way from the Leader to etcd. */
const OF_LEADER = ['kill -9', 'SIGSTOP', 'stalled', 'cut', 'swallowed', 'answers lost', 'reset'] as const;
/** Faults of an etcd of one member. */
const OF_ETCD = ['etcd killed', 'etcd stopped'] as const;
/** Faults of an etcd of three members. */
const OF_MEMBERS = ['leader of etcd killed', 'majority of etcd lost'] as const;

/** Faults of an etcd of three members on hosts of their own: clients reach the member, and the other members do not. */
const OF_NETWORK = ['member of the Leader cut off', 'leader of etcd cut off'] as const;

type NetworkFault = (typeof OF_NETWORK)[number];
export type Fault = (typeof OF_LEADER)[number] | (typeof OF_ETCD)[number] | (typeof OF_MEMBERS)[number] | NetworkFault;

/** The faults that an etcd of so many members can have. */
export function faultsOf(members: number): readonly Fault[] {
  return members === 1 ? [...OF_LEADER, ...OF_ETCD] : [...OF_LEADER, ...OF_MEMBERS];
}

export interface FaultRun {
  /** Faults in turn; the run ends after the last one. */
  readonly faults: Iterable<Fault>;
  /** Unit: ms */
  readonly ttl: number;
  /** Members of etcd. @default 1 */
  readonly members?: number;
  /** Hosts of the members. @default loopback for all */
  readonly network?: MemberNetwork;
  /** Candidates that do not depose themselves, to see that the checker finds them. */
  readonly isControl?: boolean;
}

export interface FaultReport {
  /** Time from the fault to the first look at which another candidate leads; for etcd and for resets, any candidate. Unit: ms */
  readonly takeovers: ReadonlyMap<Fault, number[]>;
  readonly reigns: number;
  readonly violations: readonly string[];
}

const CANDIDATES = 3;
/** Time for those behind to stand in line again. Unit: ms */
const CALM_MS = 400;
const ETCD_AWAY_MS = 1_500;
/** Shortest and longest time for which etcd stands still. */
const ETCD_STOPPED_MS = [500, 4_000] as const;
const RESET_EACH_MS = 100;

/** Does faults to the Leader of an election, and checks what all candidates have said. */
export async function runFaults(scope: Pick<TestContext, 'after'>, run: FaultRun): Promise<FaultReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-election-'));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = await EtcdCluster.start({
    nodes: run.members ?? 1,
    ...(run.network && { hosts: run.network.hosts }),
  });
  scope.after(() => cluster.end());
  const { ttl, isControl = false } = run;
  const candidates = new Candidates(scope, {
    folder,
    ...{ members: cluster.nodes, ttl, isControl },
  });
  await Promise.all(Array.from({ length: CANDIDATES }, () => candidates.start()));

  const takeovers = new Map<Fault, number[]>();
  for (const fault of run.faults) {
    const { competitor } = await candidates.leader();
    await sleep(CALM_MS + Math.random() * CALM_MS);
    let took: number;
    if (isOfNetwork(fault)) took = await harmNetwork(fault, competitor, candidates, cluster, run);
    else if (isOfEtcd(fault)) took = await harmEtcd(fault, candidates, cluster);
    else took = await harmLeader(competitor, fault, candidates, ttl);
    takeovers.set(fault, [...(takeovers.get(fault) ?? []), took]);
  }
  const reigns = candidates.reigns();
  return { takeovers, reigns: reigns.length, violations: violations(reigns) };
}

type EtcdFault = (typeof OF_ETCD)[number] | (typeof OF_MEMBERS)[number];

function isOfEtcd(fault: Fault): fault is EtcdFault {
  return ([...OF_ETCD, ...OF_MEMBERS] as readonly Fault[]).includes(fault);
}

function isOfNetwork(fault: Fault): fault is NetworkFault {
  return (OF_NETWORK as readonly Fault[]).includes(fault);
}

/** Cuts a member off for longer than a lease lasts. Resolves as {@link harmEtcd} does. */
async function harmNetwork(
  fault: NetworkFault,
  { links }: Competitor,
  candidates: Candidates,
  cluster: EtcdCluster,
  { network, ttl }: FaultRun,
): Promise<number> {
  const used = links.findIndex(({ connections }) => connections > 0);
  const cut = fault === 'leader of etcd cut off' ? cluster.nodes.indexOf(await cluster.leader()) : Math.max(0, used);
  const at = now();
  network?.cut(cut);
  await sleep(ttl * 1.5);
  const { reign } = await candidates.leader(); // while the member is away
  if ((await cluster.leader()) === cluster.nodes[cut]) throw new Error('the member that is cut off leads the others');
  network?.heal(cut);
  return Math.max(0, reign.from - at);
}

/** Resolves with the time without a Leader; 0 where the Leader has outlived the fault. */
async function harmEtcd(fault: EtcdFault, candidates: Candidates, cluster: EtcdCluster): Promise<number> {
  const at = now();
  if (fault === 'etcd stopped') {
    const [shortest, longest] = ETCD_STOPPED_MS;
    await cluster.node.kill('SIGSTOP');
    await sleep(shortest + Math.random() * (longest - shortest));
    await cluster.node.kill('SIGCONT');
  } else {
    const nodes = await harmed(fault, cluster);
    await Promise.all(nodes.map((node) => node.kill()));
    await sleep(ETCD_AWAY_MS);
    await Promise.all(nodes.map((node) => node.start().ready));
  }
  const { reign } = await candidates.leader();
  return Math.max(0, reign.from - at);
}

async function harmed(fault: Exclude<EtcdFault, 'etcd stopped'>, cluster: EtcdCluster): Promise<readonly EtcdNode[]> {
  if (fault === 'majority of etcd lost') return cluster.nodes.slice(1);
  return [fault === 'etcd killed' ? cluster.node : await cluster.leader()];
}

async function harmLeader(
  leader: Competitor,
  fault: Exclude<Fault, EtcdFault | NetworkFault>,
  candidates: Candidates,
  ttl: number,
): Promise<number> {
  const { child, links } = leader;
  const at = now();
  if (fault === 'reset') return reset(leader, candidates, ttl);
  const mode = MODES[fault];
  if (mode !== undefined) for (const link of links) link.set(mode);
  else if (fault === 'stalled') child.send(Math.round(ttl * 1.5));
  else void child.kill(fault === 'kill -9' ? 'SIGKILL' : 'SIGSTOP');
  // An earlier fault may have taken the lead from this candidate a moment ago: then another leads since before.
  const { reign } = await candidates.leader(leader);
  if (fault === 'kill -9') await candidates.start();
  else {
    await sleep(ttl / 4); // the one before would speak up, if it still took itself for the Leader
    if (fault === 'SIGSTOP') void child.kill('SIGCONT');
    else for (const link of links) link.set('open');
  }
  return Math.max(0, reign.from - at);
}

const MODES: Partial<Record<Fault, LinkMode>> = {
  cut: 'cut',
  swallowed: 'swallow',
  'answers lost': 'swallow-answers',
};

/** Resets the connections of the Leader for longer than its lease lasts. It may lead on, or not. */
async function reset({ links }: Competitor, candidates: Candidates, ttl: number): Promise<number> {
  const at = now();
  const resets = setInterval(() => {
    for (const link of links) link.reset();
  }, RESET_EACH_MS);
  await sleep(ttl * 1.5);
  clearInterval(resets);
  const { reign } = await candidates.leader();
  return Math.max(0, reign.from - at);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
