import { parseArgs } from 'node:util';
import { FAULTS } from './faults.js';
import { BUGS, type Bug } from './peer.js';
import { type RunReport, run } from './run.js';

/**
 * The long run: `npm run chaos -- --seconds 30 --seeds 10`. Each seed for so many seconds, one after the other; `--seed`
 * is the first of them. A seed that finds something keeps its history, and the run ends with code 1.
 *
 * `--bug 'execute twice'` has the harness's own processes do that wrong, to see it found: see {@link BUGS}.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seeds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    bug: { type: 'string', multiple: true, default: [] },
  },
});
const [seconds, seeds, first] = [values.seconds, values.seeds, values.seed].map(Number) as [number, number, number];
if (![seconds, seeds, first].every((value) => Number.isInteger(value) && value > 0))
  throw new RangeError('--seconds, --seeds and --seed take whole numbers above 0');

const bugs = values.bug.map((bug) => {
  if (!(bug in BUGS)) throw new RangeError(`--bug takes one of: ${Object.keys(BUGS).join(', ')}`);
  return bug as Bug;
});

/** `3 this, 4 that`, the most frequent first. */
function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.map(([what, count]) => `${count} ${what}`).join(', ') || 'none';
}

function print({ seed, calls, executions, endings, faults, violations, folder }: RunReport): void {
  console.log(`seed ${seed}: ${calls} calls, ${executions} executions, ${violations.length} violations`);
  console.log(`  endings  ${list(endings)}`);
  console.log(`  faults   ${list(faults)}`);
  const unseen = FAULTS.filter((kind) => !faults.has(kind));
  if (unseen.length > 0) console.log(`  not done ${unseen.join(', ')}`);
  for (const { kind, what } of violations.slice(0, 20)) console.log(`  VIOLATION ${kind}: ${what}`);
  if (violations.length > 0) console.log(`  the history is in ${folder}`);
}

let found = 0;
for (let seed = first; seed < first + seeds; seed++) {
  const report = await run({ seed, seconds, bugs });
  print(report);
  found += report.violations.length;
}
process.exitCode = found === 0 ? 0 : 1;
