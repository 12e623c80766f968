import { parseArgs } from 'node:util';
import { now } from './history.js';
import { type Fault, faultsOf, runFaults } from './run.js';

/**
 * The long run: `npm run test:election -- --minutes 30 --ttl 2000`. Prints the takeovers, and ends with code 1 where two candidates led
 * together. `--members 3` has the faults of an etcd of three members, and `--control` has candidates that the checker must catch.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    ttl: { type: 'string', default: '3000' },
    members: { type: 'string', default: '1' },
    control: { type: 'boolean', default: false },
  },
});
const [minutes, ttl, members] = [Number(values.minutes), Number(values.ttl), Number(values.members)];
if (!(minutes > 0) || !(ttl >= 2_000)) throw new RangeError('--minutes takes a number above 0, --ttl one from 2000');
if (members !== 1 && members !== 3) throw new RangeError('--members takes 1 or 3');

function* inTurn(until: number): Generator<Fault> {
  const faults: readonly Fault[] = values.control ? ['swallowed', 'cut'] : faultsOf(members);
  while (now() < until) yield* faults;
}

const cleanings: (() => unknown)[] = [];
const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };
try {
  const isControl = values.control;
  const report = await runFaults(scope, { faults: inTurn(now() + minutes * 60_000), ttl, members, isControl });
  for (const [fault, times] of report.takeovers) {
    const sorted = times.toSorted((one, other) => one - other);
    const [median, max] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
    console.log(
      `${fault.padEnd(22)} ${sorted.length} times, a Leader after ${median.toFixed(0)} ms (median), ${max.toFixed(0)} ms (max)`,
    );
  }
  const overlaps = report.violations.filter((violation) => violation.includes('lead together')).length;
  console.log(
    `${report.reigns} Leaders; overlaps: ${overlaps}; answers in a term that is not the highest: ${report.violations.length - overlaps}`,
  );
  for (const violation of report.violations.slice(0, 20)) console.log(`  VIOLATION ${violation}`);
  process.exitCode = report.violations.length > 0 === isControl ? 0 : 1;
} finally {
  for (const clean of cleanings) await clean();
}
