import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import { request, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { EXT, rawLeader, stock } from './raw-peers.js';
import { call, failure, makeGate, serve } from './support.js';

/** Methods that read, and what they saw: items, and the codes of errors in their place. */
function reading() {
  const seen: unknown[] = [];
  const sent = (): AsyncIterableIterator<unknown> => callContext()?.stream ?? assert.fail('no stream');
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
      for await (const item of sent()) {
        seen.push(item);
        yield (item as number) * 2;
      }
      return 'doubled';
    },
    where: () => 'first',
  };
  return { seen, service };
}

/** A source with more items than a window, the second half of them behind a gate. */
function gated(half: number) {
  const gate = makeGate();
  const noted = { ended: 0 };
  async function* source() {
    try {
      for (let i = 1; i <= half; i++) yield i;
      await gate.pass(undefined);
      for (let i = half + 1; i <= 2 * half; i++) yield i;
    } finally {
      noted.ended += 1;
    }
  }
  return { gate, noted, source };
}

const HALF = 400;

/** A client with an upload under way, whose server has begun to stop. */
async function stopping(t: TestContext, drainTimeout: number, method: 'list' | 'double') {
  expectNoLeaks(t);
  const { seen, service } = reading();
  const served = await serve(t, service, { drainTimeout });
  const { calls, moves } = await call(t, [served]);
  const { gate, noted, source } = gated(HALF);
  const uploading = calls[method].with({ stream: source() });
  const answer = method === 'list' ? uploading(null) : read(uploading.stream(null));
  answer.catch(() => {});
  await until(() => seen.length === HALF, { what: 'the first half' });
  const stopped = served.server.stop();
  await until(() => moves.includes('test-1 ready -> backoff'), { what: 'the goaway' });
  return { served, calls, seen, gate, noted, answer, stopped };
}

/** Reads a stream to its end. */
async function read(stream: AsyncIterator<unknown>): Promise<[items: unknown[], returned: unknown]> {
  const items: unknown[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) return [items, value];
    items.push(value);
  }
}

describe('an upload whose server sends goaway', () => {
  it('is finished on the connection where it began, and later calls go to the next server at that place', async (t) => {
    const { served, calls, seen, gate, noted, answer, stopped } = await stopping(t, 60_000, 'list');
    const next = reading();
    await serve(t, { ...next.service, where: () => 'next' }, { port: served.port });
    assert.equal(await calls.where(null), 'next');
    assert.equal(await calls.list.with({ stream: numbers(2) })(null), 2);
    gate.open();
    assert.equal(await answer, 2 * HALF);
    await stopped;
    assert.deepEqual(
      seen,
      Array.from({ length: 2 * HALF }, (_, i) => i + 1),
    );
    assert.deepEqual([noted.ended, next.seen], [1, [1, 2]]);
  });

  it('is finished beside its stream of results', async (t) => {
    const { gate, noted, answer, stopped } = await stopping(t, 60_000, 'double');
    gate.open();
    const all = Array.from({ length: 2 * HALF }, (_, i) => 2 * (i + 1));
    assert.deepEqual(await answer, [all, 'doubled']);
    await stopped;
    assert.equal(noted.ended, 1);
  });

  for (const method of ['list', 'double'] as const)
    it(`ends once with ERR_RPC_STOPPING at both ends after drainTimeout: ${method}`, async (t) => {
      const { seen, gate, noted, answer, stopped } = await stopping(t, 100, method);
      const error = await failure(answer);
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_STOPPING', 'unknown']);
      await stopped;
      gate.open(); // JavaScript holds the end of a generator back until its wait is over
      await until(() => noted.ended === 1, { what: 'the end of the source' });
      if (method === 'list') {
        await until(() => typeof seen.at(-1) === 'string', { what: 'the notice of the method' });
        assert.equal(seen.at(-1), 'ERR_RPC_STOPPING');
      }
      assert.equal(seen.includes(HALF + 1), false);
    });

  it('goes on sending behind its acknowledgement, and a server that then ends is reported with a code', async (t) => {
    const ext = {
      ...EXT,
      features: [...EXT.features, 'cancel', 'stream'],
      stream: { items: 10, bytes: 1_000, total: 1_000 },
    };
    const { info, connection } = await rawLeader(t, async (peer) => {
      const { id } = await peer.next('register_channel');
      peer.write(response(id, { type: 'register_channel_res', ext }, stock({ success: true })));
    });
    const { calls } = await call(t, [info], { codecs: ['json'] });
    const { gate, noted, source } = gated(1);
    const answer = failure(calls.f.with({ stream: source() })(null));
    const peer = await connection();
    await peer.next('stream_items');
    peer.write(request(1, { type: 'goaway' }));
    await peer.next('goaway_res');
    gate.open();
    const item = await peer.next('stream_items');
    const end = await peer.next('stream_end');
    const invoke = peer.packets.find(({ head }) => head.type === 'invoke');
    assert.deepEqual([item.id, end.id, noted.ended], [invoke?.id, invoke?.id, 1]);
    peer.socket.destroy();
    const error = await answer;
    assert.deepEqual([error.code, error.delivery], ['ERR_RPC_STOPPING', 'unknown']);
  });
});

async function* numbers(to: number) {
  for (let i = 1; i <= to; i++) yield i;
}
