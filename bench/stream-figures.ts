/**
 * Figures of streams beside their throughput: `npm run bench:stream-figures -- [options]`. Ends with 1 where a goal is missed.
 *
 *   --only a,b       break, latency, memory (all)
 *   --rounds n       rounds of the plain calls (5)
 *   --no-pin         let the scheduler place the processes
 */
import { parseArgs } from 'node:util';
import { findCorePair } from './cores.js';
import { describeEnvironment } from './environment.js';
import { formatEnvironment } from './report.js';
import { FIGURES } from './stream-figures/figures.js';
import { FigurePair } from './stream-figures/pair.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(FIGURES).join(',') },
    rounds: { type: 'string', default: '5' },
    'no-pin': { type: 'boolean', default: false },
  },
});
const cores = values['no-pin'] ? undefined : findCorePair();
process.stdout.write(`${formatEnvironment(describeEnvironment())}\n\n`);
for (const name of values.only.split(',')) {
  const figure = FIGURES[name];
  if (figure === undefined) throw new Error(`--only: there is no ${name}, but ${Object.keys(FIGURES).join(', ')}`);
  const pair = await FigurePair.start(cores);
  try {
    const { text, isMet } = await figure(pair, Number(values.rounds));
    process.stdout.write(`${text}\n${isMet ? 'met' : 'MISSED'}\n\n`);
    if (!isMet) process.exitCode = 1;
  } finally {
    await pair.stop();
  }
}
