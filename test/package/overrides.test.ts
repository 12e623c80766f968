import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packInto } from '../support/packed.js';

const run = promisify(execFile);
const APPLICATION = fileURLToPath(new URL('./overridden/', import.meta.url));

/** Packages that an override replaces, each by the folder of its name in compat/. */
const REPLACED = ['cluster-client'];

// An application whose dependency requires one of the replaced packages, as egg requires cluster-client.
describe('an override', () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-override-'));
  const npm = (...args: string[]) =>
    run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], { cwd: project });
  const runs = async (file: string): Promise<string> => (await run(process.execPath, [file], { cwd: project })).stdout;

  before(async () => {
    const tarball = await packInto(project);
    cpSync(APPLICATION, project, { recursive: true });
    await npm('pack', '--silent', './user'); // npm looks for the path of an override beside a linked folder
    const overrides = REPLACED.map((name) => [name, `file:./node_modules/mailstation/compat/${name}`]);
    const manifest = {
      private: true,
      dependencies: { mailstation: `file:./${tarball}`, user: 'file:./user-1.0.0.tgz' },
      overrides: Object.fromEntries(overrides),
    };
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
    await npm('install');
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const name of REPLACED) {
    it(`gives a dependency that requires ${name} the entry mailstation/${name}`, async () => {
      assert.equal(await runs('check.cjs'), `${name}: the entry\n`);
    });
  }

  it('holds after npm ci', async () => {
    rmSync(join(project, 'node_modules'), { recursive: true });
    await npm('ci');
    assert.equal(await runs('check.cjs'), REPLACED.map((name) => `${name}: the entry\n`).join(''));
  });

  it('gives an ES module the default export and the names', async () => {
    assert.equal(await runs('check.mjs'), 'value of color\n');
  });
});
