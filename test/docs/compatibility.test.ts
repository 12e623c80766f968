import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ROOT, readText } from '../architecture/house.js';
import { APPLICATIONS, NODES, RUNTIMES } from '../pack-matrix/cells.js';
import { checkChecklist } from './checklist.js';

const PAGE = 'docs/compatibility.md';

describe(`the promises of ${PAGE}`, () => {
  const [from, to] = ['| promise | where | tests |', '## Node, npm'];
  checkChecklist({ page: PAGE, from, to, head: 'promise', rows: 9 });
});

describe('the versions that are supported', () => {
  it('are tried as the page says', () => {
    const languages = APPLICATIONS.map(({ name }) => name).join(', ');
    const rows = RUNTIMES.map(({ node, npm }) => `| ${node} | ${npm} | ${languages} |`);
    const [, table = ''] = /^\| Node \| npm \| languages \|\n.*\n((?:\|.*\n)+)/m.exec(readText(PAGE)) ?? [];
    assert.deepEqual(table.trim().split('\n'), rows);
  });

  it('begin with the Node and the TypeScript that the package asks for', () => {
    const { engines } = JSON.parse(readText('package.json')) as { engines: { node: string } };
    const [, lowest = ''] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
    assert.equal(RUNTIMES[0]?.node, `${lowest}.0`);
    const [, compilers = ''] =
      /^const COMPILERS\b.*?= \[\n(.*?)^\];$/ms.exec(readText('test/package/compilers.test.ts')) ?? [];
    const versions = [...compilers.matchAll(/\['(\d+\.\d+\.\d+)'/g)].map(([, version]) => `TypeScript ${version}`);
    assert.deepEqual(
      APPLICATIONS.map(({ name }) => name).filter((name) => name.startsWith('TypeScript')),
      [versions[0], versions.at(-1)],
    );
    const page = readText(PAGE).replaceAll('\n', ' ');
    const [, typescript = ''] = /^TypeScript (\d+\.\d+)/.exec(versions[0] ?? '') ?? [];
    assert.ok(page.includes(`runs on Node ${lowest} and later, and compiles under TypeScript ${typescript} or later`));
  });

  it('are those of which .ci/long runs all tests, one of each line', () => {
    const lines = new Set(Object.keys(NODES).map((line) => line.split('.')[0]));
    const long = readText('.ci/long');
    const loops = [...long.matchAll(/^for major in ([\d ]+); do\n {2}run_with "\$major" npm test\n/gm)];
    const singles = [...long.matchAll(/^run_with (\d+) npm test$/gm)].map(([, major]) => major);
    assert.deepEqual(new Set([...loops.flatMap(([, majors = '']) => majors.split(' ')), ...singles]), lines);
  });
});

describe('the packages that are kept as peers', () => {
  it('are one for each released version, beside 0.1.0', () => {
    const released = [...readText('CHANGELOG.md').matchAll(/^## (\d\S*) - /gm)].map(([, version]) => version);
    const kept = readdirSync(`${ROOT}test/wire/frozen`).filter((name) => name.endsWith('.tgz'));
    // The version that is being released gets its package afterwards.
    const expected = [...released.slice(1), '0.1.0'].map((version) => `mailstation-${version}.tgz`);
    const missing = expected.filter((name) => !kept.includes(name));
    assert.deepEqual(missing, []);
  });
});
