import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { compareOutputs, linesOf } from './compare.js';
import { EGG_PROGRAMS } from './egg.js';
import { installOriginal, installOurs, packOurs } from './install.js';
import { PINUS_PROGRAMS } from './pinus.js';
import { POMELO_PROGRAMS } from './pomelo.js';
import type { Program } from './program.js';
import { SDK_PROGRAMS } from './sdk-clients.js';

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

  for (const program of [...POMELO_PROGRAMS, ...PINUS_PROGRAMS, ...EGG_PROGRAMS, ...SDK_PROGRAMS]) {
    it(`prints what it prints with the original: ${program.name}`, { skip: program.skip ?? false }, async (t) => {
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
      t.diagnostic(`${linesOf(original).length} lines, ${program.differences.length} of them differ`);
    });
  }
});
