import { parseArgs } from 'node:util';
import { now } from './history.js';
import { FAULTS, type Fault, runFaults } from './run.js';

/** The long run: `npm run test:election -- --minutes 30`. Prints the takeovers, and ends with code 1 where two candidates led together. */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, ttl: { type: 'string', default: '3000' } },
});
const [minutes, ttl] = [Number(values.minutes), Number(values.ttl)];
if (!(minutes > 0) || !(ttl >= 3_000)) throw new RangeError('--minutes takes a number above 0, --ttl one from 3000');

function* inTurn(until: number): Generator<Fault> {
  while (now() < until) yield* FAULTS;
}

const cleanings: (() => unknown)[] = [];
const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };
try {
  const report = await runFaults(scope, { faults: inTurn(now() + minutes * 60_000), ttl });
  for (const [fault, times] of report.takeovers) {
    const sorted = times.toSorted((one, other) => one - other);
    const [median, max] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
    console.log(
      `${fault.padEnd(12)} ${sorted.length} times, taken over after ${median.toFixed(0)} ms (median), ${max.toFixed(0)} ms (max)`,
    );
  }
  console.log(`${report.reigns} Leaders, ${report.violations.length} violations`);
  for (const violation of report.violations.slice(0, 20)) console.log(`  VIOLATION ${violation}`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
} finally {
  for (const clean of cleanings) await clean();
}
