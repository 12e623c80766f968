import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { compareOutputs } from './compare.js';
import { installOriginal, installOurs, packOurs } from './install.js';
import { PINUS_PROGRAMS } from './pinus.js';
import { POMELO_PROGRAMS } from './pomelo.js';
import type { Program } from './program.js';

const run = promisify(execFile);
const PATIENCE_MS = 240_000;

async function outputOf(folder: string, env: Program['env'] = {}): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: folder, env: { PATH, HOME, ...env }, timeout: PATIENCE_MS, maxBuffer: 1 << 24 };
  const { stdout } = await run(process.execPath, ['main.cjs'], options).catch(
    (error: { stdout: string; stderr: string }) => assert.fail(`the program failed\n${error.stdout}${error.stderr}`),
  );
  return stdout;
}

describe('a program on a real framework, with ours in the place of its package', () => {
  let tarball: string;
  before(async () => {
    tarball = await packOurs();
  });

  for (const program of [...POMELO_PROGRAMS, ...PINUS_PROGRAMS]) {
    it(`prints what it prints with the original: ${program.name}`, async (t) => {
      const folders = [await installOriginal(program), await installOurs(program, tarball)];
      const replaced = folders.map((folder) => realpathSync(join(folder, 'node_modules', program.replaced)));
      assert.deepEqual(
        replaced.map((path) => path.includes('mailstation/compat/')),
        [false, true],
        'the override does not hold',
      );
      const [original = '', ours = ''] = [
        await outputOf(folders[0] ?? '', program.env),
        await outputOf(folders[1] ?? '', program.env),
      ];
      assert.ok(!/^failed: /m.test(original), original);
      assert.deepEqual(compareOutputs(original, ours, program.differences), []);
      t.diagnostic(`${original.trimEnd().split('\n').length} lines, ${program.differences.length} of them differ`);
    });
  }
});
