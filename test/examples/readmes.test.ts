import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ROOT, readText } from '../architecture/house.js';

const FOLDERS = readdirSync(`${ROOT}examples`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('the examples', () => {
  it('are found', () => assert.ok(FOLDERS.length >= 15));

  for (const name of FOLDERS) {
    it(`${name}: three lines say what it shows, how it is run, and what to look at`, () => {
      const [title = '', blank, what = '', run = '', see = '', after = ''] = readText(
        `examples/${name}/README.md`,
      ).split('\n');
      assert.match(title, /^# \S/);
      assert.deepEqual([blank, after], ['', '']);
      assert.match(what, /[.:]$/);
      assert.match(run, /^Run `.*(?:npm|npx|node) .*`/);
      assert.match(see, /^See /);
      const [, index = ''] = readText('examples/README.md').split('# Examples\n');
      assert.ok(index.includes(`(${name}/README.md)`), 'examples/README.md does not list the folder');
    });

    it(`${name}: the command names a file that is there`, () => {
      const text = readText(`examples/${name}/README.md`);
      for (const [, file = ''] of text.matchAll(/node --import tsx (examples\/\S+?\.[jt]s)\b/g)) readText(file);
    });
  }
});
