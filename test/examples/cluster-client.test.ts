import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { freePort } from '../../bench/free-port.js';
import { ROOT } from '../architecture/house.js';
import { startProgram } from './program.js';
import { Project, replaceOnce } from './project.js';

/** All that is changed in the examples of cluster-client's README to have them as they stand there. */
const IMPORTS = [
  ['usage.js', "const { cluster } = require('mailstation');", "const cluster = require('cluster-client');"],
  [
    'your-api-client.js',
    "const { APIClientBase } = require('mailstation');",
    "const { APIClientBase } = require('cluster-client');",
  ],
] as const;

const USAGE = [
  'a real client is made, with {"foo":"bar"}',
  'client 1 hears some data',
  'client 2 hears some data',
  'client 3 hears some data',
  'closed',
  'data of some thing',
  'data of some thing, by callback',
  'data of some thing, by promise',
  'leading: 1',
];

const BEST_PRACTICE = [
  'leading: true false',
  "first { id: 'a', asked: 1 } { id: 'a', asked: 1 }",
  "second { id: 'a', asked: 2 } { id: 'b', asked: 3 }",
  "first { id: 'b', asked: 4 }",
  "heard [ { text: 'hello' }, { text: 'hello' } ]",
  'closed',
];

describe('programs that were written for cluster-client', () => {
  const project = new Project();
  before(() => project.install());
  after(() => project.remove());

  for (const library of ['mailstation', 'cluster-client'] as const) {
    it(`the usage of its README runs with ${library}`, async (t) => {
      const lines = await run(t, library, 'usage.js');
      assert.deepEqual(lines.sort(), USAGE); // the clients are three, and none waits for another
    });

    it(`its best practice runs with ${library}`, async (t) => {
      assert.deepEqual(await run(t, library, 'best-practice.js'), BEST_PRACTICE);
    });
  }

  it('moved over by their imports, and nothing else', () => {
    for (const [file, mine] of IMPORTS) {
      const lines = readFileSync(join(ROOT, 'examples/cluster-client', file), 'utf8').split('\n');
      assert.deepEqual(
        lines.filter((line) => line.includes('mailstation')),
        [mine],
      );
    }
  });

  /** What it prints, and that it ends by itself. */
  async function run(t: TestContext, library: 'mailstation' | 'cluster-client', file: string): Promise<string[]> {
    const folder = project.copy('cluster-client', `${file}-with-${library}`);
    if (library === 'cluster-client')
      for (const [changed, mine, theirs] of IMPORTS) replaceOnce(join(folder, changed), mine, theirs);
    const env = { NODE_CLUSTER_CLIENT_PORT: String(await freePort()) };
    const program = startProgram(t, join(folder, file), { env });
    assert.equal(await program.end(80_000), 0, program.stderr);
    assert.equal(program.stderr, '');
    return program.stdout.trimEnd().split('\n');
  }
});
