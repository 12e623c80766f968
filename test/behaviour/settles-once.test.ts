import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { listOf, response } from '../lib/transport/support.js';
import { expectNoLeaks } from '../support/leaks.js';
import { until } from '../support/until.js';
import { rawLeader } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve, unusedPort } from './support.js';

/** A callback that writes down how often it was called, and with what. */
function witness() {
  const outcomes: unknown[][] = [];
  return { outcomes, callback: (...outcome: unknown[]) => void outcomes.push(outcome) };
}

describe('every call settles exactly once', () => {
  overTransports((transport) => {
    it('with its result', async (t) => {
      expectNoLeaks(t);
      const served = await serve(t, { add: (a: number, b: number) => a + b }, { transport });
      const { calls } = await call(t, [served]);
      assert.equal(await calls.add(null, 1, 2), 3);
      assert.equal(await calls.add.toServer('test-1', 3, 4), 7);
    });

    it('when a thousand are made at once, each with its own result', async (t) => {
      const served = await serve(t, { echo: async (n: number) => n }, { transport });
      const { calls } = await call(t, [served]);
      const results = await Promise.all(Array.from({ length: 1_000 }, (_, n) => calls.echo(null, n)));
      assert.deepEqual(
        results,
        Array.from({ length: 1_000 }, (_, n) => n),
      );
    });

    it('when answers come in another order than the calls', async (t) => {
      const gates = [makeGate(), makeGate(), makeGate()];
      const served = await serve(t, { wait: (n: number) => gates[n]?.pass(n) }, { transport });
      const { calls } = await call(t, [served]);
      const order: number[] = [];
      const all = [0, 1, 2].map((n) => calls.wait(null, n).then((result: number) => order.push(result)));
      await gates[2]?.arrivals(1);
      for (const n of [2, 0, 1]) {
        gates[n]?.open();
        await until(() => order.includes(n), { what: `answer ${n}` });
      }
      await Promise.all(all);
      assert.deepEqual(order, [2, 0, 1]);
    });
  });

  it('with its deadline, and the answer that comes after that is dropped', async (t) => {
    expectNoLeaks(t);
    const gate = makeGate();
    const served = await serve(t, { wait: () => gate.pass('late'), ping: () => 'pong' });
    const { calls } = await call(t, [served]);
    await calls.ping(null);
    const { outcomes, callback } = witness();
    calls.wait.with({ timeout: 30 })(null, callback);
    await until(() => outcomes.length > 0, { what: 'the timeout' });
    gate.open();
    assert.equal(await calls.ping(null), 'pong', 'behind the late answer on the same connection');
    assert.equal(outcomes.length, 1);
    const [[error, ...results] = []] = outcomes;
    assert.deepEqual([(error as { code: string }).code, results], ['ERR_RPC_TIMEOUT', []]);
  });

  it('when the server answers twice', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info]);
    const { outcomes, callback } = witness();
    calls.f(null, callback);
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    const answer = (n: number) =>
      response(id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from(String(n))));
    peer.write(
      answer(1),
      answer(2),
      response(id, { type: 'invoke_result', success: false }, Buffer.from('{"message":"boom"}')),
    );
    await until(() => outcomes.length > 0, { what: 'the answer' });
    await turn();
    assert.deepEqual(outcomes, [[null, 1]]);
  });

  it('when it is stopped while the connection is being made', async (t) => {
    expectNoLeaks(t);
    const leader = await rawLeader(t, () => {}); // it accepts, and never answers the registration
    const { client, calls } = await call(t, [leader.info]);
    const { outcomes, callback } = witness();
    calls.f(null, callback);
    await leader.connection();
    await client.stop(true);
    assert.deepEqual(
      outcomes.map(([error]) => (error as { code: string }).code),
      ['ERR_RPC_CLOSED'],
    );
  });

  it('when nobody listens, at its deadline, and says why', async (t) => {
    expectNoLeaks(t);
    const port = await unusedPort(t);
    const { calls } = await call(t, [{ id: 'test-1', serverType: 'test', port }]);
    const error = await failure(calls.f.with({ timeout: 50 })(null));
    assert.deepEqual(
      [error.code, error.delivery, error.serverId, error.method],
      ['ERR_RPC_CONNECT', 'not-sent', 'test-1', 'user.service.f'],
    );
    assert.match(error.message, /ECONNREFUSED/);
  });

  it('when the connection ends in the middle of its answer', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info]);
    const { outcomes, callback } = witness();
    calls.f(null, callback);
    const peer = await leader.connection();
    const { id } = await peer.next('invoke');
    const answer = response(id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('"half"')));
    peer.socket.end(answer.subarray(0, answer.length - 3));
    await until(() => outcomes.length > 0, { what: 'the end' });
    const error = outcomes[0]?.[0] as Error & { code: string; delivery: string };
    assert.deepEqual([error.code, error.delivery, outcomes.length], ['ERR_RPC_CONNECTION_LOST', 'unknown', 1]);
  });

  it('when its answer cannot be decoded, and the connection serves on', async (t) => {
    const leader = await rawLeader(t);
    const { calls, moves } = await call(t, [leader.info]);
    const bad = calls.f(null);
    const good = calls.f(null);
    const peer = await leader.connection();
    const [first, second] = [await peer.next('invoke'), await peer.next('invoke')];
    peer.write(response(first.id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('{"no'))));
    peer.write(response(second.id, { type: 'invoke_result', success: true, results: 1 }, listOf(Buffer.from('5'))));
    assert.equal((await failure(bad)).code, 'ERR_RPC_DECODE');
    assert.equal(await good, 5);
    assert.deepEqual(moves, ['test-1 idle -> connecting', 'test-1 connecting -> ready']);
  });
});
