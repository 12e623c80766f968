import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLIENT_NAMES, SERVER_NAMES } from '../../lib/compat/option-names.js';
import { LIBRARY, list, sourceFiles, sourceOf } from './house.js';
import { lineOf } from './source.js';

/** A client has an option `rpcLogger` of its own, which is no older name of another. */
const OLDER = [...CLIENT_NAMES, ...SERVER_NAMES].map(({ older }) => older).filter((name) => name !== 'rpcLogger');

const outside = sourceFiles(LIBRARY).filter((file) => !file.startsWith('lib/compat/'));

describe('older names', () => {
  it('are declared by options, and read by lib/compat alone', () => {
    const found = outside.flatMap((file) => {
      const { code } = sourceOf(file);
      const used = new RegExp(`\\b(?:${OLDER.join('|')})\\b(?!\\?:|: true)`, 'g');
      return [...code.matchAll(used)].map(({ 0: name, index }) => `${file}:${lineOf(code, index)}: ${name}`);
    });
    assert.deepEqual(found, [], list('read the name that canonicalOptions() gives', found));
  });

  it('are declared where users look for them', () => {
    const declared = outside.map((file) => sourceOf(file).code).join('\n');
    for (const name of OLDER) assert.match(declared, new RegExp(`\\b${name}\\?:`), name);
  });
});
