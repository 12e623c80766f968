import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { callContext } from '../../lib/call-context.js';
import type { createClient } from '../../node-client.js';
import type { createServer } from '../../server.js';
import { loadFrozen } from '../support/frozen.js';
import { expectNoLeaks } from '../support/leaks.js';
import { type Json, spawnProcess } from '../support/spawn-process.js';
import { until } from '../support/until.js';
import { callSharing, follow, lead, overSharing } from './sharing.js';
import { failure, makeGate, serve } from './support.js';

const PROCESS = new URL('./fixtures/stream-reader.ts', import.meta.url);

const isType = (type: string) => (message: Json) => (message as Record<string, Json>)['type'] === type;

/** The items that the caller of this method sends. Called at the top of the method. */
function sent(): AsyncIterableIterator<unknown> {
  const stream = callContext()?.stream;
  if (stream === undefined) throw new TypeError('no stream');
  return stream;
}

async function* numbers(to: number): AsyncGenerator<number> {
  for (let i = 1; i <= to; i++) yield i;
}

/** An endless source that notes what was asked of it, and how often it was ended. */
function noting(bytes = 0) {
  const noted = { asked: 0, ended: 0 };
  async function* source() {
    const item = Buffer.alloc(bytes);
    try {
      for (let i = 1; ; i++) {
        noted.asked += 1;
        yield bytes === 0 ? i : item;
      }
    } finally {
      noted.ended += 1;
    }
  }
  return { noted, source };
}

