import { fileURLToPath } from 'node:url';
import type { CorePair } from '../cores.js';
import { HostProcess, peerUrl } from '../host-process.js';
import { BUCKET_MS, type Bucket, backAfter } from './buckets.js';
import type { Case } from './cases.js';
import type { OverloadQuestions, Sample, Work } from './host-protocol.js';
import type { Phase } from './phase.js';

const PROGRAM = fileURLToPath(peerUrl('host', new URL('./', import.meta.url)));
const ANSWER_MS = 60_000;
const CLIENTS = 4;
/** Callers of the closed loop: enough to keep the server busy, and no more, since calls that wait may be refused. */
const CALLERS: Record<Work, number> = { burn: 16, hold: 32 };
/** Times that the capacity is measured after the first one, which warms the server up. */
const CAPACITY_WINDOWS = 5;

export interface OverloadSettings {
  /** Lengths of the phases, `after` at most, and of a measurement of the capacity. */
  readonly seconds: {
    readonly capacity: number;
    readonly before: number;
    readonly overload: number;
    readonly after: number;
  };
  readonly cores: CorePair | undefined;
}

/** Outcomes of a phase, as calls a second. */
export interface PhaseFigures {
  readonly offered: number;
  readonly good: number;
  readonly failed: Record<string, number>;
  /** Medians, over the quarters of a second, of the percentiles of the answered calls. Absent where none was answered. Unit: ms */
  readonly p50?: number;
  readonly p99?: number;
}

export interface OverloadFigures extends Pick<Case, 'name' | 'work'> {
  /** Answers a second in a closed loop: the most of some measurements. */
  readonly capacity: number;
  readonly before: PhaseFigures;
  readonly overload: PhaseFigures;
  /** Methods that the server started during the overload, a second. */
  readonly started: number;
  /** Undefined: the latency did not come back within the time. Unit: ms */
  readonly backAfterMs?: number;
  /** Largest resident memory of the server before the load, and in all. Unit: bytes */
  readonly rssBefore: number;
  readonly rssPeak: number;
  /** 99th percentile of how late the calls were made. Unit: ms */
  readonly lateMs: number;
  readonly buckets: readonly Bucket[];
}

/** Measures the capacity, then half of it, twice of it, and half of it until the latency is back. */
export async function runCase(one: Case, { seconds, cores }: OverloadSettings): Promise<OverloadFigures> {
  const server = new HostProcess<OverloadQuestions>(`${one.name}: server`, [], PROGRAM);
  const callers = new HostProcess<OverloadQuestions>(`${one.name}: callers`, [], PROGRAM);
  try {
    if (cores !== undefined) {
      server.pinTo(cores.server);
      callers.pinTo(cores.client);
    }
    const { port } = await server.ask('serve', { options: one.server }, ANSWER_MS);
    await callers.ask('connect', { port, clients: CLIENTS, work: one.work, options: one.client }, ANSWER_MS);
    const capacities: number[] = [];
    for (let window = 0; window <= CAPACITY_WINDOWS; window++) {
      const question = { callers: CALLERS[one.work], seconds: seconds.capacity };
      capacities.push((await callers.ask('capacity', question, ANSWER_MS)).callsPerSecond);
    }
    // Other work on the machine makes a server slower, and never faster.
    const capacity = Math.max(...capacities);
    const phases: Phase[] = [
      { name: 'before', rate: capacity / 2, seconds: seconds.before },
      { name: 'overload', rate: capacity * 2, seconds: seconds.overload },
      { name: 'after', rate: capacity / 2, seconds: seconds.after },
    ];
    const all = phases.reduce((sum, phase) => sum + phase.seconds, 0);
    const { startedAt, buckets, lateMs } = await callers.ask('run', { phases }, all * 1_000 + ANSWER_MS);
    const { samples, maxRss } = await server.ask('samples', {}, ANSWER_MS);
    const overloadAt = startedAt + seconds.before * 1_000;
    const calm = samples.filter(({ at }) => at <= overloadAt);
    const back = backAfter(buckets);
    return {
      name: one.name,
      work: one.work,
      capacity,
      before: phaseFigures(buckets, 'before'),
      overload: phaseFigures(buckets, 'overload'),
      started: startedIn(samples, overloadAt, overloadAt + seconds.overload * 1_000),
      ...(back !== undefined && { backAfterMs: back }),
      rssBefore: Math.max(...calm.map(({ rss }) => rss)),
      rssPeak: maxRss,
      lateMs,
      buckets,
    };
  } finally {
    await callers.stop();
    await server.stop();
  }
}

function phaseFigures(buckets: readonly Bucket[], name: Phase['name']): PhaseFigures {
  const own = buckets.filter(({ phase }) => phase === name);
  const seconds = (own.length * BUCKET_MS) / 1_000;
  const failed: Record<string, number> = {};
  for (const bucket of own)
    for (const [code, count] of Object.entries(bucket.failed)) failed[code] = (failed[code] ?? 0) + count / seconds;
  const middle = (of: (bucket: Bucket) => number | undefined): number | undefined => {
    const values = own.flatMap((bucket) => of(bucket) ?? []).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  };
  const [p50, p99] = [middle((bucket) => bucket.p50), middle((bucket) => bucket.p99)];
  return {
    offered: own.reduce((sum, { offered }) => sum + offered, 0) / seconds,
    good: own.reduce((sum, { good }) => sum + good, 0) / seconds,
    failed,
    ...(p50 !== undefined && { p50 }),
    ...(p99 !== undefined && { p99 }),
  };
}

/** From the samples next to both ends of the time, since a busy process takes its samples late. */
function startedIn(samples: readonly Sample[], from: number, to: number): number {
  const nearest = (time: number): Sample | undefined =>
    samples.toSorted((a, b) => Math.abs(a.at - time) - Math.abs(b.at - time))[0];
  const [first, last] = [nearest(from), nearest(to)];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return ((last.started - first.started) * 1_000) / (last.at - first.at);
}
