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

const READER = new URL('./fixtures/stream-reader.ts', import.meta.url);

const isType = (type: string) => (message: Json) => (message as Record<string, Json>)['type'] === type;

async function* count(to: number): AsyncGenerator<number, string> {
  for (let i = 1; i <= to; i++) yield i;
  return 'counted';
}

/** A generator that notes how often it was asked, and how it ends. */
function noting() {
  const noted = { asked: 0, finals: 0 };
  return {
    noted,
    async *endless(bytes = 0) {
      const item = Buffer.alloc(bytes);
      try {
        for (;;) {
          noted.asked += 1;
          yield bytes === 0 ? noted.asked : item;
        }
      } finally {
        noted.finals += 1;
      }
    },
  };
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a stream of a client', () => {
  overSharing((sharing) => {
    it('brings the items in order, each once, and what the generator returns', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { count });
      const { calls } = await callSharing(t, sharing, [served]);
      const many = await collect(calls.count.stream(null, 3_000));
      assert.deepEqual(
        many,
        [...Array(3_000).keys()].map((i) => i + 1),
      );
      const stream = calls.count.stream(null, 1);
      assert.deepEqual(
        [await stream.next(), await stream.next(), await stream.next()],
        [
          { done: false, value: 1 },
          { done: true, value: 'counted' },
          { done: true, value: undefined },
        ],
      );
      assert.deepEqual(await collect(calls.count.stream(null, 0)), []);
    });

    it('has the error of the generator behind the items, and says how many were delivered', async (t) => {
      const service = {
        async *fails(after: number) {
          yield* count(after);
          throw Object.assign(new Error('no more'), { code: 'E_EMPTY' });
        },
      };
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      for (const items of [0, 3, 500]) {
        const stream = calls.fails.stream(null, items);
        for (let i = 1; i <= items; i++) assert.equal((await stream.next()).value, i);
        const error = await failure(stream.next());
        assert.deepEqual([error.code, error.delivery, error.delivered], ['ERR_RPC_REMOTE', 'answered', items]);
        assert.match(error.message, /no more/);
        assert.deepEqual(await stream.next(), { done: true, value: undefined });
      }
    });

    it('ends the generator once where its reader breaks, aborts, or has no time', async (t) => {
      const { noted, endless } = noting();
      const served = await serve(t, { endless });
      const { calls } = await callSharing(t, sharing, [served]);
      for await (const item of calls.endless.stream(null)) if (item > 2) break;
      await until(() => noted.finals === 1, { what: 'the finally after a break' });
      const controller = new AbortController();
      const aborted = calls.endless.stream.with({ signal: controller.signal })(null);
      await aborted.next();
      controller.abort();
      assert.equal((await failure(aborted.next())).code, 'ERR_RPC_CANCELLED');
      await until(() => noted.finals === 2, { what: 'the finally after an abort' });
      const late = await failure(collect(calls.endless.stream.with({ timeout: 500 })(null)));
      assert.equal(late.code, 'ERR_RPC_TIMEOUT');
      assert.ok((late.delivered ?? 0) > 0);
      await until(() => noted.finals === 3, { what: 'the finally after the deadline' });
      assert.equal(
        await failure(collect(calls.endless.stream.toServer('none'))).then(({ delivery }) => delivery),
        'not-sent',
      );
    });

    it('is asked for no more than was read and the windows of the connections', async (t) => {
      const { noted, endless } = noting();
      const served = await serve(t, { endless, echo: (value: unknown) => value });
      const { calls } = await callSharing(t, sharing, [served], { streamWindow: { items: 10, bytes: 1_000_000 } });
      const most = sharing === 'another' ? 22 : 11;
      const stream = calls.endless.stream(null);
      await until(() => noted.asked >= 10, { what: 'a window of items' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(noted.asked <= most, `${noted.asked} items were asked for`);
      for (let i = 1; i <= 100; i++) assert.equal((await stream.next()).value, i);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.ok(noted.asked <= 100 + most, `${noted.asked} items were asked for`);
      await stream.return();
    });
  });
});

