import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loaderFlags } from '../support/loader-flags.js';
import { COMMAND, LIBRARY, list, ROOT, sourceFiles, sourceOf } from './house.js';
import { lineOf } from './source.js';

const libraryFiles = sourceFiles(LIBRARY);
const testFiles = sourceFiles(['test']).filter((file) => file.endsWith('.test.ts'));
const allFiles = sourceFiles([...LIBRARY, ...COMMAND, 'test', 'bench', 'examples']).filter(
  (file) => !file.includes('/fixtures/odd/'),
);

/** `file:line: what was found` for every match in the code, comments and strings aside. */
function inCode(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) => {
    const { code } = sourceOf(file);
    return [...code.matchAll(pattern)].map(({ 0: found, index }) => `${file}:${lineOf(code, index)}: ${found}`);
  });
}

function inComments(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    sourceOf(file)
      .comments.filter(({ text }) => pattern.test(text))
      .map(({ line, text }) => `${file}:${line}: ${text.split('\n')[0]}`),
  );
}

function none(found: readonly string[], finding: string): void {
  assert.deepEqual(found, [], list(finding, found));
}

describe('nothing is left over', () => {
  it('a TODO says what is missing and why', () => {
    const unexplained = /\b(?:TODO|FIXME|XXX|HACK)\b(?!: \S.{20})/;
    none(inComments(allFiles, unexplained), 'write `TODO: ` and the reason, or do it');
  });

  it('no check of the compiler is turned off', () => {
    none(inComments(allFiles, /@ts-(?:ignore|nocheck)/), 'use @ts-expect-error with a reason, or a type that fits');
  });

  it('no test is singled out or passed over', () => {
    none(inCode(testFiles, /\b(?:test|it|describe|suite|t)\.(?:only|skip|todo)\b/g), 'every test runs');
    none(inCode(testFiles, /\b(?:only|todo)\s*:\s*(?:true|")|\bskip\s*:\s*true/g), 'every test runs');
  });

  it('the library writes nothing to stdout', () => {
    none(inCode(libraryFiles, /\bconsole\.(?:log|info|debug|table|dir)\(|\bprocess\.stdout\b/g), 'use the logger');
  });

  it('the library takes no signals and ends no process', () => {
    const found = libraryFiles.flatMap((file) => {
      const { code, strings } = sourceOf(file);
      const listeners = [...code.matchAll(/\bprocess\.(?:on|once|addListener|prependListener)\(\s*"(\d+)"/g)];
      return listeners.map(([, at]) => strings[Number(at)] ?? '').map((event) => `${file}: ${event}`);
    });
    none(
      found.filter((place) => / (?:SIG\w+|uncaughtException|unhandledRejection)$/.test(place)),
      'signals and uncaught errors belong to the application',
    );
    none(inCode(libraryFiles, /\bprocess\.(?:exit|abort|reallyExit)\b/g), 'the application decides when it ends');
  });
});

describe('importing the package does no work', () => {
  it('opens nothing, sets no timer, adds no global, listens to nothing', () => {
    assert.ok(existsSync(`${ROOT}index.ts`), 'index.ts does not exist yet');
    const probe = fileURLToPath(new URL('./fixtures/import-probe.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...loaderFlags(probe), probe],
      { cwd: ROOT, encoding: 'utf8', timeout: 30_000 }, // a process that something keeps alive does not end in time
    );
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '', 'importing prints nothing');
    const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', unknown>;
    assert.deepEqual(after, before);
  });
});
