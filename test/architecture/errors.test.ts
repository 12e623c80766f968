import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { RpcCode } from '../../lib/errors.js';
import { LIBRARY, list, ROOT, readText, sourceFiles, sourceOf } from './house.js';

const PAGE = 'docs/errors.md';

/** A heading or the first cell of a table row that holds a code. */
const ENTRY = /^(?:#+\s+|\|\s*)`?(ERR_RPC_\w+)/gm;

function documentedCodes(): string[] {
  assert.ok(existsSync(ROOT + PAGE), `${PAGE} does not exist yet: it needs a heading or a table row for each code`);
  return [...readText(PAGE).matchAll(ENTRY)].map(([, code = '']) => code);
}

describe('error codes', () => {
  const codes = Object.values(RpcCode);

  it('each is documented', () => {
    const documented = new Set(documentedCodes());
    const missing = codes.filter((code) => !documented.has(code));
    assert.deepEqual(missing, [], list(`${PAGE} has no heading or table row for`, missing));
  });

  it('each is documented once, and none that does not exist', () => {
    const documented = documentedCodes();
    const unknown = documented.filter((code) => !(codes as string[]).includes(code));
    assert.deepEqual(unknown, [], list(`${PAGE} documents codes that lib/errors.ts does not have`, unknown));
    const twice = documented.filter((code, at) => documented.indexOf(code) !== at);
    assert.deepEqual(twice, [], list(`${PAGE} documents these more than once`, twice));
  });

  it('each is used', () => {
    const code = sourceFiles(LIBRARY)
      .filter((file) => file !== 'lib/errors.ts')
      .map((file) => sourceOf(file).code)
      .join('\n');
    const idle = Object.keys(RpcCode).filter((name) => !new RegExp(`\\bRpcCode\\.${name}\\b`).test(code));
    assert.deepEqual(idle, [], list('no source outside lib/errors.ts uses', idle));
  });

  it('none is written out where the table has it', () => {
    const written = sourceFiles(LIBRARY)
      .filter((file) => file !== 'lib/errors.ts')
      .flatMap((file) =>
        sourceOf(file)
          .strings.filter((text) => /^ERR_RPC_/.test(text))
          .map((text) => `${file}: ${text}`),
      );
    assert.deepEqual(written, [], list('write RpcCode.Name', written));
  });
});
