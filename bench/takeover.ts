/**
 * Times the takeover of elected servers, which are processes on addresses of their own, on a real etcd, and prints a table:
 *
 *     npm run bench:takeover -- --runs 10 --ttl 5000 --only 'clean stop'
 *
 * Taken over: from the fault until the next server listens. Answered: until a caller that follows the registry has its answer. Late: answers of
 * the old Leader to methods that ran after that. Ends with code 1 where there was one.
 */
import { parseArgs } from 'node:util';
import { ElectedServers, SERVER_FAULTS, type Takeover } from '../test/lib/registry/faults/elected-servers.js';
import { etcdVersion } from '../test/support/etcd/etcd-binary.js';
import { EtcdCluster } from '../test/support/etcd/etcd-cluster.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    ttl: { type: 'string', default: '5000' },
    only: { type: 'string' },
  },
});
const faults = SERVER_FAULTS.filter((fault) => values.only === undefined || fault === values.only);
if (faults.length === 0) throw new RangeError(`--only takes one of ${SERVER_FAULTS.join(', ')}`);
const [runs, ttl] = [Number(values.runs), Number(values.ttl)];
if (!Number.isInteger(runs) || runs < 1 || !(ttl >= 3_000))
  throw new RangeError('--runs takes a number from 1, --ttl one from 3000');

function shown(times: readonly number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const median = sorted[sorted.length >> 1] ?? 0;
  return `${median.toFixed(0)} (${(sorted[0] ?? 0).toFixed(0)}-${(sorted.at(-1) ?? 0).toFixed(0)})`;
}

const cleanings: (() => unknown)[] = [];
const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };
try {
  const cluster = await EtcdCluster.start();
  scope.after(() => cluster.end());
  const servers = new ElectedServers(scope, cluster, ttl);
  scope.after(() => servers.end());
  await servers.start();
  console.log(`etcd ${etcdVersion()}, node ${process.version}, ttl ${ttl} ms, ${runs} runs each; ms, median (min-max)`);
  for (const fault of faults) {
    const all: Takeover[] = [];
    for (let run = 0; run < runs; run++) all.push(await servers.takeOver(fault));
    const late = all.reduce((sum, each) => sum + each.late, 0);
    const refusals = [...new Set(all.flatMap(({ refusal }) => refusal ?? []))].join(', ');
    const [took, answered] = [shown(all.map((each) => each.took)), shown(all.map((each) => each.answered))];
    console.log(`${fault.padEnd(11)} taken over ${took}, answered ${answered}, late ${late}  ${refusals}`);
    if (late > 0) process.exitCode = 1;
  }
} finally {
  for (const clean of cleanings) await clean();
}
