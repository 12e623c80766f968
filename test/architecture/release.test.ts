import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, readText } from './house.js';

const { refusals } = (await import(pathToFileURL(`${ROOT}scripts/release.mjs`).href)) as {
  refusals(folder: string): string[];
};

interface Clone {
  readonly folder: string;
  git(...args: readonly string[]): string;
  write(name: string, text: string): void;
}

/** A repository whose commit may be released, but for what the test changes before the commit is made. */
function clone(
  t: TestContext,
  { version = '1.2.3', head = '1.2.3 - 2026-11-28', url = 'git+https://a.example/b.git' },
) {
  const folder = mkdtempSync(join(tmpdir(), 'mailstation-released-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@a.example', '-c', 'commit.gpgsign=false'];
  const made: Clone = {
    folder,
    git: (...args) => execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim(),
    write: (name, text) => writeFileSync(join(folder, name), text),
  };
  made.git('init', '-q');
  made.write('package.json', JSON.stringify({ version, repository: { type: 'git', url } }));
  made.write('CHANGELOG.md', `# Changelog\n\n## ${head}\n\n## 1.2.2 - 2026-01-01\n`);
  made.git('add', '.');
  made.git('commit', '-q', '-m', version);
  made.git('tag', `v${version}`);
  made.write('.git/ci-passed', `${made.git('rev-parse', 'HEAD')}\n`);
  return made;
}

describe('a release', () => {
  it('is not refused where all holds', (t) => {
    assert.deepEqual(refusals(clone(t, {}).folder), []);
  });

  it('is refused where the changelog begins with another version, or with none', (t) => {
    for (const head of ['Unreleased', '1.2.2 - 2026-11-28', '1.2.3'])
      assert.match(refusals(clone(t, { head }).folder).join('\n'), /^CHANGELOG\.md begins with "[^\n]*$/);
  });

  it('is refused where the tree has changes', (t) => {
    const { folder } = clone(t, {});
    appendFileSync(join(folder, 'CHANGELOG.md'), 'more\n');
    assert.match(refusals(folder).join('\n'), /^the tree has changes[^\n]*$/);
  });

  it('is refused without the tag of the version', (t) => {
    const { folder, git } = clone(t, {});
    git('tag', '-d', 'v1.2.3');
    assert.match(refusals(folder).join('\n'), /^the commit has no tag v1\.2\.3[^\n]*$/);
  });

  it('is refused where .ci/run has passed on another commit, or on none', (t) => {
    const { folder, write } = clone(t, {});
    write('.git/ci-passed', '0123456789012345678901234567890123456789\n');
    assert.match(refusals(folder).join('\n'), /^\.ci\/run has not passed[^\n]*$/);
    rmSync(join(folder, '.git/ci-passed'));
    assert.match(refusals(folder).join('\n'), /^\.ci\/run has not passed[^\n]*$/);
  });

  it('is refused while the project has no address', (t) => {
    const { folder } = clone(t, { url: 'git+https://mailstation.invalid/mailstation.git' });
    assert.match(refusals(folder).join('\n'), /^package\.json has no address[^\n]*$/);
  });

  it('has one address in package.json', () => {
    const { repository, homepage, bugs } = JSON.parse(readText('package.json'));
    const [, address = ''] = /^git\+(https:.*)\.git$/.exec(repository.url) ?? [];
    assert.ok(address.length > 0, repository.url);
    assert.deepEqual([homepage, bugs.url], [`${address}#readme`, `${address}/issues`]);
  });
});
