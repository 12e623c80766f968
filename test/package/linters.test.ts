import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const TOOLS = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'];

describe('the packed package', { timeout: 300_000 }, () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-linters-'));
  let tarball = '';
  const inProject = (args: readonly string[]) => run(process.execPath, args, { cwd: project });

  before(async () => {
    tarball = await packInto(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-save'];
    await run('npm', ['install', ...quiet, `./${tarball}`, ...TOOLS], { cwd: project });
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  it('has nothing for publint --strict to report', async () => {
    const code = `import { publint } from 'publint';
      const { messages } = await publint({ pkgDir: 'node_modules/mailstation', strict: true, pack: false });
      console.log(JSON.stringify(messages));`;
    const { stdout } = await inProject(['--input-type=module', '-e', code]);
    assert.deepEqual(JSON.parse(stdout), []);
  });

  it('has types that attw finds right in each way of resolving them', async () => {
    const attw = ['node_modules/@arethetypeswrong/cli/dist/index.js', tarball];
    // The client for web pages is an ES module alone, since no page has another kind.
    const runs = [
      [...attw, '--exclude-entrypoints', 'browser'],
      [...attw, '--entrypoints', 'browser', '--ignore-rules', 'cjs-resolves-to-esm'],
    ];
    for (const run of runs) await inProject(run).catch((error: { stdout: string }) => assert.fail(error.stdout));
  });
});
