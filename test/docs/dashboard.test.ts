import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DASHBOARD_DEFAULTS } from '../../dashboard/options.js';
import { readText } from '../architecture/house.js';
import { runPageProgram } from './page-program.js';

const PAGE = 'docs/dashboard.md';

describe(PAGE, () => {
  it('shows a program that prints what the page says', async (t) => {
    const { printed, expected } = await runPageProgram(t, PAGE, 'watched.js');
    assert.equal(printed, expected);
  });

  it('shows a program with an HTTP server of its own', async (t) => {
    const { printed } = await runPageProgram(t, PAGE, 'in-http.js');
    assert.equal(printed, '/ops/rpc/?token=...\n');
  });

  it('has a row for each option, with its default', () => {
    const source = readText('dashboard/options.ts');
    const [, body = ''] = /export interface DashboardOptions \{\n(.*?)\n\}/s.exec(source) ?? [];
    const names = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name = '']) => name);
    assert.ok(names.length > 14);
    const rows = readText(PAGE)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const rowOf = (name: string) => rows.find((row) => row.split('|')[1]?.includes(`\`${name}\``));
    assert.deepEqual(
      names.filter((name) => rowOf(name) === undefined),
      [],
    );
    for (const [name, value] of Object.entries(DASHBOARD_DEFAULTS)) {
      const row = rowOf(name)?.replaceAll(',', '') ?? '';
      assert.ok(row.includes(String(value)), `${name}: ${value} is not in ${row}`);
    }
  });
});
