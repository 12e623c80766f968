import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { ROOT, readText } from './house.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: { readonly push?: { readonly tags?: readonly string[] } };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows/';
const FILES = readdirSync(ROOT + FOLDER).map((name) => FOLDER + name);
/** The first npm that publishes without a token. */
const LOWEST_NPM = [11, 5, 1];

const read = (file: string): Workflow => parse(readText(file)) as Workflow;

/** True where the numbers of the first version are those of the other one, or later. */
function isAtLeast(version: readonly number[], lowest: readonly number[]): boolean {
  const differs = lowest.findIndex((part, at) => part !== version[at]);
  return differs === -1 || (version[differs] ?? 0) > (lowest[differs] ?? 0);
}

describe('the workflows', () => {
  it('take each action at one commit, and say which version that is', () => {
    const used = FILES.flatMap((file) => [...readText(file).matchAll(/uses: (.*)/g)].map(([, action = '']) => action));
    assert.ok(used.length >= 6);
    for (const action of used) assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const commits = new Set(used);
    const names = new Set(used.map((action) => action.split('@')[0]));
    assert.equal(commits.size, names.size, 'one version of each');
  });

  it('may read the repository, and the job that publishes may show npm who it is', () => {
    for (const file of FILES) {
      const { permissions, jobs } = read(file);
      assert.deepEqual(permissions, { contents: 'read' }, file);
      for (const [name, job] of Object.entries(jobs)) {
        const expected = name === 'publish' ? { contents: 'read', 'id-token': 'write' } : undefined;
        assert.deepEqual(job.permissions, expected, `${file}: ${name}`);
      }
    }
  });
});

describe('the workflow of a release', () => {
  const { on, jobs } = read(`${FOLDER}release.yml`);
  const runs = (job: Job | undefined) => job?.steps.flatMap(({ run }) => run ?? []);

  it('starts with the tag that scripts/release.mjs asks for', () => {
    assert.deepEqual(on.push?.tags, ['v*']);
  });

  it('publishes what both checks have passed on, and what scripts/release.mjs does not refuse', () => {
    assert.deepEqual(runs(jobs['long']), ['.ci/long']);
    assert.equal(jobs['publish']?.needs, 'long');
    const [npm = '', ...rest] = runs(jobs['publish']) ?? [];
    assert.deepEqual(rest, ['.ci/run', 'node scripts/release.mjs --long-elsewhere', 'npm publish']);
    const [, version = ''] = /^npm install --global npm@(\d+\.\d+\.\d+)$/.exec(npm) ?? [];
    assert.ok(isAtLeast(version.split('.').map(Number), LOWEST_NPM), npm);
  });

  it('has no token, which npm would take in the place of the trusted publisher', () => {
    assert.doesNotMatch(
      readText(`${FOLDER}release.yml`),
      /secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN|registry-url|_authToken/,
    );
  });

  it('has the tags in its clone, and no cache of another run', () => {
    const steps = jobs['publish']?.steps ?? [];
    const settings = (name: string) => steps.find(({ uses }) => uses?.startsWith(`actions/${name}@`))?.with;
    assert.equal(settings('checkout')?.['fetch-depth'], 0);
    assert.equal(settings('setup-node')?.['package-manager-cache'], false);
  });
});
