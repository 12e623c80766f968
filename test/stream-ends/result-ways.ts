import assert from 'node:assert/strict';
import { drain, each, failsWith, open, openAt, openWith, type Stream, take, type Way } from './way.js';
import type { World } from './world.js';

/** Time after which streams end that are bounded. Unit: ms */
const SHORT_MS = 40;
/** More items than the window has. */
const MANY = 20;

/** Streams that run, stall, and have ended without being read, at the methods of one server. */
async function openMixed(world: World, calls: World['calls'], many: number): Promise<Stream[]> {
  const kinds = ['endless', 'stalls', 'counts', 'deaf'];
  return await Promise.all(
    Array.from({ length: many }, async (_, index) => {
      const stream = openAt(world, calls, 'items', {}, kinds[index % kinds.length], MANY - (index % 2));
      await take(stream, 1);
      return stream;
    }),
  );
}

/** The items that have arrived, and then one error, or the end of those that had ended. */
async function endsWith(streams: readonly Stream[], ...codes: string[]): Promise<void> {
  await Promise.all(streams.map((stream) => failsWith(drain(stream), ...codes)));
}

async function failOver(world: World, many: number): Promise<void> {
  await world.connected('pair-1');
  const { arrived, gate, links } = world;
  const options = { failMode: 'failover', idempotent: true };
  const items = Array.from({ length: many }, () => openAt(world, world.pairCalls, 'gated', options, 3));
  const ends = Promise.all(items.map(drain));
  await world.arrivals(arrived, many);
  links.pair.reset();
  // The generators of the lost connection never yield; those that took their place do.
  await world.arrivals(arrived, many + Math.floor(many / 2));
  gate.happen();
  for (const read of await ends) assert.equal(read, 3);
}

async function dieWithConnection(world: World, many: number): Promise<void> {
  const streams = await openMixed(world, world.calls, many);
  world.links.main.reset();
  await endsWith(streams, 'ERR_RPC_CONNECTION_LOST', 'resolved with 18', 'resolved with 19');
}

async function dieWithClient(world: World, many: number): Promise<void> {
  const { client, calls } = await world.extraClient();
  const streams = await openMixed(world, calls, many);
  await client.stop(true);
  await endsWith(streams, 'ERR_RPC_CLOSED', 'resolved with 18', 'resolved with 19');
}

/** `force`: the server stops at once. Otherwise the streams have a moment to end. */
function stopServer(force: boolean): Way['run'] {
  return async (world, many) => {
    const { server, calls, leave } = await world.extraServer(SHORT_MS);
    const streams = await openMixed(world, calls, many);
    const stopped = server.stop(force);
    const codes = ['ERR_RPC_STOPPING', 'ERR_RPC_CONNECTION_LOST', 'resolved with 18', 'resolved with 19'];
    // The window of those that count is full: they are read on while the server drains.
    await Promise.all([stopped, endsWith(streams, ...codes)]);
    await leave();
  };
}

/** A stream whose generator throws after some items. */
function throwing(items: number): (world: World) => Promise<void> {
  return async (world) => {
    const stream = open(world, 'items', 'throws', items);
    await take(stream, items);
    await failsWith(stream.next(), 'ERR_RPC_REMOTE');
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  };
}

/** Ends of streams of results. */
export const RESULT_WAYS: readonly Way[] = [
  each('read to its end', async (world) => {
    assert.equal(await drain(open(world, 'items', 'counts', MANY)), MANY);
  }),
  each('break', async (world) => {
    for await (const item of open(world, 'items', 'endless')) if (item === 3) break;
  }),
  each('return() at once', async (world) => void (await open(world, 'items', 'endless').return?.())),
  each('return() after items', async (world) => {
    const stream = open(world, 'items', 'endless');
    await take(stream, 2);
    await stream.return?.();
    assert.equal((await stream.next()).done, true);
  }),
  each('throw()', async (world) => {
    const stream = open(world, 'items', 'endless');
    await take(stream, 2);
    await assert.rejects(async () => stream.throw?.(new Error('mine')), { message: 'mine' });
  }),
  each('a Readable and a ReadableStream that are left', async (world, index) => {
    const stream = open(world, 'items', 'endless');
    const items = index % 2 === 0 ? stream.toReadable() : stream.toWeb();
    for await (const item of items as AsyncIterable<unknown>) if (item === 3) break;
  }),
  each('a signal after items', async (world) => {
    const controller = new AbortController();
    const stream = openWith(world, { signal: controller.signal }, 'items', 'endless');
    await take(stream, 2);
    controller.abort();
    await failsWith(stream.next(), 'ERR_RPC_CANCELLED');
  }),
  each('a signal before the first item', async (world, index) => {
    const controller = new AbortController();
    if (index % 3 === 0) controller.abort();
    const next = openWith(world, { signal: controller.signal }, 'items', 'stalls', 0).next();
    if (index % 3 === 1) await world.calls['plain'](null);
    controller.abort();
    await failsWith(next, 'ERR_RPC_CANCELLED');
  }),
  each('a deadline of the whole, unread', async (world) => {
    const stream = openWith(world, { timeout: SHORT_MS }, 'items', 'endless');
    await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_MS));
    await failsWith(drain(stream), 'ERR_RPC_TIMEOUT');
  }),
  each('a deadline before the first item of a generator that never yields', async (world) => {
    await failsWith(openWith(world, { timeout: SHORT_MS }, 'items', 'stalls', 0).next(), 'ERR_RPC_TIMEOUT');
  }),
  each('idleTimeout', async (world) => {
    // A wait for the first item is none between items: the timeout of the client bounds it.
    await failsWith(drain(openWith(world, { idleTimeout: SHORT_MS }, 'items', 'stalls', 2)), 'ERR_RPC_TIMEOUT');
  }),
  each('a generator that throws before its items', throwing(0)),
  each('a generator that throws between items', throwing(3)),
  each('a generator that throws behind a full window', throwing(8)),
  each('an item that cannot be carried', async (world, index) => {
    const stream = open(world, 'items', 'odd', index % 3);
    await take(stream, index % 3);
    await failsWith(stream.next(), 'ERR_RPC_ENCODE');
  }),
  each('a generator that waits for something else at return()', async (world) => {
    const stream = open(world, 'items', 'deaf', 2);
    await take(stream, 2);
    await stream.return?.();
  }),
  each('an iterator that answers return() with a further item', async (world) => {
    const stream = open(world, 'items', 'stubborn');
    await take(stream, 2);
    await stream.return?.();
  }),
  each('a generator that never ends', async (world) => {
    const stream = open(world, 'items', 'lost', 2);
    await take(stream, 2);
    await stream.return?.();
  }),
  each('a reader that stops reading, and leaves', async (world, index) => {
    const stream = open(world, 'items', index % 2 === 0 ? 'endless' : 'counts', MANY);
    await take(stream, 1);
    await new Promise((resolve) => setTimeout(resolve, SHORT_MS));
    await stream.return?.();
  }),
  { name: 'the death of the connection', run: dieWithConnection },
  { name: 'a client that stops', run: dieWithClient },
  { name: 'a server that stops after drainTimeout', run: stopServer(false) },
  { name: 'a server that stops at once', run: stopServer(true) },
  { name: 'another server before the first item', run: failOver },
  each('a call without .stream', async (world) => {
    await failsWith(world.calls['items'](null, 'endless'), 'ERR_RPC_NEEDS_STREAM');
  }),
  each('a method without a stream', async (world) => failsWith(open(world, 'plain').next(), 'ERR_RPC_NO_STREAM')),
];
