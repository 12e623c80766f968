import assert from 'node:assert/strict';
import { until } from '../support/until.js';
import type { Kind } from './sources.js';
import { each, failsWith, openWith, take, type Way } from './way.js';
import type { Calls, World } from './world.js';

/** Time after which calls end that are bounded. Unit: ms */
const SHORT_MS = 40;

const KINDS: readonly Kind[] = ['endless', 'stalls', 'deaf'];

/** Calls a method with an upload. */
function send(world: World, method: string, kind: Kind, items = 3, options: object = {}): Promise<unknown> {
  return sendAt(world, world.calls, method, kind, items, options);
}

function sendAt(world: World, calls: Calls, method: string, kind: Kind, items: number, options: object = {}) {
  return calls[method].with({ ...options, stream: world.source(kind, items) })(null) as Promise<unknown>;
}

/** Uploads that methods read, or that wait for methods that read no more. */
async function sendMixed(world: World, calls: Calls, many: number): Promise<Promise<unknown>[]> {
  const { arrived } = world;
  const sent = Array.from({ length: many }, (_, index) =>
    sendAt(world, calls, index % 2 === 0 ? 'holds' : 'read', KINDS[index % KINDS.length] as Kind, 3),
  );
  for (const call of sent) call.catch(() => {});
  await world.arrivals(arrived, many);
  return sent;
}

async function endWith(calls: readonly Promise<unknown>[], ...codes: string[]): Promise<void> {
  await Promise.all(calls.map((call) => failsWith(call, ...codes)));
}

async function dieWithConnection(world: World, many: number): Promise<void> {
  const calls = await sendMixed(world, world.calls, many);
  world.links.main.reset();
  await endWith(calls, 'ERR_RPC_CONNECTION_LOST');
}

async function dieWithClient(world: World, many: number): Promise<void> {
  const extra = await world.extraClient();
  const calls = await sendMixed(world, extra.calls, many);
  await extra.client.stop(true);
  await endWith(calls, 'ERR_RPC_CLOSED');
}

function stopServer(force: boolean): Way['run'] {
  return async (world, many) => {
    const extra = await world.extraServer(SHORT_MS);
    const calls = await sendMixed(world, extra.calls, many);
    await Promise.all([extra.server.stop(force), endWith(calls, 'ERR_RPC_STOPPING', 'ERR_RPC_CONNECTION_LOST')]);
    await extra.leave();
  };
}

/** The first server of the pair cannot be reached, so that calls go to the second before their sources are asked. */
async function failOver(world: World, many: number): Promise<void> {
  const { client, links } = world;
  links.pair.set('cut');
  await until(() => client.mailboxes['pair-1'] !== 'ready', { what: 'the loss of the connection' });
  const options = { failMode: 'failover', idempotent: true };
  const calls = Array.from({ length: many }, () => sendAt(world, world.pairCalls, 'read', 'counts', 3, options));
  const answers = await Promise.all(calls);
  links.pair.set('open');
  for (const read of answers) assert.equal(read, 3);
}

/** Ends of uploads, and of streams in both directions. */
export const UPLOAD_WAYS: readonly Way[] = [
  each('an upload that is read to its end', async (world) => {
    assert.equal(await send(world, 'read', 'counts', 20), 20);
  }),
  each('a method that breaks', async (world) => assert.equal(await send(world, 'first', 'endless'), 'enough')),
  each('a method that throws', async (world) => failsWith(send(world, 'fails', 'endless'), 'ERR_RPC_REMOTE')),
  each('a method that answers without reading', async (world) => {
    assert.equal(await send(world, 'early', 'endless'), 'early');
  }),
  each('a source that throws: before, between and behind items', async (world, index) => {
    await failsWith(send(world, 'read', 'throws', [0, 3, 8][index % 3]), 'ERR_RPC_UPLOAD');
  }),
  each('a source with an item that cannot be carried', async (world, index) => {
    await failsWith(send(world, 'read', 'odd', index % 3), 'ERR_RPC_ENCODE');
  }),
  each('a source that never yields', async (world) => {
    await failsWith(send(world, 'read', 'stalls', 0, { timeout: SHORT_MS }), 'ERR_RPC_TIMEOUT');
  }),
  each('a source that waits for something else at return()', async (world) => {
    assert.equal(await send(world, 'first', 'deaf'), 'enough');
  }),
  each('a source that answers return() with a further item', async (world) => {
    assert.equal(await send(world, 'first', 'stubborn'), 'enough');
  }),
  each('a source that never ends', async (world) => assert.equal(await send(world, 'first', 'lost'), 'enough')),
  each('a method that stops reading, and a deadline', async (world) => {
    await failsWith(send(world, 'holds', 'endless', 0, { timeout: SHORT_MS }), 'ERR_RPC_TIMEOUT');
  }),
  each('a signal of the caller', async (world, index) => {
    const controller = new AbortController();
    const call = send(world, 'holds', 'endless', 0, { signal: controller.signal });
    if (index % 2 === 0) await world.calls['plain'](null);
    controller.abort();
    await failsWith(call, 'ERR_RPC_CANCELLED');
  }),
  { name: 'an upload at the death of the connection', run: dieWithConnection },
  { name: 'an upload of a client that stops', run: dieWithClient },
  { name: 'an upload to a server that stops after drainTimeout', run: stopServer(false) },
  { name: 'an upload to a server that stops at once', run: stopServer(true) },
  { name: 'an upload that goes to another server', run: failOver },
  each('both directions, left by the reader', async (world) => {
    const stream = openWith(world, { stream: world.source('endless') }, 'echo');
    await take(stream, 2);
    await stream.return?.();
  }),
  each('both directions, and a source that throws', async (world) => {
    const stream = openWith(world, { stream: world.source('throws', 2) }, 'echo');
    await failsWith(
      (async () => {
        for await (const _ of stream);
      })(),
      'ERR_RPC_UPLOAD',
    );
  }),
];
