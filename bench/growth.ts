/**
 * Growth of the cost of a call: `npm run bench:growth -- [options]`. Size of the payload, servers, waiting calls, clients, and processes
 * that call one server; each figure as a ratio to that of the smallest size, beside a bare loop that grows in the same way.
 *
 *   --series a,b    of bytes, text, servers, waiting, clients, processes    (all)
 *   --rounds n      rounds of each size                                     (7)
 *   --seconds n     length of a round                                       (0.5)
 *   --quick         one short round of the smallest and the second size: says that the bench works, and nothing about costs
 *   --json          the result as JSON
 */
import { parseArgs } from 'node:util';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { formatGrowthSettings, formatSeries } from './growth/report.js';
import { runSeries, type SeriesFigures } from './growth/rounds.js';
import { SERIES } from './growth/series.js';
import { peerUrl } from './host-process.js';
import { formatEnvironment } from './report.js';

const ENDS = new URL('./growth/ends/', import.meta.url);
const QUICK = { rounds: 1, seconds: 0.3, warmUpSeconds: 0.3 };
const QUICK_STEPS = 2;

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: SERIES.map(({ name }) => name).join(',') },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.5' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const chosen = values.series.split(',').map((name) => {
  const series = SERIES.find((one) => one.name === name);
  if (series === undefined)
    throw new Error(`--series knows ${SERIES.map((one) => one.name).join(', ')}, and not '${name}'`);
  return values.quick ? { ...series, steps: series.steps.slice(0, QUICK_STEPS) } : series;
});
const times = values.quick
  ? QUICK
  : { rounds: Number(values.rounds), seconds: Number(values.seconds), warmUpSeconds: 6 };
const settings = { ...times, cores: findCorePair() };

const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};
const environment = describeEnvironment();
print(formatEnvironment(environment));
print(formatGrowthSettings(settings));
const figures: SeriesFigures[] = [];
for (const series of chosen) {
  const measured = await runSeries(series, (kind) => peerUrl(kind, ENDS), settings);
  figures.push(measured);
  print(formatSeries(measured));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, series: figures }, null, 2)}\n`);
if (figures.some(({ kinds }) => kinds.some(({ error }) => error !== undefined))) process.exitCode = 1;