/** Methods that read, and what they saw: items, and the codes of errors in their place. */
function reading() {
  const seen: unknown[] = [];
  const service = {
    async list() {
      const stream = sent();
      try {
        for await (const item of stream) seen.push(item);
        return seen.length;
      } catch (error) {
        seen.push((error as { code: string }).code);
        throw error;
      }
    },
    async *double() {
      for await (const item of sent()) yield (item as number) * 2;
      return 'doubled';
    },
    echo: (value: unknown) => value,
  };
  return { seen, service };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const upTo = (count: number) => [...Array(count).keys()].map((i) => i + 1);

describe('an upload of a client', () => {
  overSharing((sharing) => {
    it('brings the items of its source to the method in order, each once, alone and beside a stream of results', async (t) => {
      expectNoLeaks(t);
      const { seen, service } = reading();
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      assert.equal(await calls.list.with({ stream: numbers(3_000) })(null), 3_000);
      assert.deepEqual(seen, upTo(3_000));
      assert.equal(await calls.list.with({ stream: numbers(0) })(null), 3_000);
      const both = calls.double.with({ stream: numbers(1_000) }).stream(null);
      assert.deepEqual(
        await collect(both),
        upTo(1_000).map((i) => i * 2),
      );
    });

    it('comes beside arguments and meta', async (t) => {
      const service = {
        async all(...args: unknown[]) {
          return [args, callContext()?.meta, callContext()?.caller?.id, await collect(sent())];
        },
      };
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served], { clientId: 'me' });
      const answer = await calls.all.with({ stream: numbers(2), meta: 'm' })(null, 'a', 7);
      assert.deepEqual(answer, [['a', 7], 'm', 'me', [1, 2]]);
    });

    it('ends once with its error where its source fails, and the method is notified', async (t) => {
      const { seen, service } = reading();
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      let ended = 0;
      async function* source(at: number) {
        try {
          yield* numbers(at);
          throw new RangeError('disk');
        } finally {
          ended += 1;
        }
      }
      for (const [round, at] of [0, 2, 600].entries()) {
        const error = await failure(calls.list.with({ stream: source(at) })(null));
        assert.deepEqual(
          [error.code, error.delivery, (error.cause as Error).message, ended],
          ['ERR_RPC_UPLOAD', 'unknown', 'disk', round + 1],
        );
        await until(() => seen.at(-1) === 'ERR_RPC_CANCELLED', { what: 'the notice of the method' });
        const items = seen.splice(0).slice(0, -1);
        assert.deepEqual(items, upTo(at).slice(0, items.length));
      }
    });

    it('with an item that cannot be sent ends with the reason, and ends its source once', async (t) => {
      const { seen, service } = reading();
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      let ended = 0;
      async function* source() {
        try {
          yield 1;
          yield () => {};
        } finally {
          ended += 1;
        }
      }
      const error = await failure(calls.list.with({ stream: source() })(null));
      assert.deepEqual([error.code, ended], ['ERR_RPC_ENCODE', 1]);
      await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
    });

    it('ends its source once where the method wants no more, and the call goes on', async (t) => {
      const gate = makeGate();
      const service = {
        async first() {
          for await (const item of sent()) if (item === 3) break;
          return gate.pass('enough');
        },
      };
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      const { noted, source } = noting();
      const answer = calls.first.with({ stream: source() })(null);
      await until(() => noted.ended === 1, { what: 'the end of the source' });
      gate.open();
      assert.equal(await answer, 'enough');
      assert.equal(noted.ended, 1);
    });

    it('ends its source once where the method answers or fails early', async (t) => {
      const service = {
        early: () => 'early',
        async fails() {
          for await (const _ of sent()) throw new RangeError('no');
        },
        async *some() {
          for await (const item of sent()) {
            yield item;
            if (item === 2) return 'some';
          }
        },
      };
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      const { noted, source } = noting();
      assert.equal(await calls.early.with({ stream: source() })(null), 'early');
      await until(() => noted.ended === 1, { what: 'the end of the source' });
      const error = await failure(calls.fails.with({ stream: source() })(null));
      assert.deepEqual([error.code, (error.cause as Error).message], ['ERR_RPC_REMOTE', 'no']);
      await until(() => noted.ended === 2, { what: 'the end of the source' });
      assert.deepEqual(await collect(calls.some.with({ stream: source() }).stream(null)), [1, 2]);
      await until(() => noted.ended === 3, { what: 'the end of the source' });
    });

    it('ends at both ends once with the deadline, an abort, and a break of its reader', async (t) => {
      const { seen, service } = reading();
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      const { noted, source } = noting();
      await calls.echo(null, 1); // connects
      const late = await failure(calls.list.with({ stream: source(), timeout: 400 })(null));
      assert.deepEqual([late.code, late.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
      await until(() => noted.ended === 1 && typeof seen.at(-1) === 'string', { what: 'both ends' });
      assert.match(String(seen.at(-1)), /^ERR_RPC_(TIMEOUT|CANCELLED)$/);
      seen.length = 0;
      const abort = new AbortController();
      const aborted = failure(calls.list.with({ stream: source(), signal: abort.signal })(null));
      await until(() => seen.length > 0, { what: 'an item' });
      abort.abort();
      assert.equal((await aborted).code, 'ERR_RPC_CANCELLED');
      await until(() => noted.ended === 2 && seen.at(-1) === 'ERR_RPC_CANCELLED', { what: 'both ends' });
      for await (const item of calls.double.with({ stream: source() }).stream(null)) if (item === 8) break;
      await until(() => noted.ended === 3, { what: 'the end of the source' });
    });

    it('fails no other upload where its deadline passes while it leaves the others no room', async (t) => {
      const gate = makeGate();
      const { service } = reading();
      const slow = async () => {
        const stream = sent();
        await gate.pass();
        let count = 0;
        for await (const _item of stream) count += 1;
        return count;
      };
      const streamWindow = { items: 16, bytes: 16_384, total: 16_384 };
      const served = await serve(t, { ...service, slow, deaf: () => new Promise(() => sent()) }, { streamWindow });
      const { calls } = await callSharing(t, sharing, [served], { streamWindow });
      await calls.echo(null, 1); // connects
      const { noted, source } = noting(20_000);
      let beside = 0;
      async function* small() {
        yield ++beside;
        await until(() => noted.asked === 1, { what: 'the item that leaves no room' });
        for (; beside < 3; ) yield ++beside;
      }
      const other = calls.slow.with({ stream: small() })(null);
      const deaf = failure(calls.deaf.with({ stream: source(), timeout: 1_000 })(null));
      await until(() => beside > 1, { what: 'an item that finds no room' });
      assert.equal((await deaf).code, 'ERR_RPC_TIMEOUT');
      await calls.echo(null, 1); // what the deadline let go has arrived
      gate.open();
      assert.equal(await other, 3);
    });

    it('is asked for no more than the method has taken and the windows of the connections', async (t) => {
      let stream: AsyncIterableIterator<unknown> | undefined;
      const service = { hold: () => new Promise(() => (stream = sent())) };
      const served = await serve(t, service, { streamWindow: { items: 10 } });
      const { calls } = await callSharing(t, sharing, [served], { streamWindow: { items: 10 } });
      // One item more waits for its turn in the process that relays.
      const most = sharing === 'another' ? 21 : 10;
      const { noted, source } = noting();
      const abort = new AbortController();
      const held = failure(calls.hold.with({ stream: source(), signal: abort.signal })(null));
      await until(() => noted.asked >= 10 && stream !== undefined, { what: 'a window of items' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(noted.asked <= most, `${noted.asked} items were asked for`);
      for (let i = 1; i <= 100; i++) assert.deepEqual(await stream?.next(), { done: false, value: i });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(noted.asked <= 100 + most, `${noted.asked} items were asked for`);
      abort.abort();
      assert.equal((await held).code, 'ERR_RPC_CANCELLED');
      await until(() => noted.ended === 1, { what: 'the end of the source' });
    });

    it('ends at both ends once where its server stops, at once or in order', async (t) => {
      for (const force of [true, false]) {
        const { seen, service } = reading();
        const served = await serve(t, service, { drainTimeout: 50 });
        const { client, calls } = await callSharing(t, sharing, [served]);
        const { noted, source } = noting();
        const answer = failure(calls.list.with({ stream: source() })(null));
        await until(() => seen.length > 300, { what: 'items' });
        await served.server.stop(force);
        const error = await answer;
        assert.ok(['ERR_RPC_CONNECTION_LOST', 'ERR_RPC_STOPPING'].includes(error.code), error.code);
        await until(() => noted.ended === 1 && typeof seen.at(-1) === 'string', { what: 'both ends' });
        await client.stop(true);
      }
    });

    it('ends at both ends once where its client stops, and may finish where the client waits', async (t) => {
      const { seen, service } = reading();
      const served = await serve(t, service);
      const { client, calls } = await callSharing(t, sharing, [served], { drainTimeout: 10_000 });
      const gate = makeGate();
      async function* gated() {
        yield 1;
        yield await gate.pass(2);
      }
      const finished = calls.list.with({ stream: gated() })(null);
      await until(() => seen.length === 1, { what: 'the first item' });
      const stopped = client.stop();
      gate.open();
      assert.equal(await finished, 2);
      await stopped;

      seen.length = 0;
      const other = await callSharing(t, sharing, [served]);
      const { noted, source } = noting();
      const answer = failure(other.calls.list.with({ stream: source() })(null));
      await until(() => seen.length > 0, { what: 'an item' });
      await other.client.stop(true);
      assert.equal((await answer).code, 'ERR_RPC_CLOSED');
      await until(() => noted.ended === 1 && typeof seen.at(-1) === 'string', { what: 'both ends' });
    });
  });
});

describe('a relayed upload', () => {
  it('to a slow method holds up neither other uploads nor calls', async (t) => {
    const held: AsyncIterableIterator<unknown>[] = [];
    const { service } = reading();
    const served = await serve(t, { ...service, hold: () => new Promise(() => held.push(sent())) });
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served]);
    const { noted, source } = noting(65_536);
    const abort = new AbortController();
    const slow = Array.from({ length: 64 }, () =>
      failure(calls.hold.with({ stream: source(), signal: abort.signal, timeout: 120_000 })(null)),
    );
    await until(() => held.length === 64, { what: 'the slow methods' });
    assert.equal(await calls.echo(null, 'x'), 'x');
    assert.equal(await calls.list.with({ stream: numbers(2_000) })(null), 2_000);
    const first = held[0] as AsyncIterableIterator<Buffer>;
    for (let i = 0; i < 50; i++) assert.equal((await first.next()).value.length, 65_536);
    abort.abort();
    await Promise.all(slow);
    await until(() => noted.ended === 64, { what: 'every end' });
  });

  it('is decoded and encoded again where its ends use different codecs', async (t) => {
    const { seen, service } = reading();
    const served = await serve(t, service);
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served], { codecs: ['json'] });
    assert.equal(await calls.list.with({ stream: numbers(3) })(null), 3);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('fails with the reason where an item cannot be written for the server', async (t) => {
    const { seen, service } = reading();
    const served = await serve(t, service, { maxFrameBytes: 10_000 });
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served]);
    let ended = 0;
    async function* source() {
      try {
        yield 1;
        yield Buffer.alloc(20_000);
        for (;;) yield 2;
      } finally {
        ended += 1;
      }
    }
    const error = await failure(calls.list.with({ stream: source() })(null));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_FRAME_TOO_LARGE', 'unknown']);
    assert.match(error.message, /an item of its stream cannot be sent: /);
    await until(() => ended === 1 && seen.at(-1) === 'ERR_RPC_CANCELLED', { what: 'both ends' });
  });

  it('goes on where the process that relays stops in order, and is cut off with a code after drainTimeout', async (t) => {
    const { seen, service } = reading();
    const other = reading();
    const served = await serve(t, { list: service.list, endless: other.service.list });
    const port = await freePort();
    const leader = await lead(t, port, [], { drainTimeout: 500 });
    const { client, calls } = await follow(t, port, [served]);
    const gate = makeGate();
    async function* gated() {
      yield 1;
      yield await gate.pass(2);
    }
    const { noted, source } = noting();
    const finished = calls.list.with({ stream: gated() })(null);
    const cut = failure(calls.endless.with({ stream: source() })(null));
    await until(() => seen.length === 1 && other.seen.length > 0, { what: 'the first items' });
    await gate.arrivals(1);
    const stopped = leader.client.stop();
    await until(() => client.sharing !== 'following', { what: 'the goaway' });
    gate.open();
    assert.equal(await finished, 2);
    await stopped;
    const error = await cut;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_STOPPING', 'unknown']);
    await until(() => noted.ended === 1 && typeof other.seen.at(-1) === 'string', { what: 'both ends' });
  });

  it('begins only where both hops take uploads, and its source is not asked otherwise', async (t) => {
    const { service } = reading();
    const frozen = await loadFrozen();
    const older = await serve(t, { list() {} }, {}, frozen.createServer as typeof createServer);
    const newer = await serve(t, service, { id: 'test-2' });
    const [port, olderPort] = [await freePort(), await freePort()];
    await lead(t, port);
    const { calls } = await follow(t, port, [older, newer]);
    const toOlder = await failure(calls.list.with({ stream: numbers(3) }).toServer('test-1'));
    assert.deepEqual([toOlder.code, toOlder.delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
    assert.equal(await calls.list.with({ stream: numbers(3) }).toServer('test-2'), 3);

    await lead(t, olderPort, [], {}, frozen.createClient as typeof createClient);
    const behind = await follow(t, olderPort, [newer]);
    const { noted, source } = noting();
    const byOlder = await failure(behind.calls.list.with({ stream: source() })(null));
    assert.deepEqual([byOlder.code, byOlder.delivery, noted.asked], ['ERR_RPC_NO_STREAM', 'not-sent', 0]);
    assert.match(byOlder.message, /or the process that relays the call does, and takes no stream of items/);
  });
});

describe('a process that relays uploads', () => {
  it('does so in bounded memory, however slow the methods are', async (t) => {
    const held: AsyncIterableIterator<unknown>[] = [];
    const served = await serve(t, { hold: () => new Promise(() => held.push(sent())), echo: (v: unknown) => v });
    const port = await freePort();
    const { child } = await spawnProcess(t, PROCESS, { args: [`--share=${port}`], nodeFlags: ['--expose-gc'] });
    const { calls } = await follow(t, port, [served], { share: { lead: false } as never });
    const memory = async (): Promise<number> => {
      child.send('memory');
      const { bytes } = (await child.next({ match: isType('memory') })) as { bytes: number };
      return bytes;
    };
    await calls.echo(null, 1);
    const before = await memory();
    const { noted, source } = noting(65_536);
    const abort = new AbortController();
    const slow = Array.from({ length: 8 }, () =>
      failure(calls.hold.with({ stream: source(), signal: abort.signal, timeout: 120_000 })(null)),
    );
    await until(() => held.length === 8, { what: 'the slow methods' });
    let most = 0;
    for (let round = 0; round < 40; round++) {
      for (const stream of held)
        for (let i = 0; i < 5; i++) assert.equal(((await stream.next()) as { value: Buffer }).value.length, 65_536);
      if (round % 10 === 9) most = Math.max(most, await memory());
    }
    assert.ok(noted.asked >= 1_600, 'about 100 MB');
    // A window of 256 KiB and one item in front of each method, and what a socket has taken.
    assert.ok(most - before < 8 * 1024 * 1024, `${most - before} bytes more`);
    abort.abort();
    await Promise.all(slow);
    await until(() => noted.ended === 8, { what: 'every end' });
    assert.ok((await memory()) - before < 3 * 1024 * 1024);
  });

  it('dies: the caller has one error, and both ends of the upload are over once', async (t) => {
    const { seen, service } = reading();
    const served = await serve(t, service);
    const port = await freePort();
    const { child } = await spawnProcess(t, PROCESS, { args: [`--share=${port}`] });
    const { calls } = await follow(t, port, [served], { share: { lead: false } as never, failMode: 'failover' });
    const { noted, source } = noting();
    const answer = failure(calls.list.with({ stream: source(), idempotent: true })(null));
    await until(() => seen.length > 0, { what: 'an item' });
    await child.kill('SIGKILL');
    const error = await answer;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    await until(() => noted.ended === 1 && typeof seen.at(-1) === 'string', { what: 'both ends' });
    assert.equal(seen.at(-1), 'ERR_RPC_CONNECTION_LOST');
    assert.deepEqual(seen.slice(0, -1), upTo(seen.length - 1));
  });
});

describe('a process that sends an upload by way of another', () => {
  it('dies: the method is notified once, and the mailbox goes on', async (t) => {
    const { seen, service } = reading();
    const served = await serve(t, service);
    const port = await freePort();
    const { calls } = await lead(t, port, [served]);
    const args = [`--share=${port}`, `--servers=test-1:${served.port}`, '--send=list'];
    const { child } = await spawnProcess(t, PROCESS, { args });
    await child.next({ match: isType('sends') });
    await until(() => seen.length > 0, { what: 'an item' });
    await child.kill('SIGKILL');
    await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
    assert.equal(seen.at(-1), 'ERR_RPC_CANCELLED');
    seen.length = 0;
    assert.equal(await calls.list.with({ stream: numbers(3) })(null), 3);
    assert.deepEqual(seen, [1, 2, 3]);
  });
});
