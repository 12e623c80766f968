import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { REPOSITORY } from '../support/loader-flags.js';
import { ToolProject } from './support.js';

const TOOLS = [
  'esbuild@0.28.2',
  'webpack@5.113.0',
  'webpack-cli@7.3.1',
  '@vercel/ncc@0.45.0',
  'rollup@4.68.8',
  '@rollup/plugin-node-resolve@16.0.3',
  '@rollup/plugin-commonjs@29.0.3',
];

describe('a program that is bundled', () => {
  const project = new ToolProject();
  before(() => project.install(TOOLS));
  after(() => project.remove());

  const bundlers: readonly (readonly [string, () => Promise<unknown>, readonly string[]])[] = [
    ['esbuild', () => project.node(['esbuild.config.mjs']), ['esbuild.cjs', 'esbuild.mjs', 'external.mjs']],
    ['webpack', () => project.tool('webpack', ['-c', 'webpack.config.cjs']), ['webpack.cjs']],
    ['ncc', () => project.tool('ncc', ['build', 'main.mjs', '-o', 'out/ncc']), ['ncc/index.mjs']],
    ['rollup', () => project.tool('rollup', ['-c', 'rollup.config.mjs', '--silent']), ['rollup.cjs']],
  ];
  for (const [bundler, build, files] of bundlers) {
    it(`by ${bundler} has one copy of the package, and calls modules within it and by path`, async () => {
      await build();
      for (const file of files) {
        for (const env of [{}, { SERVICES: join(project.folder, 'services') }])
          assert.match(await project.node([`out/${file}`], env), /^3 one copy$/m, file);
      }
    });
  }
});

it('docs/tools.md names these versions of the bundlers', () => {
  const page = readFileSync(`${REPOSITORY}docs/tools.md`, 'utf8');
  for (const tool of TOOLS.filter((name) => !name.startsWith('webpack-cli'))) {
    const [, name = '', version = ''] = /^(.+)@(.+)$/.exec(tool) ?? [];
    assert.match(page, new RegExp(`${name.replace('@vercel/', '')}[\`,|\\w ]* ${version.replaceAll('.', '\\.')}`));
  }
});
