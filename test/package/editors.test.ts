import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packInto } from '../support/packed.js';
import { Editor } from './editor.js';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer/', import.meta.url));

/** Compilers with a language service: the lowest that is stated, and the last of each later line. */
const COMPILERS = ['5.4.5', '5.9.3', '6.0.3'];

/** Calls in hover.mts; the doc comment, parameters and first line of the remote method that an editor leads to. */
const CALLS: readonly (readonly [call: string, comment: string, parameters: RegExp, definition: string])[] = [
  ['sums.add(', 'Adds two numbers.', /\(routeParam: unknown, a: number, b: number, \.\.\.callback/, 'add(a: number'],
  ['sums.twice(', 'Answers through a callback.', /\(routeParam: unknown, n: number, \.\.\.callback/, 'twice(n: number'],
  [
    'sums.join(',
    'Takes optional arguments.',
    /text: string, times\?: number \| .+, separator\?: string/,
    'join(text: str',
  ],
  ['sums.all(', 'Takes any number of arguments.', /first: number, \.\.\.rest: number\[\]/, 'all(first: number'],
  ['sums.same(', 'Is generic.', /\(routeParam: unknown, value: object, \.\.\.callback/, 'same<T'],
  ['rooms.enter(', 'Enters a room.', /\(routeParam: unknown, room: string, \.\.\.callback/, 'enter(room: string'],
];

describe('an editor', { timeout: 300_000 }, () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-editors-'));

  before(async () => {
    const tarball = await packInto(project);
    cpSync(CONSUMER, project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    const compilers = COMPILERS.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...quiet, `./${tarball}`, ...compilers, '@types/node@20.19.43'], { cwd: project });
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const version of COMPILERS) {
    describe(`with TypeScript ${version}`, () => {
      let editor: Editor;
      before(() => {
        const compiler = createRequire(join(project, 'x'))(`typescript-${version}`);
        editor = new Editor(compiler, join(project, 'hover.mts'));
      });

      it('finds nothing to complain about', () => assert.deepEqual(editor.complaints(), []));

      for (const [call, comment, parameters, definition] of CALLS) {
        it(`shows comment and parameters of the remote method at ${call}), and leads to the method`, () => {
          const { text, documentation } = editor.hover(call);
          assert.equal(documentation, comment);
          assert.match(text, parameters);
          assert.match(editor.signatures(call)[0] ?? '', parameters);
          const [leadsTo = '', ...more] = editor.definitions(call);
          assert.deepEqual([leadsTo.startsWith(definition), more], [true, []], leadsTo);
        });
      }
    });
  }
});
