import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CorePair } from './cores.js';
import { type CpuProfile, type SelfTime, selfTimes } from './cpu-profile.js';
import type { Load } from './load.js';
import { type PairResult, PeerPair, type Side } from './peer-pair.js';

/** Finer than Node's 1000: a call takes a few microseconds, and the functions in it some hundred nanoseconds. */
const SAMPLING_INTERVAL_US = 200;

export interface ProfileOptions {
  readonly peer: string;
  readonly sides: readonly Side[];
  readonly load: Load;
  readonly warmUpSeconds: number;
  readonly cores: CorePair | undefined;
  /** Where the profiles go; made if it is not there. */
  readonly folder: string;
}

export interface ProfileResult {
  readonly result: PairResult;
  readonly profiles: readonly { readonly side: Side; readonly file: string; readonly selfTimes: readonly SelfTime[] }[];
}

/**
 * Runs one peer under Node's `--cpu-prof`. The profile covers the life of the process, start and warm-up included;
 * the calls/s include the profiler's cost and compare with nothing.
 */
export async function profilePeer(options: ProfileOptions, url: string): Promise<ProfileResult> {
  mkdirSync(options.folder, { recursive: true });
  const fileName = (side: Side) => `${options.peer}-${side}.cpuprofile`;
  const profilerArgs = (side: Side) => [
    '--cpu-prof',
    `--cpu-prof-dir=${options.folder}`,
    `--cpu-prof-name=${fileName(side)}`,
    `--cpu-prof-interval=${SAMPLING_INTERVAL_US}`,
  ];
  const pair = await PeerPair.start(options.peer, url, {
    cores: options.cores,
    nodeArgs: (side) => (options.sides.includes(side) ? profilerArgs(side) : []),
  });
  let result: PairResult;
  try {
    await pair.run({ ...options.load, seconds: options.warmUpSeconds });
    result = await pair.run(options.load);
  } finally {
    await pair.stop(); // the profiles are written as the processes end
  }
  const profiles = options.sides.map((side) => {
    const file = path.join(options.folder, fileName(side));
    return { side, file, selfTimes: selfTimes(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile) };
  });
  return { result, profiles };
}

/** `file:///repo/dist/index.js:12` as `dist/index.js:12`, from the working directory. */
export function shortPlace(place: string): string {
  return place.startsWith('file:') ? path.relative('', fileURLToPath(place)) : place;
}
