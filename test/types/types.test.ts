import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/house.js';
import { compile } from './compiler.js';

const FIXTURES = join(ROOT, 'test/types/fixtures');

/** What an application's own tsconfig may say, beside `strict`. */
const MANNERS: readonly [what: string, options: readonly string[]][] = [
  ['as this repository does', []],
  [
    'with nothing but `strict`',
    ['--noUncheckedIndexedAccess', 'false', '--exactOptionalPropertyTypes', 'false', '--noImplicitOverride', 'false'],
  ],
  ['with `noPropertyAccessFromIndexSignature`', ['--noPropertyAccessFromIndexSignature']],
];

describe('the types of a client', () => {
  for (const [what, options] of MANNERS) {
    // The fixtures hold both: what must compile, and behind `@ts-expect-error` what must not.
    it(`accept what is right and refuse what is wrong, compiled ${what}`, async () => {
      const diagnostics = await compile(FIXTURES, options);
      const inFixtures = diagnostics.filter(({ file }) => !file.startsWith('../'));
      assert.deepEqual(inFixtures, []);
    });
  }
});
