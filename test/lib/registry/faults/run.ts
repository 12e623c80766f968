import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EtcdCluster } from '../../../support/etcd/etcd-cluster.js';
import { Candidates, type Competitor } from './candidates.js';
import { now, violations } from './history.js';

export const FAULTS = ['kill -9', 'SIGSTOP', 'cut', 'swallowed', 'etcd killed'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultRun {
  /** Faults in turn; the run ends after the last one. */
  readonly faults: Iterable<Fault>;
  /** Unit: ms */
  readonly ttl: number;
  /** Candidates that do not depose themselves, to see that the checker finds them. */
  readonly isControl?: boolean;
}

export interface FaultReport {
  /** Time from the fault to the first look at which another candidate leads; for etcd, any candidate. Unit: ms */
  readonly takeovers: ReadonlyMap<Fault, number[]>;
  readonly reigns: number;
  readonly violations: readonly string[];
}

const CANDIDATES = 3;
/** Time for those behind to stand in line again. Unit: ms */
const CALM_MS = 400;
const ETCD_AWAY_MS = 1_500;

/** Does faults to the Leader of an election, and checks what all candidates have said. */
export async function runFaults(scope: Pick<TestContext, 'after'>, run: FaultRun): Promise<FaultReport> {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-election-'));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  const cluster = await EtcdCluster.start();
  scope.after(() => cluster.end());
  const { ttl, isControl = false } = run;
  const candidates = new Candidates(scope, { folder, etcdPort: cluster.node.port, ttl, isControl });
  await Promise.all(Array.from({ length: CANDIDATES }, () => candidates.start()));

  const takeovers = new Map<Fault, number[]>();
  for (const fault of run.faults) {
    const { competitor } = await candidates.leader();
    await sleep(CALM_MS + Math.random() * CALM_MS);
    const took =
      fault === 'etcd killed' ? await withoutEtcd(candidates, cluster) : await doTo(competitor, fault, candidates, ttl);
    takeovers.set(fault, [...(takeovers.get(fault) ?? []), took]);
  }
  const reigns = candidates.reigns();
  return { takeovers, reigns: reigns.length, violations: violations(reigns) };
}

async function withoutEtcd(candidates: Candidates, { node }: EtcdCluster): Promise<number> {
  const at = now();
  await node.kill();
  await sleep(ETCD_AWAY_MS);
  await node.start().ready;
  const { reign } = await candidates.leader();
  return Math.max(0, reign.from - at); // 0 where the Leader outlived it
}

async function doTo(
  leader: Competitor,
  fault: Exclude<Fault, 'etcd killed'>,
  candidates: Candidates,
  ttl: number,
): Promise<number> {
  const { child, proxy } = leader;
  const at = now();
  if (fault === 'cut') proxy.set('cut');
  else if (fault === 'swallowed') proxy.set('swallow');
  else void child.kill(fault === 'kill -9' ? 'SIGKILL' : 'SIGSTOP');
  const { reign } = await candidates.leader(at, leader);
  if (fault === 'kill -9') await candidates.start();
  else {
    await sleep(ttl / 4); // the one before would speak up, if it still took itself for the Leader
    if (fault === 'SIGSTOP') void child.kill('SIGCONT');
    else proxy.set('open');
  }
  return reign.from - at;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
