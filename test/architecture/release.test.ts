import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, readManifest, readText } from './house.js';

const { refusals } = (await import(pathToFileURL(`${ROOT}scripts/release.mjs`).href)) as {
  refusals(folder: string, options?: { isLongElsewhere?: boolean }): string[];
};

type Place = readonly [file: string, before: RegExp, after: RegExp];

const { PLACES, withVersion } = (await import(pathToFileURL(`${ROOT}scripts/write-version.mjs`).href)) as {
  PLACES: readonly Place[];
  withVersion(text: string, place: Place, version: string): string;
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
  for (const mark of ['ci-passed', 'ci-passed-long']) made.write(`.git/${mark}`, `${made.git('rev-parse', 'HEAD')}\n`);
  return made;
}

describe('the version', () => {
  it('is that of package.json in each file that names it', () => {
    const { version } = readManifest();
    for (const place of PLACES)
      assert.equal(withVersion(readText(place[0]), place, version), readText(place[0]), place[0]);
  });

  it('is written everywhere by npm version, pre-releases too', () => {
    assert.equal(JSON.parse(readText('package.json')).scripts.version, 'node scripts/write-version.mjs');
    for (const place of PLACES) {
      const next = withVersion(readText(place[0]), place, '12.3.4-beta.5');
      assert.ok(next.includes('12.3.4-beta.5'), place[0]);
      assert.equal(withVersion(next, place, readManifest().version), readText(place[0]), place[0]);
    }
  });
});

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

  for (const [script, mark] of [
    ['.ci/run', 'ci-passed'],
    ['.ci/long', 'ci-passed-long'],
  ] as const)
    it(`is refused where ${script} has passed on another commit, or on none`, (t) => {
      const { folder, write } = clone(t, {});
      write(`.git/${mark}`, '0123456789012345678901234567890123456789\n');
      assert.deepEqual(refusals(folder), [`${script} has not passed on this commit; run ${script}`]);
      rmSync(join(folder, `.git/${mark}`));
      assert.deepEqual(refusals(folder), [`${script} has not passed on this commit; run ${script}`]);
    });

  it('needs no .ci/long in this clone where another machine runs that, and .ci/run all the same', (t) => {
    const { folder } = clone(t, {});
    rmSync(join(folder, '.git/ci-passed-long'));
    assert.deepEqual(refusals(folder, { isLongElsewhere: true }), []);
    rmSync(join(folder, '.git/ci-passed'));
    assert.match(refusals(folder, { isLongElsewhere: true }).join('\n'), /^\.ci\/run has not passed[^\n]*$/);
  });

  it('gives each reason, where there are several', (t) => {
    const { folder, git } = clone(t, { head: 'Unreleased', url: 'git+https://mailstation.invalid/mailstation.git' });
    git('tag', '-d', 'v1.2.3');
    appendFileSync(join(folder, 'CHANGELOG.md'), 'more\n');
    rmSync(join(folder, '.git/ci-passed'));
    assert.equal(refusals(folder).length, 5);
  });

  it('is refused while the project has no address', (t) => {
    const { folder } = clone(t, { url: 'git+https://mailstation.invalid/mailstation.git' });
    assert.match(refusals(folder).join('\n'), /^package\.json has no address[^\n]*$/);
  });

  it('is refused where a package of the version is kept as a peer of the tests: that is another one', (t) => {
    const { folder, git, write } = clone(t, {});
    mkdirSync(join(folder, 'test/wire/frozen'), { recursive: true });
    write('test/wire/frozen/mailstation-1.2.3.tgz', '');
    git('add', '.');
    git('commit', '-q', '--amend', '-m', '1.2.3');
    git('tag', '-f', 'v1.2.3');
    for (const mark of ['ci-passed', 'ci-passed-long']) write(`.git/${mark}`, `${git('rev-parse', 'HEAD')}\n`);
    assert.match(
      refusals(folder).join('\n'),
      /^test\/wire\/frozen\/mailstation-1\.2\.3\.tgz is a package of this version[^\n]*$/,
    );
  });

  it('has one address in package.json', () => {
    const { repository, homepage, bugs } = JSON.parse(readText('package.json'));
    const [, address = ''] = /^git\+(https:.*)\.git$/.exec(repository.url) ?? [];
    assert.ok(address.length > 0, repository.url);
    assert.deepEqual([homepage, bugs.url], [`${address}#readme`, `${address}/issues`]);
  });
});
