import { freePort } from '../../bench/free-port.js';
import { follow, lead } from '../behaviour/sharing.js';
import { call, serve } from '../behaviour/support.js';
import type { Package } from '../support/frozen.js';
import { NEVER_MS, type Scope } from './conversation.js';
import { Tap } from './tap.js';

async function* letters(to: number): AsyncGenerator<string, string> {
  for (let i = 0; i < to; i++) yield String.fromCharCode(97 + i);
  return 'end';
}

/** Streams of results: read to the end, left early, and bounded as a whole. */
export async function streams(t: Scope, { createServer, createClient }: Package): Promise<Tap> {
  const { port } = await serve(t, { letters }, { keepalive: NEVER_MS }, createServer);
  const tap = await Tap.open(t, port);
  const info = { id: 'test-1', serverType: 'test', port: tap.port };
  const options = { keepalive: NEVER_MS, streamWindow: { items: 2, bytes: 12 } };
  const { calls, client } = await call(t, [info], options, createClient);
  tap.step = 'a stream that is read to its end';
  const stream = calls.letters.stream(null, 3);
  for (let i = 0; i < 4; i++) await stream.next();
  tap.step = 'a stream that is left early';
  const left = calls.letters.stream.with({ timeout: 60_000, meta: 'm' })(null, 9);
  await left.next();
  await left.return();
  await tap.passed('"type":"cancel"');
  await client.stop();
  return tap;
}

/** Methods that read what their callers send. */
function readers({ callContext: context }: Package) {
  const sent = () => context()?.stream as AsyncIterableIterator<unknown>;
  return {
    async count() {
      let count = 0;
      for await (const _ of sent()) count++;
      return count;
    },
    async first() {
      for await (const item of sent()) return item;
    },
    async *echo() {
      yield* sent();
    },
  };
}

/** Uploads: read to the end, beside a stream of results, and left early by the method. */
export async function uploads(t: Scope, copy: Package): Promise<Tap> {
  const { createServer, createClient } = copy;
  const service = readers(copy);
  const { port } = await serve(t, service, { keepalive: NEVER_MS, streamWindow: { items: 2 } }, createServer);
  const tap = await Tap.open(t, port);
  const info = { id: 'test-1', serverType: 'test', port: tap.port };
  const { calls, client } = await call(t, [info], { keepalive: NEVER_MS }, createClient);
  tap.step = 'an upload that is read to its end';
  await calls.count.with({ stream: letters(3) })(null);
  tap.step = 'both directions at once';
  for await (const _ of calls.echo.with({ stream: letters(1) }).stream(null));
  tap.step = 'an upload that is left early';
  await calls.first.with({ stream: letters(9), meta: 'm' })(null, 'b');
  await client.stop();
  return tap;
}

/** Streams in both directions through a process that relays. The tap is between a process that follows and the one that leads. */
export async function relayedStreams(t: Scope, copy: Package): Promise<Tap> {
  const { createServer, createClient } = copy;
  const { info } = await serve(t, { ...readers(copy), letters }, { keepalive: NEVER_MS }, createServer);
  const share = await freePort();
  const streamWindow = { items: 2 };
  await lead(t, share, [], { keepalive: NEVER_MS, streamWindow }, createClient);
  const tap = await Tap.open(t, share);
  const options = { keepalive: NEVER_MS, streamWindow, share: { port: tap.port, lead: false } };
  const { client, calls } = await follow(t, tap.port, [info], options, createClient);
  tap.step = 'a stream that is read to its end';
  for await (const _ of calls.letters.stream(null, 3));
  tap.step = 'an upload that is read to its end';
  await calls.count.with({ stream: letters(3) })(null);
  tap.step = 'both directions at once';
  for await (const _ of calls.echo.with({ stream: letters(1) }).stream(null));
  await client.stop();
  return tap;
}
