import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BUCKET_MS, type Bucket, Buckets, backAfter } from '../../bench/overload/buckets.js';
import { capacityOf, runPhases } from '../../bench/overload/caller.js';
import { CASES } from '../../bench/overload/cases.js';

import type { Phase } from '../../bench/overload/phase.js';
import { formatCase } from '../../bench/overload/report.js';
import { runCase } from '../../bench/overload/run.js';

const PHASES: Phase[] = [
  { name: 'before', rate: 100, seconds: 0.25 },
  { name: 'overload', rate: 400, seconds: 0.5 },
  { name: 'after', rate: 100, seconds: 2 },
];

const failures = (buckets: readonly Bucket[]) => new Set(buckets.flatMap(({ failed }) => Object.keys(failed)));

describe('the bench of overload', () => {
  it('makes calls at the rates of the phases, and counts answers, late answers, wrong replies and codes', async () => {
    let calls = 0;
    const { buckets } = await runPhases(
      PHASES,
      async (number) => {
        calls += 1;
        await nextTurn();
        if (number === 10) return 'wrong';
        if (number === 20) throw Object.assign(new Error('full'), { code: 'ERR_RPC_OVERLOADED' });
        return number;
      },
      60_000,
    );
    assert.deepEqual([...failures(buckets)].sort(), ['ERR_RPC_OVERLOADED', 'wrong reply']);
    const [before, overload] = (['before', 'overload'] as const).map((name) =>
      buckets.filter(({ phase }) => phase === name).reduce((sum, { offered }) => sum + offered, 0),
    );
    assert.deepEqual([before, overload], [25, 200]);
    const good = buckets.reduce((sum, bucket) => sum + bucket.good, 0);
    assert.ok(good > 200 && good <= calls - 2, `${good} of ${calls}`);
    const late = await runPhases(PHASES.slice(0, 1), (number) => Promise.resolve(number), 0);
    assert.deepEqual([...failures(late.buckets)], ['late answer']);
  });

  it('says when the latency is back: after a second without a failure at the latency of before', () => {
    const phases: Phase[] = [
      { name: 'before', rate: 1, seconds: 1 },
      { name: 'overload', rate: 2, seconds: 1 },
      { name: 'after', rate: 1, seconds: 3 },
    ];
    const buckets = new Buckets(phases);
    for (let ms = 0; ms < 5_000; ms += BUCKET_MS) buckets.good(ms, ms >= 1_000 && ms < 2_500 ? 500 : 5);
    assert.equal(backAfter(buckets.until(5_000)), 500);
    buckets.failed(2_800, 'ERR_RPC_TIMEOUT');
    assert.equal(backAfter(buckets.until(5_000)), 1_000);
    assert.equal(backAfter(buckets.until(2_500)), undefined);
  });

  it('finds the capacity in a closed loop, and fails at a wrong reply', async () => {
    const echo = async (number: number): Promise<number> => {
      await nextTurn();
      return number;
    };
    assert.ok((await capacityOf(echo, 4, 0.05)) > 0);
    await assert.rejects(
      capacityOf((number) => echo(number === 6 ? 0 : number), 4, 60),
      /wrong reply: sent 6, got 0/,
    );
  });

  it('takes a server with bounds over its capacity, in processes of their own', async () => {
    const bounded = CASES.find(({ server }) => server.maxConcurrent !== undefined);
    assert.ok(bounded !== undefined);
    const seconds = { capacity: 0.1, before: 0.5, overload: 1.5, after: 1 };
    const figures = await runCase(bounded, { seconds, cores: undefined });
    assert.ok(figures.capacity > 0 && figures.started > 0 && figures.overload.good > 0 && figures.rssPeak > 0);
    assert.deepEqual([...new Set(figures.buckets.map(({ phase }) => phase))], ['before', 'overload', 'after']);
    assert.equal(failures(figures.buckets).has('wrong reply'), false);
    assert.match(formatCase(figures), /answers\/s in a closed loop\n {2}at half of that: .*\n {2}at twice of that: /);
  });
});
