/**
 * Measures what tracing and metrics of OpenTelemetry cost a call: `npm run bench:otel -- [options]`. Each row is measured against a build
 * without either in one run; the second row is the same build once more. Spans go to a processor that drops them, so that no exporter is measured.
 *
 *   --in-flight 1,64   calls in flight        (64)
 *   --rounds n         rounds of each         (12)
 *   --seconds n        length of a round      (0.5)
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

const PEERS = new URL('./peers/', import.meta.url);
/** Parts that are on, by the name of the row. */
const ROWS: readonly (readonly [name: string, on: string])[] = [
  ['off', ''],
  ['off, again', ''],
  ['no SDK', 'traces,metrics'],
  ['metrics', 'sdk,metrics'],
  ['traces, none kept', 'sdk,traces,unsampled'],
  ['traces', 'sdk,traces'],
  ['traces, metrics', 'sdk,traces,metrics'],
];

const { values } = parseArgs({
  options: {
    'in-flight': { type: 'string', default: '64' },
    rounds: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '0.5' },
    json: { type: 'boolean', default: false },
  },
});
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUpSeconds: 0.6,
  cores: findCorePair(),
};
const contestants = ROWS.map(
  ([name, on]): Contestant => ({ name, url: `${peerUrl('mailstation-otel', PEERS)}?${new URLSearchParams({ on })}` }),
);
const environment = describeEnvironment();
const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};
print(formatEnvironment(environment));
print(formatBaselineSettings(settings));
const tables: BaselineTable[] = [];
for (const inFlight of values['in-flight'].split(',')) {
  const table = await runAgainstBaseline({ payload: 'small', inFlight: Number(inFlight) }, contestants, settings);
  tables.push(table);
  print(formatBaselineTable(table));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, tables }, null, 2)}\n`);
if (tables.some(({ rows }) => rows.some((row) => 'error' in row))) process.exitCode = 1;
