import type { TransportName } from '../../lib/server-info.js';
import { until } from '../support/until.js';
import { RESULT_WAYS } from './result-ways.js';
import { UPLOAD_WAYS } from './upload-ways.js';
import type { Way } from './way.js';
import { type Scope, World } from './world.js';

export const WAYS: readonly Way[] = [...RESULT_WAYS, ...UPLOAD_WAYS];

export interface Ended {
  /** Streams that were opened and have ended, by the way. */
  readonly ends: ReadonlyMap<string, number>;
  /** Generators that have begun, and those that have run their `finally`. */
  readonly begun: number;
  readonly finished: number;
  /** Size of the heap after collections, at equal distances. Unit: bytes */
  readonly heap: readonly number[];
}

export interface EndsOptions {
  readonly transport: TransportName;
  /** Streams. */
  readonly count: number;
  /** Streams that are opened at once, all in one way. @default 100 */
  readonly batch?: number;
  /** Time in which generators and streams are gone whose ends were seen. Unit: ms. @default 60_000 */
  readonly patience?: number;
  /** Sizes of the heap that are taken, at equal distances. */
  readonly samples: number;
  /** Called with each size of the heap, after so many streams. */
  onSample?(streams: number, heap: number): void;
  /** @default all */
  readonly ways?: readonly Way[];
}

/**
 * Opens and ends streams in all ways, one way after the other. Rejects where a stream ends otherwise than its way says, where a
 * generator does not run its `finally`, and where an object of a stream that is over is not freed.
 */
export async function runEnds(scope: Scope, options: EndsOptions): Promise<Ended> {
  const { transport, count, samples, batch = 100, patience = 60_000, ways = WAYS } = options;
  const world = await World.start(scope, transport);
  const { census } = world;
  const ends = new Map<string, number>();
  const heap: number[] = [];
  let opened = 0;
  for (let turn = 0; opened < count; turn++) {
    const way = ways[turn % ways.length] as Way;
    const many = Math.min(batch, count - opened);
    await runBatch(world, way, many, patience);
    opened += many;
    ends.set(way.name, (ends.get(way.name) ?? 0) + many);
    if (opened < ((heap.length + 1) * count) / samples) continue;
    heap.push(await allFreed(world, patience));
    options.onSample?.(opened, heap.at(-1) as number);
  }
  return { ends, begun: census.begun, finished: census.finished, heap };
}

async function runBatch(world: World, way: Way, many: number, timeoutMs: number): Promise<void> {
  const { census } = world;
  try {
    await way.run(world, many);
    world.later.happen();
    await until(() => census.running <= 0, { what: 'the finally of each generator', timeoutMs });
    if (census.running < 0) throw new Error('a generator has finished twice');
  } catch (error) {
    const state = `${census.begun} generators begun, ${census.finished} finished`;
    throw new Error(`${way.name}, over ${world.transport}: ${(error as Error).message} (${state})`, { cause: error });
  }
}

/** Waits until all generators and streams are freed. Returns the size of the heap. */
async function allFreed({ census, transport }: World, timeoutMs: number): Promise<number> {
  let heap = 0;
  const isFreed = async (): Promise<boolean> => {
    heap = await census.collect();
    return census.alive === 0;
  };
  await until(isFreed, { what: `the last of ${census.alive} objects to be freed`, timeoutMs }).catch((error) => {
    throw new Error(`over ${transport}: ${error.message}; ${census.alive} are alive`);
  });
  return heap;
}
