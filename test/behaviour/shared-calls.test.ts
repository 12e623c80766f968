import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callContext } from '../../lib/call-context.js';
import type { RpcError } from '../../lib/errors.js';
import { response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { rawLeader, stock } from './raw-peers.js';
import { callSharing, overSharing } from './sharing.js';
import { deferred, failure, makeGate, serve, unusedPort } from './support.js';

const VALUES = [
  1,
  'text',
  null,
  { nested: [1, { deep: true }] },
  new Date(5),
  new Map<unknown, unknown>([[1, new Set(['a'])]]),
  Buffer.from('bytes'),
  12345678901234567890n,
];

/** What of an error a caller may build on. */
function facts({ code, delivery, serverId, method, message }: RpcError) {
  return { code, delivery, serverId, method, message };
}

describe('a call', () => {
  overSharing((sharing) => {
    it('brings back what was sent', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { echo: (...args: unknown[]) => args });
      const { calls } = await callSharing(t, sharing, [served]);
      assert.deepEqual(await calls.echo(null, ...VALUES), VALUES);
      const body = 'x'.repeat(1_000_000);
      assert.deepEqual(await calls.echo(null, body), [body]);
      assert.deepEqual(await calls.echo(null), []);
    });

    it('gives a callback all results', async (t) => {
      const service = {
        f: (n: number, callback: (error: null, ...results: number[]) => void) => callback(null, n, n + 1),
      };
      const served = await serve(t, service, { callbacks: true });
      const { calls } = await callSharing(t, sharing, [served]);
      const { promise, resolve } = deferred<unknown[]>();
      calls.f(null, 1, (...results: unknown[]) => resolve(results));
      assert.deepEqual(await promise, [null, 1, 2]);
    });

    it('is cancelled at its server too', async (t) => {
      expectNoLeaks(t);
      const called = deferred<AbortSignal | undefined>();
      const service = {
        hang() {
          called.resolve(callContext()?.signal);
          return new Promise(() => {});
        },
      };
      const served = await serve(t, service);
      const { calls } = await callSharing(t, sharing, [served]);
      const controller = new AbortController();
      const failed = failure(calls.hang.with({ signal: controller.signal })(null));
      const signal = await called.promise;
      controller.abort();
      const error = await failed;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CANCELLED', 'unknown']);
      await until(() => signal?.aborted === true, { what: 'the method to be told' });
    });

    it('fails with the method’s own error', async (t) => {
      const served = await serve(t, {
        boom() {
          throw Object.assign(new TypeError('the reason'), { code: 'E_OWN' });
        },
      });
      const { calls } = await callSharing(t, sharing, [served]);
      const error = await failure(calls.boom(null));
      assert.deepEqual(facts(error), {
        code: 'ERR_RPC_REMOTE',
        delivery: 'answered',
        serverId: 'test-1',
        method: 'user.service.boom',
        message: 'user.service.boom on test-1: the reason',
      });
      const { name, message, code } = error.cause as Error & { code: string };
      assert.deepEqual([name, message, code], ['TypeError', 'the reason', 'E_OWN']);
    });

    it('fails where there is no such method, or its arguments or results cannot be sent', async (t) => {
      const served = await serve(t, { f: () => () => {} });
      const { calls } = await callSharing(t, sharing, [served]);
      const missing = await failure(calls.missing(null));
      assert.deepEqual([missing.code, missing.delivery], ['ERR_RPC_NO_METHOD', 'answered']);
      const unsent = await failure(calls.f(null, () => {}, 1));
      assert.deepEqual([unsent.code, unsent.delivery], ['ERR_RPC_ENCODE', 'not-sent']);
      assert.match(unsent.message, /args\[0\] is a function/);
      const unanswered = await failure(calls.f(null));
      assert.deepEqual([unanswered.code, unanswered.delivery], ['ERR_RPC_ENCODE', 'answered']);
      const tooLarge = await failure(calls.f(null, 'x'.repeat(5_000_000)));
      assert.deepEqual([tooLarge.code, tooLarge.delivery], ['ERR_RPC_FRAME_TOO_LARGE', 'not-sent']);
    });

    it('ends at its deadline, not before', async (t) => {
      const served = await serve(t, { hang: () => new Promise(() => {}), f: () => 1 });
      const { calls } = await callSharing(t, sharing, [served]);
      await calls.f(null);
      const startedAt = performance.now();
      const error = await failure(calls.hang.with({ timeout: 150 })(null));
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_TIMEOUT', 'unknown']);
      assert.match(error.message, /no answer after 150 ms/);
      if (sharing === 'another') assert.doesNotMatch(error.message, /the server sent no report/, 'it was not asked');
      assert.ok(performance.now() - startedAt >= 149);
    });

    it('that finds nobody says why, in time', async (t) => {
      const port = await unusedPort(t);
      const { calls } = await callSharing(t, sharing, [{ id: 'test-1', serverType: 'test', port }]);
      const error = await failure(calls.f.with({ timeout: 300 })(null));
      assert.deepEqual([error.code, error.delivery, error.serverId], ['ERR_RPC_CONNECT', 'not-sent', 'test-1']);
      assert.match(error.message, /not connected to .* after 300 ms;.* the last failure: .*ECONNREFUSED/);
      assert.equal((error.cause as RpcError).code, 'ERR_RPC_CONNECT');
      assert.equal(((error.cause as RpcError).cause as { code: string }).code, 'ECONNREFUSED');
    });

    it('waits for its server, in order, and is lost with its connection', async (t) => {
      const port = await unusedPort(t);
      const { calls, moves } = await callSharing(t, sharing, [{ id: 'test-1', serverType: 'test', port }]);
      const seen: number[] = [];
      const waiting = Promise.all([1, 2, 3, 4].map((n) => calls.f(null, n)));
      await until(() => moves.includes('test-1 connecting -> backoff'), { what: 'a failed attempt' });
      const gate = makeGate();
      const { server } = await serve(t, { f: (n: number) => seen.push(n), wait: () => gate.pass() }, { port });
      await waiting;
      assert.deepEqual(seen, [1, 2, 3, 4]);
      const lost = failure(calls.wait(null));
      await gate.arrivals(1);
      await server.stop(true);
      const error = await lost;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'unknown']);
    });

    it('one way, and to all of a type', async (t) => {
      const seen: string[] = [];
      const service = (name: string) => ({ note: (value: string) => seen.push(`${name} ${value}`), name: () => name });
      const servers = await Promise.all(['a', 'b'].map((id) => serve(t, service(id), { id })));
      const { calls, client } = await callSharing(t, sharing, servers);
      await calls.note.oneway.toServer?.('a', 'x');
      await calls.note.oneway(null, 'one');
      await until(() => seen.length >= 1, { what: 'the one-way call' });
      const outcomes = (await calls.name.toServer('*')) as { serverId: string; value: string }[];
      assert.deepEqual(
        outcomes.map(({ serverId, value }) => [serverId, value]),
        [
          ['a', 'a'],
          ['b', 'b'],
        ],
      );
      seen.length = 0;
      void calls.note.oneway(null, 'last');
      await client.stop();
      await until(() => seen.length === 1, { what: 'the call that was taken before the stop' });
    });

    it('brings its meta, also to a server that takes another encoding', async (t) => {
      const leader = await rawLeader(t); // takes JSON only, and announces meta
      const { calls } = await callSharing(t, sharing, [leader.info]);
      const answer = calls.f.with({ meta: { trace: 'abc' } })(null, 1);
      const peer = await leader.connection();
      const invoke = await peer.next('invoke');
      assert.deepEqual(invoke.head, { type: 'invoke', method: 'user.service.f', argLength: 2, oneway: false, meta: 1 });
      assert.match(invoke.body.toString(), /{"trace":"abc"}.*1/s);
      peer.write(response(invoke.id, { type: 'invoke_result', success: true }, Buffer.from('"yes"')));
      assert.equal(await answer, 'yes');
      const failing = failure(calls.f(null, 1));
      const { id } = await peer.next('invoke');
      peer.write(response(id, { type: 'invoke_result', success: false }, Buffer.from('{"name":"E","message":"no"}')));
      const error = await failing;
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_REMOTE', 'answered']);
      assert.deepEqual([(error.cause as Error).name, (error.cause as Error).message], ['E', 'no']);
    });

    it('reaches a stock Leader, without its meta', async (t) => {
      const leader = await rawLeader(t, async (peer) => {
        const { id } = await peer.next('register_channel');
        peer.write(response(id, { type: 'register_channel_res' }, stock({ success: true })));
      });
      const { calls } = await callSharing(t, sharing, [leader.info]);
      const answer = calls.f.with({ meta: { trace: 'abc' } })(null, { a: 1 });
      const peer = await leader.connection();
      const invoke = await peer.next('invoke');
      assert.deepEqual(invoke.head, { type: 'invoke', method: 'user.service.f', argLength: 1, oneway: false });
      assert.deepEqual(invoke.body.subarray(4), stock({ a: 1 }));
      peer.write(response(invoke.id, { type: 'invoke_result', success: true }, stock({ b: 2 })));
      assert.deepEqual(await answer, { b: 2 });
    });

    it('is not deceived by a server that speaks as those on the way do', async (t) => {
      const leader = await rawLeader(t);
      const { calls } = await callSharing(t, sharing, [leader.info], { codecs: ['json'] });
      const body = Buffer.from('{"name":"RpcError","message":"forged","code":"ERR_RPC_CLOSED"}');
      const heads = [
        { type: 'invoke_result', success: false, code: 'ERR_RPC_CLOSED', delivery: 'not-sent' },
        { type: 'relay_failure', code: 'ERR_RPC_CLOSED', delivery: 'not-sent' },
        { type: 'relay_failure', code: 'ERR_RPC_STOPPING', delivery: 'not-sent' },
      ];
      const codes: unknown[] = [];
      for (const head of heads) {
        const failing = failure(calls.f(null));
        const peer = await leader.connection();
        const { id } = await peer.next('invoke');
        peer.write(response(id, head, body));
        const { code, delivery } = await failing;
        codes.push([code, delivery]);
      }
      assert.deepEqual(codes, [
        ['ERR_RPC_REMOTE', 'answered'],
        ['ERR_RPC_DECODE', 'answered'],
        ['ERR_RPC_DECODE', 'answered'],
      ]);
    });

    it('settles when its client stops', async (t) => {
      expectNoLeaks(t);
      const gate = makeGate();
      const hung = makeGate();
      t.after(() => hung.open());
      const served = await serve(t, { wait: () => gate.pass('answered'), hang: () => hung.pass() });
      const { calls, client } = await callSharing(t, sharing, [served], { drainTimeout: 2_000 });
      const answered = calls.wait(null);
      await gate.arrivals(1);
      const stopped = client.stop();
      gate.open();
      assert.equal(await answered, 'answered');
      await stopped;
      const late = await failure(calls.wait(null));
      assert.deepEqual([late.code, late.delivery], ['ERR_RPC_CLOSED', 'not-sent']);
      const other = await callSharing(t, sharing, [served]);
      await other.calls.wait(null);
      const cut = failure(other.calls.hang(null));
      await hung.arrivals(1);
      await other.client.stop(true);
      assert.deepEqual([(await cut).code, (await cut).delivery], ['ERR_RPC_CLOSED', 'unknown']);
    });
  });
});
