/**
 * A server at twice its capacity: `npm run bench:overload -- [options]`. For each case: the capacity in a closed loop, half of it, twice
 * of it for 30 s, and half of it until the latency is back. Prints the answers within their deadline, latencies, refusals and memory.
 *
 *   --only text     cases whose name has the text
 *   --seconds n     length of the overload           (30)
 *   --quick         an overload of a second and a half: says that the bench works
 *   --json          the result as JSON
 */
import { parseArgs } from 'node:util';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { CASES, DEADLINE_MS } from './overload/cases.js';
import { formatCase } from './overload/report.js';
import { type OverloadFigures, runCase } from './overload/run.js';
import { formatEnvironment } from './report.js';

const QUICK = { capacity: 0.2, before: 1, overload: 1.5, after: 4 };

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '30' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const seconds = values.quick ? QUICK : { capacity: 1, before: 5, overload: Number(values.seconds), after: 60 };
const settings = { seconds, cores: findCorePair() };

const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};
const environment = describeEnvironment();
print(formatEnvironment(environment));
print(
  `calls of 4 clients with a deadline of ${DEADLINE_MS} ms; the server on a core of its own where that is possible`,
);
const figures: OverloadFigures[] = [];
for (const one of CASES.filter(({ name }) => name.includes(values.only))) {
  const measured = await runCase(one, settings);
  figures.push(measured);
  print(formatCase(measured));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, cases: figures }, null, 2)}\n`);
if (figures.some(({ overload, before }) => 'wrong reply' in { ...overload.failed, ...before.failed }))
  process.exitCode = 1;
