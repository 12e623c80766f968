import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAMILIES } from '../../observe/metrics/families.js';
import { readText } from '../architecture/house.js';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/metrics.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'metrics.js');
    assert.equal(printed, expected);
  });

  it('shows a program with prom-client that finds the metrics', async (t) => {
    const { printed } = await runPageProgram(t, PAGE, 'with-prom-client.js');
    assert.equal(printed, 'true\n');
  });

  it('asks Prometheus for names that there are', () => {
    const [, questions = ''] = /^```promql\n(.*?)^```$/ms.exec(readText(PAGE)) ?? [];
    const asked = [...questions.matchAll(/\b((?:rpc|mailstation)_\w+?)(?:_count|_sum|_bucket)?[[{]/g)].map(
      ([, name = '']) => name,
    );
    assert.ok(asked.length >= 4);
    assert.deepEqual(
      asked.filter((name) => !(name in FAMILIES)),
      [],
    );
  });

  it('has a table with every metric, and its type', () => {
    const rows = [...readText(PAGE).matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|/gm)];
    const shown = rows.map(([, name, type]) => [name, type]);
    assert.deepEqual(
      shown,
      Object.entries(FAMILIES).map(([name, { type }]) => [name, type]),
    );
  });
});
