import { parseArgs } from 'node:util';
import { TRANSPORTS } from '../behaviour/support.js';
import { growth } from './growth.js';
import { runEnds } from './run.js';

/**
 * The long run: `npm run test:stream-ends -- --count 100000`. Opens and ends so many streams in all ways, half of them over each
 * transport. Prints the sizes of the heap, and ends with code 1 where the heap grows.
 */
const { values } = parseArgs({ options: { count: { type: 'string', default: '100000' } } });
const count = Number(values.count);
if (!Number.isInteger(count) || count < 1_000) throw new RangeError('--count takes a whole number from 1000');

const SAMPLES = 10;
const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(2);

const cleanings: (() => unknown)[] = [];
const scope = { after: (work: () => unknown): void => void cleanings.unshift(work) };
try {
  for (const transport of TRANSPORTS) {
    const startedAt = performance.now();
    const onSample = (streams: number, heap: number): void =>
      console.log(`  ${transport} ${String(streams).padStart(7)} streams: heap ${mebibytes(heap)} MiB`);
    const ended = await runEnds(scope, { transport, count: count / TRANSPORTS.length, samples: SAMPLES, onSample });
    const streams = [...ended.ends.values()].reduce((sum, each) => sum + each, 0);
    const grown = growth(ended.heap, streams);
    console.log(
      `${transport}: ${streams} streams ended in ${ended.ends.size} ways, ${ended.begun} generators begun, ` +
        `${ended.begun - ended.finished} left, ${grown.perStream.toFixed(1)} bytes of heap a stream, ` +
        `${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
    );
    if (grown.isLeak) {
      console.log(`  VIOLATION the heap has grown by ${mebibytes(grown.bytes)} MiB`);
      process.exitCode = 1;
    }
  }
} finally {
  for (const clean of cleanings) await clean();
}
