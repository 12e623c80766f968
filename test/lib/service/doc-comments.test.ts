import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { docComments } from '../../../lib/service/doc-comments.js';

const docsIn = (source: string) => Object.fromEntries(docComments(source));

describe('docComments', () => {
  const forms = [
    'export async function name(a) {}',
    'function* name() {}',
    'name(a, b) {}',
    'async *name() {}',
    'static name() {}',
    'name: async () => {},',
    "'name': () => {},",
    'exports.name = () => {};',
    'module.exports.name = function () {};',
    'export const name = (a) => a;',
    'name<T>(a: T) {}',
  ];
  for (const form of forms)
    it(`finds the comment of ${form}`, () =>
      assert.deepEqual(docsIn(`/** What it does. */\n  ${form}`), { name: 'What it does.' }));

  it('leaves out the stars, and keeps the lines', () => {
    assert.deepEqual(docsIn('/**\n   * One.\n   *\n   *  Two.\n   */\nname() {}'), { name: 'One.\n\n Two.' });
  });

  it('finds nothing behind other comments, other code, and the end', () => {
    assert.deepEqual(
      docsIn('/* no */ name() {}\n/** of a file */\n\nimport a from "b";\n/**/ name() {}\n/** open'),
      {},
    );
  });

  it('leaves out a name that has two comments', () => {
    assert.deepEqual(docsIn('/** One. */ a() {}\n/** Two. */ a() {}\n/** B. */ b() {}\n/** B. */ b() {}'), { b: 'B.' });
  });

  it('takes no time for hostile sources', () => {
    assert.deepEqual(docsIn('/**'.repeat(200_000)), {});
    assert.deepEqual(docsIn(`/** a */${' export'.repeat(100_000)}`), {});
  });
});
