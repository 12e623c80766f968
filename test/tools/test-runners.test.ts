import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { REPOSITORY } from '../support/loader-flags.js';
import { ToolProject } from './support.js';

const VITEST = '4.1.12';
/** Time limit of a test, in which the code of a server and a client is loaded, on a busy machine. Unit: ms */
const TEST_TIMEOUT = 60_000;

for (const version of ['29.7.0', '30.5.2']) {
  describe(`under jest ${version}`, () => {
    const project = new ToolProject();
    before(() => project.install([`jest@${version}`]));
    after(() => project.remove());

    for (const [kind, config] of [
      ['fake timers in the test', {}],
      ['fake timers before the package is loaded', { fakeTimers: { enableGlobally: true } }],
    ] as const) {
      it(`calls, and loads remote modules, with ${kind}`, async () => {
        const printed = await project.tool('jest', [
          '--config',
          JSON.stringify({ ...config, rootDir: project.folder, testTimeout: TEST_TIMEOUT }),
          ...['calls.test.js', 'reset.test.js'], // jest 30 would take vitest's calls.spec.mjs too
        ]);
        assert.match(printed, /Tests: +2 passed/);
      });
    }

    it('calls, and loads ES modules, in the mode for ES modules', async () => {
      const config = { rootDir: project.folder, testMatch: ['**/modern.test.mjs'], testTimeout: TEST_TIMEOUT };
      const jest = ['node_modules/.bin/jest', '--config', JSON.stringify(config)];
      assert.match(await project.node(['--experimental-vm-modules', ...jest]), /Tests: +3 passed/);
    });
  });
}

describe(`under vitest ${VITEST}`, () => {
  const project = new ToolProject();
  before(() => project.install([`vitest@${VITEST}`]));
  after(() => project.remove());

  for (const pool of ['threads', 'forks', 'vmThreads']) {
    it(`calls, and loads remote modules, in the pool ${pool}`, async () => {
      const files = ['calls.spec.mjs', 'reset.spec.mjs'];
      const limits = [`--pool=${pool}`, `--testTimeout=${TEST_TIMEOUT}`];
      const printed = await project.node(['node_modules/vitest/vitest.mjs', 'run', ...limits, ...files]);
      assert.match(stripVTControlCharacters(printed), /Tests +2 passed/);
    });
  }

  it('calls a module in TypeScript that the test imports', async () => {
    const printed = await project.node(['node_modules/vitest/vitest.mjs', 'run', 'typed.spec.ts']);
    assert.match(printed, /1 passed/);
  });

  it('runs examples/vitest', async () => {
    cpSync(join(REPOSITORY, 'examples/vitest'), join(project.folder, 'example'), { recursive: true });
    const printed = await project.node(['node_modules/vitest/vitest.mjs', 'run', '--root', 'example']);
    assert.match(stripVTControlCharacters(printed), /Tests +3 passed/);
  });
});

it('examples/vitest asks for that version', () => {
  const { devDependencies } = JSON.parse(readFileSync(`${REPOSITORY}examples/vitest/package.json`, 'utf8'));
  assert.equal(devDependencies.vitest, VITEST);
});

it('docs/tools.md names these versions', () => {
  const page = readFileSync(`${REPOSITORY}docs/tools.md`, 'utf8');
  assert.ok(page.includes('| jest | 29.7.0, 30.5.2 |') && page.includes(`| vitest | ${VITEST},`));
});
