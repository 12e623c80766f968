/**
 * Compares what watching costs a call: `npm run bench:watching -- [options]`. One build, without any watching, once more the same, with
 * the counts of the server (`callStats`), and with `mailstation/metrics` at both ends, in one run.
 *
 *   --in-flight 1,64   calls in flight                  (64,512)
 *   --rounds n         rounds of each                   (24)
 *   --seconds n        length of a round                (0.5)
 *   --json             the result as JSON
 */
import { parseArgs } from 'node:util';
import { type BaselineTable, runAgainstBaseline } from './baseline.js';
import { formatBaselineSettings, formatBaselineTable } from './baseline-report.js';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { peerUrl } from './host-process.js';
import { formatEnvironment } from './report.js';
import type { Contestant } from './scenario.js';
import { WATCHED } from './watched.js';

const PEERS = new URL('./peers/', import.meta.url);

const { values } = parseArgs({
  options: {
    'in-flight': { type: 'string', default: '64,512' },
    rounds: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '0.5' },
    json: { type: 'boolean', default: false },
  },
});
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUpSeconds: 0.8,
  cores: findCorePair(),
};

const watched = (name: string, title = name): Contestant => ({
  name: title,
  url: `${peerUrl('mailstation', PEERS)}?${new URLSearchParams({ watched: name })}`,
});
const [first, ...others] = Object.keys(WATCHED) as [string, ...string[]];
const contestants = [watched(first), watched(first, 'again'), ...others.map((name) => watched(name))];

const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};
const environment = describeEnvironment();
print(formatEnvironment(environment));
print(formatBaselineSettings(settings));
const tables: BaselineTable[] = [];
for (const inFlight of values['in-flight'].split(',').map(Number)) {
  const table = await runAgainstBaseline({ payload: 'small', inFlight }, contestants, settings);
  tables.push(table);
  print(formatBaselineTable(table));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, tables }, null, 2)}\n`);
if (tables.some(({ rows }) => rows.some((row) => 'error' in row))) process.exitCode = 1;
