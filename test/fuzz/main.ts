import { parseArgs } from 'node:util';
import { allTransports } from '../transport/conformance/transports.js';
import { campaign } from './live/campaign.js';
import type { Figures } from './live/siege.js';

/**
 * The long run: `npm run fuzz -- --minutes 60 --seed 7`. Every transport has a turn of 20 s, again and again. The first broken
 * promise ends the run with code 1 and the command that repeats the round. `--only 'mutual tls'` takes one transport, `--rounds`
 * bounds the rounds.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const [minutes, seed, rounds] = [values.minutes, values.seed, values.rounds ?? '1e9'].map(Number) as [
  number,
  number,
  number,
];
if (!(minutes > 0 && Number.isInteger(seed) && rounds > 0))
  throw new RangeError('--minutes, --seed and --rounds take numbers above 0');
const transports = allTransports().filter(({ name }) => values.only === undefined || name === values.only);
if (transports.length === 0)
  throw new RangeError(
    `--only takes one of: ${allTransports()
      .map(({ name }) => name)
      .join(', ')}`,
  );

const MIB = 1024 * 1024;
const all = new Map<string, Figures>();
const hooks: (() => unknown)[] = [];
const after = (hook?: unknown): void => void hooks.unshift(hook as () => unknown);
const startedAt = performance.now();

function sum(figure: keyof Figures): number {
  return [...all.values()].reduce((total, figures) => total + figures[figure], 0);
}

function peak(figure: keyof Figures): string {
  return (Math.max(0, ...[...all.values()].map((figures) => figures[figure])) / MIB).toFixed(0);
}

function describe(figure: (name: keyof Figures) => number): string {
  return (
    `${figure('connections')} connections of strangers with ${figure('frames')} frames, ${figure('hostileConnections')} to hostile servers ` +
    `with ${figure('hostileFrames')} frames, ${figure('ownCalls')} calls to these, ${figure('streams')} streams opened, ${figure('served')} good calls served`
  );
}

function print(name: string, figures: Figures): void {
  const memory = [figures.peakRss, figures.peakHeap].map((bytes) => (bytes / MIB).toFixed(0)).join(' and ');
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(
    `${seconds} s, ${name}: ${describe((figure) => figures[figure])}; ${memory} MiB, ${figures.logLines} log lines`,
  );
}

console.log(`seed ${seed}, ${minutes} minutes, over ${transports.map(({ name }) => name).join(', ')}`);
try {
  await campaign(
    { after },
    {
      ...{ transports, seed, rounds, durationMs: minutes * 60_000 },
      onTurn: ({ name }, figures) => {
        all.set(name, figures);
        print(name, figures);
      },
    },
  );
} catch (error) {
  process.exitCode = 1;
  console.error(`FOUND: ${(error as Error).stack}\n${((error as Error).cause as Error | undefined)?.stack ?? ''}`);
}
console.log(`${describe(sum)}; peak ${peak('peakRss')} MiB resident, ${peak('peakHeap')} MiB after a collection`);
for (const hook of hooks) await hook();
process.exit();
