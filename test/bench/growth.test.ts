import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatSeries } from '../../bench/growth/report.js';
import { runSeries } from '../../bench/growth/rounds.js';
import type { Series, Step } from '../../bench/growth/series.js';
import { SERIES } from '../../bench/growth/series.js';
import { peerUrl } from '../../bench/host-process.js';

const OWN = new URL('../../bench/growth/ends/', import.meta.url);
const FIXTURES = new URL('./fixtures/growth/', import.meta.url);
const SHORT = { rounds: 2, seconds: 0.1, warmUpSeconds: 0.1, cores: undefined };

const ONE: Step = {
  ...{ size: 1, servers: 1, processes: 1, clients: 1, inFlight: 4, waiting: 0 },
  values: { form: 'object' },
};

function run(kinds: readonly string[], steps: readonly Step[], folder = OWN) {
  const series: Series = { name: 'test', title: 'what grows', unit: 'things', kinds, steps };
  return runSeries(series, (kind) => peerUrl(kind, kind.startsWith('wrong') ? folder : OWN), SHORT);
}

describe('the bench of growth', () => {
  it('measures each size of each kind of growth, as ratios to the smallest', async () => {
    const steps: Step[] = [
      ONE,
      { ...ONE, size: 2, servers: 2, clients: 2 },
      { ...ONE, size: 3, processes: 2 },
      { ...ONE, size: 4, waiting: 1_500 },
      { ...ONE, size: 5, values: { form: 'text', bytes: 30_000 } },
      { ...ONE, size: 6, values: { form: 'bytes', bytes: 30_000 } },
    ];
    const figures = await run(['mailstation'], steps);
    const [ours] = figures.kinds;
    assert.equal(ours?.error, undefined);
    assert.deepEqual(
      ours?.steps.map(({ size }) => size),
      [1, 2, 3, 4, 5, 6],
    );
    assert.deepEqual(ours?.steps[0]?.cpuRatio, { median: 1, low: 1, high: 1 });
    for (const { callsPerSecond, cpuUs, serverUs } of ours?.steps ?? [])
      assert.ok(callsPerSecond > 0 && serverUs > 0 && cpuUs > serverUs);
    assert.ok((ours?.steps[3]?.heldUs ?? 0) > 0, 'calls have waited');
    assert.match(formatSeries(figures), /^what grows\n {2}mailstation, things .*\n {2}1 .* 1\.00 \(1\.00 - 1\.00\)/);
  });

  it('notices wrong replies, and measures the others all the same', async () => {
    const steps = [ONE, { ...ONE, size: 2, waiting: 5 }];
    const wrong = await run(['limit-json', 'wrong-echo'], [ONE], FIXTURES);
    assert.equal(wrong.kinds[0]?.error, undefined);
    assert.match(wrong.kinds[1]?.error ?? '', /^wrong-echo 1 caller 0: wrong reply: sent /);
    const held = await run(['wrong-hold'], steps, FIXTURES);
    assert.match(held.kinds[0]?.error ?? '', /wrong reply: the waiting call 2 got 1$/);
    assert.match(formatSeries(held), /wrong-hold FAILED: /);
  });

  it('has the sizes that the page shows', () => {
    const sizes = Object.fromEntries(SERIES.map(({ name, steps }) => [name, steps.map(({ size }) => size)]));
    assert.deepEqual([sizes['servers']?.at(0), sizes['servers']?.at(-1)], [1, 16]);
    assert.deepEqual([sizes['waiting']?.at(0), sizes['waiting']?.at(-1)], [1, 100_000]);
    assert.deepEqual([sizes['clients']?.at(0), sizes['clients']?.at(-1)], [1, 1_000]);
    assert.deepEqual(sizes['processes'], [1, 4, 16]);
    assert.deepEqual([sizes['bytes']?.at(0), sizes['bytes']?.at(-1)], [16, 1_048_576]);
  });
});
