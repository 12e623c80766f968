/**
 * Measures values of a shared client on their way to many Followers: `npm run bench:fan-out -- [options]`. One Leader in a process, all
 * Followers in another, beside cluster-client and a bare loop that writes frames of the same size and reads no answer.
 *
 *   --followers n      Followers                                        (50)
 *   --bursts 1,32      values in a turn of the event loop, as fast as possible
 *   --rates 200        values a second
 *   --rounds n         rounds of each peer                              (12)
 *   --seconds n        length of a round                                (1)
 *   --against path     another build too: a tarball, or a folder that is built
 *   --json             the result as JSON
 */
import { parseArgs } from 'node:util';
import { buildAt, ownBuild } from './build.js';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { Pair, type Round } from './fan-out/pair.js';
import type { Pace } from './fan-out/process.js';
import { formatEnvironment } from './report.js';
import { ratioRange, spreadOf } from './statistics.js';

const { values } = parseArgs({
  options: {
    followers: { type: 'string', default: '50' },
    bursts: { type: 'string', default: '1,32' },
    rates: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '1' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const followers = Number(values.followers);
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const print = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n`);
};

const peers: [name: string, peer: string][] = [
  ['mailstation', ownBuild()],
  ['mailstation, again', ownBuild()],
  ...(values.against === undefined ? [] : [['the other build', buildAt(values.against)] as [string, string]]),
  ['cluster-client', 'cluster-client'],
  ['bare loop', 'bare'],
];
const cores = findCorePair();
const environment = describeEnvironment();
print(`${formatEnvironment(environment)}\n`);
const tables: Record<string, Record<string, Round[]>> = {};
const numbersOf = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const paces: [title: string, pace: Pace][] = [
  ...numbersOf(values.bursts).map((burst): [string, Pace] => [`as fast as possible, ${burst} in a turn`, { burst }]),
  ...numbersOf(values.rates).map((rate): [string, Pace] => [`${rate} values a second`, { rate }]),
];
for (const [title, pace] of paces) {
  const table = await measure(pace);
  tables[title] = table;
  print(format(title, table));
}
if (values.json) process.stdout.write(`${JSON.stringify({ environment, followers, seconds, tables }, null, 2)}\n`);

/** Rounds of all peers in turns; the first of each warms up, and is not counted. */
async function measure(pace: Pace): Promise<Record<string, Round[]>> {
  const pairs: Pair[] = [];
  const found: Record<string, Round[]> = {};
  try {
    for (const [name, peer] of peers) pairs.push(await Pair.start(name, peer, followers, cores));
    for (const pair of pairs) await pair.run(seconds, pace);
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < pairs.length; turn++) {
        const pair = pairs[(round + turn) % pairs.length] as Pair;
        found[pair.name] = [...(found[pair.name] ?? []), await pair.run(seconds, pace)];
      }
    }
  } finally {
    for (const pair of pairs) pair.stop();
  }
  return found;
}

function format(title: string, table: Record<string, Round[]>): string {
  const all = Object.entries(table);
  const cpuOf = (of: readonly Round[]): number[] => of.map(({ leaderUs, followersUs }) => leaderUs + followersUs);
  const rateOf = (of: readonly Round[]): number[] => of.map((round) => round.deliveries / round.seconds);
  const base = table['mailstation'] as Round[];
  const cell = (text: string, width = 18): string => text.padStart(width);
  const head = ['Leader us', 'Followers us', 'both us', 'cpu ratio', 'deliveries/s', 'ratio'].map((each) => cell(each));
  const lines = all.map(([name, each]) => {
    const cpu = ratioRange(cpuOf(each), cpuOf(base));
    const speed = ratioRange(rateOf(each), rateOf(base));
    const figure = (of: readonly number[], digits: number): string => spreadOf(of).median.toFixed(digits);
    const range = ({ median, low, high }: typeof cpu): string =>
      `${median.toFixed(2)} (${low.toFixed(2)} - ${high.toFixed(2)})`;
    return [
      name.padEnd(20),
      cell(
        figure(
          each.map(({ leaderUs }) => leaderUs),
          2,
        ),
      ),
      cell(
        figure(
          each.map(({ followersUs }) => followersUs),
          2,
        ),
      ),
      cell(figure(cpuOf(each), 2)),
      cell(range(cpu)),
      cell(figure(rateOf(each), 0)),
      cell(range(speed)),
    ].join(' ');
  });
  return `${followers} Followers, ${title}; medians, ratios to mailstation of the same round with their middle half\n${[`${' '.repeat(20)} ${head.join(' ')}`, ...lines].join('\n')}\n`;
}
