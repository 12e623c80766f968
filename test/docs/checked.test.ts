import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { ROOT, readText } from '../architecture/house.js';

const PAGE = 'docs/checked.md';

/** The files of the page, in a folder with the package and the schema library. */
function write(t: TestContext): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mailstation-checked-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const index = new URL('../../index.js', import.meta.url).href;
  for (const [, name = '', code = ''] of readText(PAGE).matchAll(/^```js\n\/\/ (\S+\.js)\n(.*?)^```$/gms)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code.replaceAll("'mailstation'", `'${index}'`));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  return folder;
}

describe(PAGE, () => {
  it('shows programs that print what their comments say', async (t) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['client.js'], { cwd: write(t), timeout: 30_000 });
    const code = /^```js\n\/\/ client\.js\n(.*?)^```$/ms.exec(readText(PAGE))?.[1] ?? '';
    const comments = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment = '']) => comment);
    assert.equal(comments.length, 4);
    assert.equal(
      stdout
        .replaceAll(/\n {2}/g, ' ')
        .replaceAll('\n}', ' }')
        .trimEnd(),
      comments.join('\n'),
    );
  });

  const fits = async (schema: StandardSchemaV1, value: unknown): Promise<unknown> => {
    const result = await schema['~standard'].validate(value);
    return result.issues === undefined ? result.value : 'refused';
  };

  it('says truly how the libraries differ', async () => {
    const extra = { a: 'x', b: 1 };
    assert.deepEqual(await fits(z.object({ a: z.string() }), extra), { a: 'x' });
    assert.deepEqual(await fits(v.object({ a: v.string() }), extra), { a: 'x' });
    assert.deepEqual(await fits(type({ a: 'string' }), extra), extra);
    assert.equal(await fits(z.strictObject({ a: z.string() }), extra), 'refused');
    assert.equal(await fits(v.strictObject({ a: v.string() }), extra), 'refused');
    const numbers = [z.number(), v.number(), type('number')] as const;
    const infinities = await Promise.all(numbers.map((schema) => fits(schema, Number.POSITIVE_INFINITY)));
    assert.deepEqual(infinities, ['refused', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    assert.deepEqual(await Promise.all(numbers.map((schema) => fits(schema, Number.NaN))), Array(3).fill('refused'));
    let runs = 0;
    await fits(
      z.string().refine(async () => ++runs > 0),
      'x',
    );
    assert.equal(runs, 2);
  });
});
