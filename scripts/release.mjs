/**
 * Says whether the commit that is checked out may be released, and rehearses the release: packs the package, installs it into an
 * empty project, loads it there in both ways, runs its command, and has npm say what it would publish. Publishes nothing:
 * .github/workflows/release.yml does, after this script.
 *
 *     node scripts/release.mjs
 *     node scripts/release.mjs --long-elsewhere    another machine runs .ci/long on the commit: the workflow's other job
 *
 * Ends with 1, and one line for each reason, where the commit may not be released.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The top-level domain that no host can have: package.json names it while the project has no address. */
const NO_ADDRESS = '.invalid/';

/** Scripts that must have passed on the commit, each with the file below .git that it leaves there. */
const CHECKS = { '.ci/run': 'ci-passed', '.ci/long': 'ci-passed-long' };

/**
 * Each reason why the commit in the folder may not be released; none where it may.
 *
 * @param {string} folder A clone of the repository.
 * @param {{ isLongElsewhere?: boolean }} [options] `isLongElsewhere`: the commit needs no `.ci/long` in this clone.
 * @returns {string[]}
 */
export function refusals(folder, { isLongElsewhere = false } = {}) {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const { version, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [, head = ''] = /^## (.*)$/m.exec(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')) ?? [];
  const commit = git('rev-parse', 'HEAD');
  const reasons = [];
  if (!new RegExp(`^${version.replaceAll('.', '\\.')} - \\d{4}-\\d\\d-\\d\\d$`).test(head))
    reasons.push(`CHANGELOG.md begins with "${head}"; write "${version} - " and the date above the changes`);
  if (git('status', '--porcelain') !== '') reasons.push('the tree has changes; commit them, or take them back');
  if (!git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`))
    reasons.push(`the commit has no tag v${version}; git tag v${version} makes it`);
  const frozen = `test/wire/frozen/mailstation-${version}.tgz`;
  if (existsSync(join(folder, frozen))) reasons.push(`${frozen} is a package of this version; take a later version`);
  for (const [script, mark] of Object.entries(CHECKS)) {
    if (script === '.ci/long' && isLongElsewhere) continue;
    const file = join(folder, git('rev-parse', '--git-path', mark));
    if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== commit)
      reasons.push(`${script} has not passed on this commit; run ${script}`);
  }
  if (!repository?.url || repository.url.includes(NO_ADDRESS))
    reasons.push('package.json has no address of the project; set repository, homepage and bugs');
  return reasons;
}

/**
 * Installs the package as npm would publish it into an empty project, loads it by import and by require, and runs its command.
 *
 * @param {string} folder
 */
function rehearse(folder) {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-release-'));
  try {
    /** @type {import('node:child_process').ExecFileSyncOptions} */
    const options = { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] };
    execFileSync('npm', ['pack', '--silent', '--pack-destination', project], { ...options, cwd: folder });
    const [tarball = ''] = readdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`], options);
    const check = "if (typeof createServer !== 'function') process.exit(1)";
    const imported = `import { createServer } from 'mailstation'; ${check}`;
    execFileSync(process.execPath, ['--input-type=module', '-e', imported], options);
    execFileSync(process.execPath, ['-e', `const { createServer } = require('mailstation'); ${check}`], options);
    execFileSync('npx', ['--no-install', 'mailstation', '--version'], options);
    execFileSync('npm', ['publish', '--dry-run', `./${tarball}`], { ...options, stdio: 'inherit' });
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const reasons = refusals(root, { isLongElsewhere: process.argv.includes('--long-elsewhere') });
  for (const reason of reasons) console.error(`release: ${reason}`);
  if (reasons.length > 0) process.exit(1);
  rehearse(root);
  console.log('release: the package may be published');
}
