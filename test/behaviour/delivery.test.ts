import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RpcError } from '../../lib/errors.js';
import { until } from '../support/until.js';
import { rawLeader } from './raw-peers.js';
import { call, failure, makeGate, overTransports, serve } from './support.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('an error says how far its call got', () => {
  it('what was given to the socket may have been executed, what still waited behind it was not', async (t) => {
    const leader = await rawLeader(t);
    const { calls } = await call(t, [leader.info], { timeout: 60_000 });
    const first = failure(calls.f(null, 'first'));
    const peer = await leader.connection();
    await peer.next('invoke');
    peer.socket.pause();
    const big = 'x'.repeat(1_000_000);
    const before: Promise<RpcError>[] = [first];
    for (let i = 0; i < 8; i++) {
      before.push(failure(calls.f(null, big)));
      await nextTurn();
    }
    const last = failure(calls.f(null, 'last'));
    await nextTurn();
    peer.socket.destroy();
    const errors = await Promise.all([...before, last]);
    for (const { code } of errors) assert.equal(code, 'ERR_RPC_CONNECTION_LOST');
    const deliveries = errors.map(({ delivery }) => delivery);
    assert.equal(deliveries[0], 'unknown');
    assert.equal(deliveries.at(-1), 'not-sent');
    const firstUnsent = deliveries.indexOf('not-sent');
    assert.deepEqual(new Set(deliveries.slice(0, firstUnsent)), new Set(['unknown']));
    assert.deepEqual(new Set(deliveries.slice(firstUnsent)), new Set(['not-sent']));
    assert.equal(
      peer.packets.some(({ body }) => body.includes('last')),
      false,
    );
  });

  it('what was being gathered when the connection was lost was not sent', async (t) => {
    const leader = await rawLeader(t);
    const { calls, moves } = await call(t, [leader.info], { bufferMsg: true, interval: 1_000, timeout: 60_000 });
    const gathered = [failure(calls.f(null, 1)), failure(calls.f(null, 2))];
    const peer = await leader.connection();
    await until(() => moves.at(-1) === 'test-1 connecting -> ready', { what: 'the connection' });
    peer.socket.destroy();
    for (const error of await Promise.all(gathered)) {
      assert.deepEqual([error.code, error.delivery], ['ERR_RPC_CONNECTION_LOST', 'not-sent']);
    }
  });

  overTransports((transport) => {
    it('a call is executed once, or not at all, whatever becomes of its connection', async (t) => {
      const executed = new Map<number, number>();
      const service = {
        f: async (n: number) => {
          executed.set(n, (executed.get(n) ?? 0) + 1);
          await nextTurn();
          return n;
        },
      };
      let served = await serve(t, service, { transport });
      const { calls } = await call(t, [served], { timeout: 20_000 });
      const outcomes: Promise<number | RpcError>[] = [];
      for (let restart = 0; restart < 4; restart++) {
        for (let i = 0; i < 200; i++) {
          outcomes.push(calls.f(null, outcomes.length).catch((error: RpcError) => error));
          if (i % 20 === 0) await nextTurn();
        }
        await until(() => executed.size > restart * 100, { what: 'some calls' });
        await served.server.stop(true);
        served = await serve(t, service, { transport, port: served.port });
      }
      const settled = await Promise.all(outcomes);
      for (const [n, outcome] of settled.entries()) {
        const times = executed.get(n) ?? 0;
        if (typeof outcome === 'number') assert.deepEqual([outcome, times], [n, 1]);
        else if (outcome.delivery === 'not-sent') assert.equal(times, 0, `call ${n} was executed: ${outcome.message}`);
        else assert.ok(times <= 1, `call ${n} was executed ${times} times`);
      }
      assert.ok(settled.some((outcome) => typeof outcome === 'number'));
    });
  });

  it('what the server answered is over there', async (t) => {
    const served = await serve(t, { fail: () => Promise.reject(new Error('boom')) });
    const { calls } = await call(t, [served]);
    for (const made of [calls.fail(null), calls.missing(null)])
      assert.equal((await failure(made)).delivery, 'answered');
  });

  it('what was cut off by force may have been executed', async (t) => {
    const gate = makeGate();
    const served = await serve(t, { f: () => gate.pass() });
    const { client, calls } = await call(t, [served]);
    const cut = failure(calls.f(null));
    await gate.arrivals(1);
    await client.stop(true);
    assert.deepEqual([(await cut).code, (await cut).delivery], ['ERR_RPC_CLOSED', 'unknown']);
  });
});
