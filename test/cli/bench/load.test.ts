import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Load, type LoadResult, LoadRun } from '../../../cli/bench/load.js';
import { latencyAt, RpcError } from '../../../index.js';

const never = new AbortController().signal;

function run(call: () => Promise<unknown>, load: Load, signal = never): Promise<LoadResult> {
  return new LoadRun(call, load, signal).run();
}

describe('a load', () => {
  it('keeps as many calls in flight as it is asked to, and makes as many', async () => {
    let [open, most] = [0, 0];
    const call = async (): Promise<void> => {
      open += 1;
      most = Math.max(most, open);
      await delay(1);
      open -= 1;
    };
    const { tally, skipped, isInterrupted } = await run(call, { concurrency: 5, count: 52 });
    assert.equal(most, 5);
    assert.deepEqual([tally.started, tally.ok, tally.inTime, tally.failed, tally.open], [52, 52, 52, 0, 0]);
    assert.deepEqual([skipped, isInterrupted], [0, false]);
    assert.equal(tally.latency.count, 52);
  });

  it('ends with its time, and waits for the calls in flight, which do not count for the rate', async () => {
    const duration = 1_000;
    const release: (() => void)[] = [];
    const call = (): Promise<void> =>
      new Promise((resolve) => {
        // The last of them has begun within the time, so that all end after the time.
        if (release.push(resolve) === 3) setTimeout(() => release.map((each) => each()), duration + 100);
      });
    const { tally, elapsed } = await run(call, { concurrency: 3, duration });
    assert.deepEqual([tally.started, tally.ok, tally.inTime, tally.left], [3, 3, 0, 0]);
    assert.equal(Math.round(elapsed), duration);
  });

  it('makes the calls of a rate when they are due', async () => {
    const { tally, elapsed, skipped } = await run(async () => {}, { concurrency: 100, rate: 200, duration: 500 });
    assert.equal(tally.started + skipped, 100);
    assert.equal(Math.round(elapsed), 500);
  });

  it('counts the latency of a rate from the moment at which a call was due', async () => {
    // One pause of 300 ms, at 100 calls a second with one call in flight at most: the calls behind it were due during the pause.
    let calls = 0;
    const call = async (): Promise<void> => {
      calls += 1;
      if (calls === 1) await delay(300);
    };
    const { tally } = await run(call, { concurrency: 1, rate: 100, count: 30 });
    assert.equal(tally.ok, 30);
    assert.ok(latencyAt(tally.service, 0.5) < 100, 'half of the calls took no time by themselves');
    assert.ok(latencyAt(tally.latency, 0.5) > 100, 'and were late by half of the pause');
  });

  it('says how many calls of a rate could not be made', async () => {
    const { tally, skipped } = await run(() => delay(50), { concurrency: 1, rate: 1_000, duration: 200 });
    assert.equal(tally.started + skipped, 200);
    assert.ok(skipped >= 190, `${skipped} skipped`);
  });

  it('counts failures by their code, and gives no latency to a call that was not sent', async () => {
    const errors = [
      new RpcError('ERR_RPC_REMOTE', 'it failed', { delivery: 'answered' }),
      new RpcError('ERR_RPC_CONNECT', 'nobody there', { delivery: 'not-sent' }),
      undefined,
    ];
    let calls = 0;
    const call = async (): Promise<void> => {
      const error = errors[calls++ % 3];
      if (error) throw error;
    };
    const { tally } = await run(call, { concurrency: 2, count: 30 });
    assert.deepEqual([tally.ok, tally.failed, tally.latency.count], [10, 20, 20]);
    assert.deepEqual(
      tally.failures.map(({ code, count, first }) => [code, count, first.message]),
      [
        ['ERR_RPC_REMOTE', 10, 'it failed'],
        ['ERR_RPC_CONNECT', 10, 'nobody there'],
      ],
    );
  });

  it('lets timers run while every call fails at once', async () => {
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 20);
    const call = async (): Promise<void> => {
      throw new RpcError('ERR_RPC_CONNECT', 'nobody there', { delivery: 'not-sent' });
    };
    await run(call, { concurrency: 10, duration: 200 });
    assert.ok(isOver);
  });

  for (const rate of [undefined, 50]) {
    it(`is interrupted${rate === undefined ? '' : ', with a rate'}: no further call, and those in flight are left`, async () => {
      const interrupt = new AbortController();
      let started = 0;
      const call = (): Promise<void> => {
        started += 1;
        if (started === 3) interrupt.abort();
        return started <= 2 ? Promise.resolve() : new Promise(() => {});
      };
      const { tally, isInterrupted } = await run(call, { concurrency: 1, rate, count: 100 }, interrupt.signal);
      assert.deepEqual([started, isInterrupted, tally.ok, tally.left, tally.open], [3, true, 2, 1, 0]);
    });
  }
});
