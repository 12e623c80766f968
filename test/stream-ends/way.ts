import assert from 'node:assert/strict';
import type { Calls, World } from './world.js';

/** A way in which a stream ends. */
export interface Way {
  readonly name: string;
  /** Opens so many streams, and resolves when each of them has ended for its caller as it should. */
  run(world: World, many: number): Promise<void>;
}

/** The stream of a method as its reader has it. */
export type Stream = AsyncIterableIterator<unknown> & {
  readonly delivered: number;
  toReadable(): AsyncIterable<unknown>;
  toWeb(): ReadableStream<unknown>;
};

/** A way that is the same for each of many streams, all at once. */
export function each(name: string, one: (world: World, index: number) => Promise<void>): Way {
  return {
    name,
    run: async (world, many) => {
      await Promise.all(Array.from({ length: many }, (_, index) => one(world, index)));
    },
  };
}

/** Calls a method that streams. */
export function open(world: World, method: string, ...args: unknown[]): Stream {
  return openAt(world, world.calls, method, {}, ...args);
}

/** The same with options of the call. */
export function openWith(world: World, options: object, method: string, ...args: unknown[]): Stream {
  return openAt(world, world.calls, method, options, ...args);
}

export function openAt(world: World, calls: Calls, method: string, options: object, ...args: unknown[]): Stream {
  return world.census.track(calls[method].with(options).stream(null, ...args));
}

/** Reads so many items. */
export async function take(stream: Stream, items: number): Promise<void> {
  for (let i = 0; i < items; i++) assert.deepEqual(await stream.next(), { done: false, value: i });
}

/** Reads to the end, and returns the number of items. */
export async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let items = 0;
  for await (const _ of stream) items += 1;
  return items;
}

/** The promise rejects with one of these codes. */
export async function failsWith(promise: Promise<unknown>, ...codes: string[]): Promise<void> {
  const outcome = await promise.then(
    (value) => `resolved with ${JSON.stringify(value)}`,
    ({ code }) => String(code),
  );
  assert.ok(codes.includes(outcome), `${outcome}, not ${codes.join(' or ')}`);
}
