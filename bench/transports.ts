/**
 * Compares the transports: `npm run bench:transports -- [options]`. Each transport is measured against tcp in one run, with 1
 * and with 64 calls in flight. Further tables have what a bare loop over the same transport gives, which is the limit of ours, and
 * the effect of permessage-deflate.
 *
 *   --transports a,b   transports beside tcp            (unix,tls,ws,wss)
 *   --in-flight 1,64   calls in flight                  (64,1)
 *   --payload a,b      small, 10k                       (small)
 *   --rounds n         rounds of each                   (12)
 *   --seconds n        length of a round                (0.5)
 *   --no-limits        leave out the tables on bare loops
 *   --no-deflate       leave out the table on permessage-deflate
 *   --json             the result as JSON
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BaselineTable, runAgainstBaseline } from './baseline.js';
import { formatBaselineSettings, formatBaselineTable, type GoalOf } from './baseline-report.js';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { peerUrl } from './host-process.js';
import type { PayloadName } from './payload.js';
import { makeCertificate, TRANSPORTS } from './places.js';
import { formatEnvironment } from './report.js';
import type { Contestant, Scenario } from './scenario.js';

const HOST = '127.0.0.1';
const PEERS = new URL('./peers/', import.meta.url);
/** Name of the second row of a table: the first one once more. */
const AGAIN = 'again';

const { values } = parseArgs({
  options: {
    transports: { type: 'string', default: TRANSPORTS.slice(1).join(',') },
    'in-flight': { type: 'string', default: '64,1' },
    payload: { type: 'string', default: 'small' },
    rounds: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '0.5' },
    'no-limits': { type: 'boolean', default: false },
    'no-deflate': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUpSeconds: 0.6,
  cores: findCorePair(),
};

/** Goals for the ratio of calls/s to tcp, with small calls. */
const GOALS: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  unix: { 1: 1.1, 64: 1 },
  tls: { 64: 0.75 },
  ws: { 64: 0.6 },
};
const goalOf: GoalOf = (row, { payload, inFlight }) => (payload === 'small' ? GOALS[row]?.[inFlight] : undefined);

function scenarios(payloads: string, inFlights: string): Scenario[] {
  return payloads
    .split(',')
    .flatMap((payload) =>
      inFlights.split(',').map((inFlight) => ({ payload: payload as PayloadName, inFlight: Number(inFlight) })),
    );
}

/** A folder for each contestant: two servers cannot have one socket. */
function transport(name: string, title: string, folder: string): Contestant {
  const query = new URLSearchParams({ transport: name, folder });
  return { name: title, url: `${peerUrl('mailstation', PEERS)}?${query}` };
}

function loop(name: string, title = name, query = ''): Contestant {
  return { name: title, url: `${peerUrl(name, PEERS)}${query}` };
}

const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
try {
  makeCertificate(folder, HOST);
  const others = values.transports.split(',');
  const transports = ['tcp', 'tcp', ...others].map((name, at) => transport(name, at === 1 ? AGAIN : name, folder));
  const loops = [loop('limit-ws'), loop('limit-ws', AGAIN), loop('limit-ws-deflate')];
  const inFolder = `?${new URLSearchParams({ folder })}`;
  const limits = [
    loop('limit-json-early', 'limit tcp'),
    loop('limit-json-early', AGAIN),
    ...['unix', 'tls'].map((name) => loop(`limit-${name}`, `limit ${name}`, inFolder)),
  ];
  const environment = describeEnvironment();
  const print = (text: string): void => {
    if (!values.json) process.stdout.write(`${text}\n\n`);
  };
  print(formatEnvironment(environment));
  print(formatBaselineSettings(settings));

  const tables: BaselineTable[] = [];
  const run = async (scenario: Scenario, contestants: readonly Contestant[]): Promise<void> => {
    const table = await runAgainstBaseline(scenario, contestants, settings);
    tables.push(table);
    print(formatBaselineTable(table, goalOf));
  };
  for (const scenario of scenarios(values.payload, values['in-flight'])) await run(scenario, transports);
  if (!values['no-limits']) {
    print('a bare loop over each transport, in JSON');
    for (const scenario of scenarios(values.payload, values['in-flight'])) await run(scenario, limits);
  }
  if (!values['no-deflate']) {
    print('permessage-deflate: a loop over WebSockets with and without it');
    for (const scenario of scenarios('small,10k', '64,1')) await run(scenario, loops);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ environment, settings, tables }, null, 2)}\n`);
  if (tables.some(({ rows }) => rows.some((row) => 'error' in row))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