describe('a relayed stream', () => {
  it('of a slow reader holds up neither other streams nor calls', async (t) => {
    const { endless } = noting();
    const served = await serve(t, { endless, count, echo: (value: unknown) => value });
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served]);
    const slow = Array.from({ length: 64 }, () => calls.endless.stream(null, 65_536));
    await Promise.all(slow.map((stream) => stream.next()));
    assert.equal(await calls.echo(null, 'x'), 'x');
    assert.equal((await collect(calls.count.stream(null, 2_000))).length, 2_000);
    const one = slow[0];
    for (let i = 0; i < 50; i++) assert.equal((await one.next()).value.length, 65_536);
    await Promise.all(slow.map((stream) => stream.return()));
  });

  it('is decoded and encoded again where its ends use different codecs', async (t) => {
    const served = await serve(t, { count });
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served], { codecs: ['json'] });
    assert.deepEqual(await collect(calls.count.stream(null, 3)), [1, 2, 3]);
  });

  it('goes on where the process that relays stops in order, and is cut off with a code after drainTimeout', async (t) => {
    const { noted, endless } = noting();
    const gate = makeGate();
    const service = {
      endless,
      async *gated() {
        yield 1;
        yield await gate.pass(2);
      },
    };
    const served = await serve(t, service);
    const port = await freePort();
    const leader = await lead(t, port, [], { drainTimeout: 500 });
    const { client, calls } = await follow(t, port, [served]);
    const [finished, cut] = [calls.gated.stream(null), calls.endless.stream(null)];
    assert.equal((await finished.next()).value, 1);
    await cut.next();
    await gate.arrivals(1);
    const stopped = leader.client.stop();
    await until(() => client.sharing !== 'following', { what: 'the goaway' });
    gate.open();
    assert.deepEqual(await collect(finished), [2]);
    await stopped;
    const error = await failure(collect(cut));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_STOPPING', 'unknown']);
    assert.ok((error.delivered ?? 0) >= 1);
    await until(() => noted.finals === 1, { what: 'the finally' });
  });

  it('ends with one error where its server is gone, behind the items that have arrived', async (t) => {
    const { endless } = noting();
    const served = await serve(t, { endless });
    const port = await freePort();
    await lead(t, port);
    const { calls } = await follow(t, port, [served]);
    const stream = calls.endless.stream(null);
    await stream.next();
    await served.server.stop(true);
    const error = await failure(collect(stream));
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    assert.ok((error.delivered ?? 0) >= 1);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  it('begins only where both hops have the feature, and nothing is sent otherwise', async (t) => {
    const frozen = await loadFrozen();
    const older = await serve(t, { f() {} }, {}, frozen.createServer as typeof createServer);
    const newer = await serve(t, { count }, { id: 'test-2' });
    const [port, olderPort] = [await freePort(), await freePort()];
    await lead(t, port);
    const { calls } = await follow(t, port, [older, newer]);
    const toOlder = await failure(calls.count.stream.toServer('test-1', 3).next());
    assert.deepEqual([toOlder.code, toOlder.delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
    assert.deepEqual(await collect(calls.count.stream.toServer('test-2', 3)), [1, 2, 3]);

    await lead(t, olderPort, [], {}, frozen.createClient as typeof createClient);
    const behind = await follow(t, olderPort, [newer]);
    const byOlder = await failure(behind.calls.count.stream(null, 3).next());
    assert.deepEqual([byOlder.code, byOlder.delivery], ['ERR_RPC_NO_STREAM', 'not-sent']);
    assert.match(byOlder.message, /or the process that relays the call does/);
  });

  it('has the name of the client that reads it at its server', async (t) => {
    const service = {
      async *names() {
        yield callContext()?.caller?.id;
      },
    };
    const served = await serve(t, service);
    const port = await freePort();
    const one = await lead(t, port, [served], { clientId: 'one' });
    const two = await follow(t, port, [served], { clientId: 'two' });
    assert.deepEqual(await collect(one.calls.names.stream(null)), ['one']);
    assert.deepEqual(await collect(two.calls.names.stream(null)), ['two']);
  });
});

describe('a process that shares its mailboxes', () => {
  it('relays in bounded memory, however slow the readers are', async (t) => {
    const { noted, endless } = noting();
    const served = await serve(t, { endless: () => endless(65_536) });
    const port = await freePort();
    const { child } = await spawnProcess(t, READER, { args: [`--share=${port}`], nodeFlags: ['--expose-gc'] });
    const { calls } = await follow(t, port, [served], { share: { lead: false } as never });
    const memory = async (): Promise<number> => {
      child.send('memory');
      const { bytes } = (await child.next({ match: isType('memory') })) as { bytes: number };
      return bytes;
    };
    await calls.endless.stream(null).return();
    const before = await memory();
    const streams = Array.from({ length: 8 }, () => calls.endless.stream(null));
    let most = 0;
    for (let round = 0; round < 40; round++) {
      for (const stream of streams)
        for (let i = 0; i < 5; i++) assert.equal((await stream.next()).value.length, 65_536);
      if (round % 10 === 9) most = Math.max(most, await memory());
    }
    assert.ok(noted.asked >= 1_600, 'about 100 MB');
    // A window of 256 KiB and one item in front of each reader, and what a socket has taken.
    assert.ok(most - before < 8 * 1024 * 1024, `${most - before} bytes more`);
    await Promise.all(streams.map((stream) => stream.return()));
    await until(() => noted.finals === 8, { what: 'every finally' });
    assert.ok((await memory()) - before < 3 * 1024 * 1024);
  });

  it('dies: its reader has one error with the items that were delivered, and the generator ends once', async (t) => {
    const { noted, endless } = noting();
    const served = await serve(t, { endless });
    const port = await freePort();
    const { child } = await spawnProcess(t, READER, { args: [`--share=${port}`] });
    const { calls } = await follow(t, port, [served], { share: { lead: false } as never });
    const stream = calls.endless.stream(null);
    for (let i = 1; i <= 5; i++) assert.equal((await stream.next()).value, i);
    await child.kill('SIGKILL');
    const items: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const item of stream) items.push(item);
      })(),
    );
    assert.deepEqual(
      [error.code, error.delivery, error.delivered],
      ['ERR_RPC_CONNECTION_LOST', 'unknown', 5 + items.length],
    );
    assert.deepEqual(
      items,
      items.map((_, i) => i + 6),
    );
    await until(() => noted.finals === 1, { what: 'the finally' });
  });
});

describe('a process that reads by way of another', () => {
  it('dies: the generator ends once, and the mailbox goes on', async (t) => {
    const { noted, endless } = noting();
    const served = await serve(t, { endless, count });
    const port = await freePort();
    const { calls } = await lead(t, port, [served]);
    const args = [`--share=${port}`, `--servers=test-1:${served.port}`, '--read=endless'];
    const { child } = await spawnProcess(t, READER, { args });
    await child.next({ match: isType('reads') });
    assert.equal(noted.finals, 0);
    await child.kill('SIGKILL');
    await until(() => noted.finals === 1, { what: 'the finally' });
    assert.deepEqual(await collect(calls.count.stream(null, 3)), [1, 2, 3]);
    assert.equal(noted.finals, 1);
  });
});
