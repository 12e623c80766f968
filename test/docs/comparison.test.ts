import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readManifest, readText } from '../architecture/house.js';
import { checkChecklist } from './checklist.js';

const PAGE = 'docs/comparison.md';

describe(`the promises of ${PAGE}`, () => {
  checkChecklist({ page: PAGE, from: '## What mailstation promises here', head: 'promise', rows: 9 });
});

describe(PAGE, () => {
  const neighbours = readText(PAGE)
    .split(/^## (?=.* \d+\.\d+\.\d+$)/m)
    .slice(1)
    .map((part) => part.split(/^## /m)[0] ?? '');

  it('has the version of each neighbour in its table and above its part', () => {
    const [table = ''] = readText(PAGE).split('## Take another one when');
    assert.equal(neighbours.length, 5);
    for (const part of neighbours) {
      const [, version = ''] = /(\d+\.\d+\.\d+)\n/.exec(part) ?? [];
      assert.ok(table.includes(`${version} |`), version);
    }
  });

  it('has the versions that the tests run against', () => {
    const { version, devDependencies } = readManifest();
    assert.match(readText(PAGE), new RegExp(`\\| mailstation \\| ${version} \\|`));
    for (const name of ['@grpc/grpc-js', 'pomelo-rpc'])
      assert.ok(readText(PAGE).includes(`## ${name} ${devDependencies[name]}\n`), name);
  });

  it('has a source for each statement about a neighbour', () => {
    const statements = neighbours.flatMap((part) => part.split(/^- /m).slice(1));
    assert.ok(statements.length > 25, `${statements.length} statements`);
    const bare = statements.filter((text) => !/\]\(|see \*|same page/.test(text));
    assert.deepEqual(bare, []);
  });
});
