/**
 * The bytes of heap that a call costs, at each end:
 *
 *     npm run heap                 compares with bench/heap-figures.json; ends with code 1 where a call costs more
 *     npm run heap -- --write      writes what was measured into that file, for this major version of Node
 *     npm run heap -- --against x  compares with another build, a tarball or the folder of a built package
 *
 * Time depends on whatever else the machine does; what a call allocates does not. Both ends have a young generation so
 * large that no garbage is collected while calls are counted, and V8 compiles on the main thread, after the same number
 * of calls in each run. What repeats then repeats within a percent, on a busy machine too.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildAt, ownBuild } from './build.js';
import { formatFinding, type HeapFigures, type HeapFiguresByNode, judge } from './heap-guard.js';
import { peerUrl } from './host-process.js';
import { PeerPair, type Side } from './peer-pair.js';
import { spreadOf } from './statistics.js';

const FIGURES = new URL('../bench/heap-figures.json', import.meta.url);
const PEER = peerUrl('mailstation', new URL('./peers/', import.meta.url));

const IN_FLIGHT = [1, 64];
/** V8 has compiled the whole path for good by then. */
const WARM_UP_CALLS = 40_960;
/** At 3 KB a call far less than the young generation holds. */
const CALLS = 8_192;
/** The first one is not counted: the full collection before it makes V8 fetch some things anew. */
const WINDOWS = 8;

const YOUNG_GENERATION_MB = 128;
const NODE_FLAGS = [
  '--expose-gc',
  `--min-semi-space-size=${YOUNG_GENERATION_MB}`,
  `--max-semi-space-size=${YOUNG_GENERATION_MB}`,
  '--single-threaded',
];

async function measureAt(inFlight: number, build: string): Promise<Record<Side, number>> {
  const load = { inFlight, payload: 'small' } as const;
  const pair = await PeerPair.start('mailstation', `${PEER}?build=${encodeURIComponent(build)}`, {
    nodeArgs: () => NODE_FLAGS,
  });
  try {
    await pair.count({ ...load, calls: WARM_UP_CALLS });
    const windows: Record<Side, number>[] = [];
    for (let i = 0; i < WINDOWS; i++) windows.push(await pair.allocated({ ...load, calls: CALLS }));
    const perCall = (side: Side) => spreadOf(windows.slice(1).map((window) => window[side] / CALLS)).median;
    return { client: Math.round(perCall('client')), server: Math.round(perCall('server')) };
  } finally {
    await pair.stop();
  }
}

async function measure(build: string): Promise<HeapFigures> {
  const figures: Record<string, HeapFigures[string]> = {};
  for (const inFlight of IN_FLIGHT) figures[`${inFlight} in flight`] = await measureAt(inFlight, build);
  return figures;
}

const { values: given } = parseArgs({ options: { write: { type: 'boolean' }, against: { type: 'string' } } });
const major = process.versions.node.split('.')[0] ?? '';
const known: HeapFiguresByNode = existsSync(FIGURES) ? JSON.parse(readFileSync(FIGURES, 'utf8')) : {};

const expected = given.against === undefined ? known[major] : await measure(buildAt(given.against));
const measured = await measure(ownBuild());

console.log(`bytes of heap a call, node ${process.version}      measured  expected`);
const findings = judge(measured, expected);
for (const finding of findings) console.log(formatFinding(finding));
if (given.write === true) {
  writeFileSync(FIGURES, `${JSON.stringify({ ...known, [major]: measured }, null, 2)}\n`);
  console.log(`written for Node ${major}`);
} else if (findings.some(({ verdict }) => verdict === 'above')) {
  process.exitCode = 1;
}
