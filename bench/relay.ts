/**
 * Measures relayed calls: `npm run bench:relay -- [options]`. A server, a process that leads shared mailboxes, and a caller whose calls pass that
 * process, beside a caller that is connected to the server itself, and one whose bytes pass a process that does not read them. The CPU time of all
 * processes for a call is the figure to believe.
 *
 *   --in-flight 64,1   calls in flight                                (512,64,1)
 *   --payload a,b      small, 10k, cjk, buffer, mib                    (small)
 *   --rounds n         rounds of each way                              (16)
 *   --seconds n        length of a round                               (0.6)
 *   --against path     another build too: a tarball, or a folder that is built
 *   --profile          relayed calls alone: functions of each process by their own time, for the first --in-flight
 *   --json             the result as JSON
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildAt, ownBuild } from './build.js';
import { findCorePair } from './cores.js';
import { type CpuProfile, selfTimes } from './cpu-profile.js';
import { describeEnvironment } from './environment.js';
import type { Load } from './load.js';
import { PAYLOADS, type PayloadName } from './payload.js';
import { shortPlace } from './profile.js';
import { Chain, type ChainRound, profileOf, type Way } from './relay/chain.js';
import { formatRelayTable, type RelayRow, relayRows } from './relay/report.js';
import { formatEnvironment } from './report.js';
import { rotated } from './scenario.js';

/** Every so many rounds all processes are started anew: what V8 makes of the same code differs from process to process. */
const ROUNDS_PER_START = 4;
const WARM_UP_SECONDS = 0.8;
const PROFILE_SECONDS = 12;
const PROFILE_LINES = 25;

const { values } = parseArgs({
  options: {
    'in-flight': { type: 'string', default: '512,64,1' },
    payload: { type: 'string', default: 'small' },
    rounds: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '0.6' },
    against: { type: 'string' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const cores = findCorePair();
const environment = describeEnvironment();
const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n\n`);
};

const own = ownBuild();
const other = values.against === undefined ? undefined : buildAt(values.against);
const WAYS: readonly Way[] = [
  { name: 'direct', build: own, through: 'nothing' },
  { name: 'direct, again', build: own, through: 'nothing' },
  { name: 'relayed', build: own, through: 'mailboxes' },
  { name: 'relayed, again', build: own, through: 'mailboxes' },
  { name: 'bytes alone', build: own, through: 'pipe' },
  ...(other === undefined
    ? []
    : [
        { name: 'other, direct', build: other, through: 'nothing' } as const,
        { name: 'other, relayed', build: other, through: 'mailboxes' } as const,
      ]),
];
const loads = values.payload
  .split(',')
  .flatMap((payload) =>
    values['in-flight']
      .split(',')
      .map((inFlight): Load => ({ payload: payload as PayloadName, inFlight: Number(inFlight), seconds })),
  );

print(formatEnvironment(environment));
if (values.profile) await profile(loads[0] as Load);
else await compare();

async function compare(): Promise<void> {
  print(
    `${rounds} rounds of ${seconds} s each, in turn; new processes every ${ROUNDS_PER_START} rounds; every reply checked`,
  );
  const tables: (Omit<Load, 'seconds'> & { rows: RelayRow[] })[] = [];
  for (const load of loads) {
    const { payload, inFlight } = load;
    const names = WAYS.map(({ name }) => name);
    const rows = relayRows(names, await measure(load));
    tables.push({ payload, inFlight, rows });
    print(formatRelayTable(`${PAYLOADS[payload]}, ${inFlight} in flight`, rows));
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ environment, rounds, seconds, tables }, null, 2)}\n`);
}

/** Rounds of each way, in the order of {@link WAYS}. */
async function measure(load: Load): Promise<ChainRound[][]> {
  const found = WAYS.map((): ChainRound[] => []);
  for (let done = 0; done < rounds; done += ROUNDS_PER_START) {
    const chains: Chain[] = [];
    try {
      for (const way of WAYS) chains.push(await Chain.start(way, { cores }));
      for (const chain of chains) await chain.run({ ...load, seconds: WARM_UP_SECONDS });
      for (let round = done; round < Math.min(rounds, done + ROUNDS_PER_START); round++)
        for (const [at, chain] of rotated([...chains.entries()], round)) found[at]?.push(await chain.run(load));
    } finally {
      for (const chain of chains) await chain.stop();
    }
  }
  return found;
}

async function profile(load: Load): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-relay-'));
  const chain = await Chain.start({ name: 'relayed', build: own, through: 'mailboxes' }, { cores, profiles: folder });
  try {
    await chain.run({ ...load, seconds: WARM_UP_SECONDS });
    await chain.run({ ...load, seconds: PROFILE_SECONDS });
  } finally {
    await chain.stop(); // the profiles are written as the processes end
  }
  for (const role of ['caller', 'relay', 'server'] as const) {
    const file = profileOf(folder, role);
    const lines = selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile)
      .slice(0, PROFILE_LINES)
      .map(({ name, place, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${name}  ${shortPlace(place)}`);
    print([`${role}: ${file}`, 'self time, idle time left out', ...lines].join('\n'));
  }
}
