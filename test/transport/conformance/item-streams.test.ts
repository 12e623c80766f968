import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callContext } from '../../../lib/call-context.js';
import { failure, unusedPort } from '../../behaviour/support.js';
import { expectNoLeaks } from '../../support/leaks.js';
import { until } from '../../support/until.js';
import { callAt, serveAt } from './serve-at.js';
import { everyTransport } from './transports.js';

/** The items that the caller of this method sends. Called at the top of the method. */
function sent(): AsyncIterableIterator<unknown> {
  return callContext()?.stream ?? assert.fail('no stream');
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** An endless generator that notes how often it was asked, and how often it ended. */
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

async function* numbers(to: number) {
  for (let i = 1; i <= to; i++) yield i;
}

const upTo = (count: number) => [...Array(count).keys()].map((i) => i + 1);

/** Methods that stream: results, uploads, both. */
const service = {
  async *count(to: number) {
    yield* numbers(to);
    return 'counted';
  },
  list: () => collect(sent()),
  async lengths() {
    const lengths: number[] = [];
    for await (const item of sent()) lengths.push((item as Buffer).length);
    return lengths;
  },
  async *double() {
    for await (const item of sent()) yield (item as number) * 2;
  },
  echo: (value: unknown) => value,
};

describe('items arrive in order, each once', () => {
  everyTransport((transport) => {
    it('as results, as an upload, and in both directions at once', async (t) => {
      expectNoLeaks(t);
      const { url } = await serveAt(t, transport, service);
      const { calls } = await callAt(t, transport, url);
      assert.deepEqual(await collect(calls.count.stream(null, 1_000)), upTo(1_000));
      assert.deepEqual(await calls.list.with({ stream: numbers(1_000) })(null), upTo(1_000));
      const both = calls.double.with({ stream: numbers(500) }).stream(null);
      assert.deepEqual(
        await collect(both),
        upTo(500).map((i) => i * 2),
      );
    });

    it('however large, beside calls', async (t) => {
      const large = noting(300_000);
      const { url } = await serveAt(t, transport, { ...service, large: large.source });
      const { calls } = await callAt(t, transport, url);
      const upload = noting(300_000);
      const read = async () => {
        let bytes = 0;
        for await (const item of calls.large.stream(null)) {
          bytes += item.length;
          if (bytes === 6_000_000) break;
        }
        return bytes;
      };
      const write = calls.lengths.with({ stream: taking(20, upload.source()) })(null);
      const [bytes, lengths, echo] = await Promise.all([read(), write, calls.echo(null, 'x')]);
      assert.deepEqual([bytes, lengths, echo], [6_000_000, Array(20).fill(300_000), 'x']);
      await until(() => large.noted.ended === 1 && upload.noted.ended === 1, { what: 'both ends' });
    });

    it('no more than the window ahead, and end once at a break, in both directions', async (t) => {
      const results = noting();
      let held: AsyncIterableIterator<unknown> | undefined;
      const methods = { endless: results.source, hold: () => new Promise(() => (held = sent())) };
      const { url } = await serveAt(t, transport, methods, { streamWindow: { items: 8 } });
      const { calls } = await callAt(t, transport, url, { streamWindow: { items: 8 } });
      const stream = calls.endless.stream(null);
      await until(() => results.noted.asked === 8, { what: 'a window of results' });
      const upload = noting();
      const abort = new AbortController();
      const answer = failure(calls.hold.with({ stream: upload.source(), signal: abort.signal })(null));
      await until(() => upload.noted.asked === 8 && held !== undefined, { what: 'a window of an upload' });
      for (let i = 1; i <= 4; i++)
        assert.deepEqual([await stream.next(), await held?.next()], Array(2).fill({ done: false, value: i }));
      await until(() => results.noted.asked === 12 && upload.noted.asked === 12, { what: 'what was credited' });
      await stream.return();
      await held?.return?.();
      await until(() => results.noted.ended === 1 && upload.noted.ended === 1, { what: 'both ends' });
      abort.abort();
      assert.equal((await answer).code, 'ERR_RPC_CANCELLED');
    });

    it('until the connection is lost: one error at each end', async (t) => {
      const results = noting();
      const seen: unknown[] = [];
      const methods = {
        endless: results.source,
        async list() {
          try {
            for await (const item of sent()) seen.push(item);
          } catch (error) {
            seen.push((error as { code: string }).code);
          }
        },
      };
      const { server, url } = await serveAt(t, transport, methods);
      const { calls } = await callAt(t, transport, url);
      const upload = noting();
      const [stream, answer] = [
        calls.endless.stream(null),
        failure(calls.list.with({ stream: upload.source() })(null)),
      ];
      await until(() => results.noted.asked > 0 && seen.length > 0, { what: 'items in both directions' });
      await server.stop(true);
      const errors = [await failure(collect(stream)), await answer];
      for (const { code } of errors) assert.match(code, /^ERR_RPC_(?:CONNECTION_LOST|STOPPING)$/);
      await until(() => results.noted.ended === 1 && upload.noted.ended === 1, { what: 'both ends' });
      await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
    });

    it('through a process that shares its mailboxes', async (t) => {
      expectNoLeaks(t);
      const { url } = await serveAt(t, transport, service);
      const share = (await transport.meeting?.(t)) ?? { port: await unusedPort(t) };
      const leader = await callAt(t, transport, url, { share });
      await until(() => leader.client.sharing === 'leading', { what: 'a Leader' });
      const { client, calls } = await callAt(t, transport, url, { share });
      await until(() => client.sharing === 'following', { what: 'a Follower' });
      assert.deepEqual(await collect(calls.count.stream(null, 600)), upTo(600));
      assert.deepEqual(await calls.list.with({ stream: numbers(600) })(null), upTo(600));
      const both = calls.double.with({ stream: numbers(300) }).stream(null);
      assert.deepEqual(
        await collect(both),
        upTo(300).map((i) => i * 2),
      );
    });
  });
});

/** The first items of a source, which is then ended. */
async function* taking(count: number, source: AsyncIterable<unknown>) {
  let taken = 0;
  for await (const item of source) {
    yield item;
    taken += 1;
    if (taken === count) return;
  }
}
