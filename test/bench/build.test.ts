import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildAt } from '../../bench/build.js';
import { UsageError } from '../../bench/options.js';

/** `package/`, as it is called in a tarball of npm, with an entry that is built or not. */
function packageIn(t: TestContext, isBuilt: boolean): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailstation-build-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'package/dist'), { recursive: true });
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } };
  writeFileSync(path.join(folder, 'package/package.json'), JSON.stringify({ name: 'mailstation', exports }));
  if (isBuilt) writeFileSync(path.join(folder, 'package/dist/index.js'), 'export {}');
  return path.join(folder, 'package');
}

describe('a build to compare with', () => {
  it('is the folder of a built package', (t) => {
    const folder = packageIn(t, true);
    assert.equal(buildAt(folder), pathToFileURL(path.join(folder, 'dist/index.js')).href);
  });

  it('is a tarball, whose package then finds the dependencies of this one', (t) => {
    const folder = packageIn(t, true);
    const tarball = `${folder}.tgz`;
    execFileSync('tar', ['-czf', tarball, '-C', path.dirname(folder), 'package']);
    const entry = fileURLToPath(buildAt(tarball));
    t.after(() => rmSync(path.join(entry, '../..'), { recursive: true }));
    assert.equal(readFileSync(entry, 'utf8'), 'export {}');
    assert.match(entry, /node_modules.*dist.index\.js$/);
  });

  it('is refused where there is nothing, no package, or nothing built', (t) => {
    const folder = packageIn(t, false);
    const refused = (given: string, message: RegExp) => {
      assert.throws(
        () => buildAt(given),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    };
    refused(path.join(folder, 'nowhere'), /there is no .*nowhere$/);
    refused(path.dirname(folder), /holds no package\.json/);
    refused(path.join(folder, 'package.json'), /is no tarball/);
    refused(folder, /index\.js does not exist; run `npm run build` in /);
  });
});
