import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../architecture/house.js';

type Compare = (listed: readonly string[], ran: readonly string[], gone: string) => Record<string, string[]>;

const script = (name: string) => pathToFileURL(join(ROOT, 'scripts', name)).href;
const { compareNames } = (await import(script('test-names.mjs'))) as { compareNames: Compare };

describe('the names of the tests', () => {
  it('may grow, and may not be lost', () => {
    assert.deepEqual(compareNames(['a', 'b'], ['b', 'c'], ''), { lost: ['a'], fresh: ['c'], wrong: [] });
    assert.deepEqual(compareNames(['a', 'a'], ['a'], ''), { lost: ['a'], fresh: [], wrong: [] });
  });

  it('may be lost with a new name or a reason', () => {
    const gone = '# why\na > b => c > d\ne -- the option is gone\n';
    assert.deepEqual(compareNames(['a > b', 'e'], ['c > d'], gone), { lost: [], fresh: [], wrong: [] });
  });

  it('may be lost with the new name of their suite', () => {
    const listed = ['Old > a', 'Old > b', 'Old > c', 'Older > a'];
    const compared = compareNames(listed, ['New > a', 'Old > b', 'Older > a'], 'Old > * => New > *');
    assert.deepEqual(compared, { lost: ['Old > c'], fresh: [], wrong: [] });
  });

  it('are not accounted for by what is not so', () => {
    const { lost, wrong } = compareNames(['a', 'b', 'c'], ['c'], 'a => x\nb\nc -- not needed\n');
    assert.deepEqual(lost, ['a', 'b']);
    assert.deepEqual(wrong, [
      'the new name is not among the tests: a => x',
      'neither a new name nor a reason: b',
      'not gone: c -- not needed',
    ]);
  });

  it('are written in full by the reporter', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mailstation-names-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'some.test.mjs');
    const text = `
      import { describe, it } from 'node:test';
      describe('outer', () => { describe('inner', () => { it('first', () => {}); }); it('fails', () => { throw 1; }); });
      it('alone', async (t) => { await t.test('within', () => {}); });
    `;
    writeFileSync(file, text);
    const names = join(folder, 'names.txt');
    const flags = [`--test-reporter=${script('test-names-reporter.mjs')}`, `--test-reporter-destination=${names}`];
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    spawnSync(process.execPath, ['--test', ...flags, file], { env, timeout: 30_000 });
    assert.deepEqual(readFileSync(names, 'utf8').trim().split('\n'), [
      'outer > inner > first',
      'outer > fails',
      'alone > within',
      'alone',
    ]);
  });
});
