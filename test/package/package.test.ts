import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LIBRARY, ROOT, sourceFiles } from '../architecture/house.js';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer/', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const COMPILED = ['.js', '.js.map', '.d.ts', '.d.ts.map'];
const PAGES = ['LICENSE', 'README.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** The files below a folder, sorted, with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

// What a user has: the tarball that would be published, installed into an application elsewhere on the disk.
describe('the package', () => {
  const project = mkdtempSync(join(tmpdir(), 'mailstation-package-'));
  const installed = join(project, 'node_modules/mailstation');
  const inProject = (file: string, args: readonly string[]) => run(file, args, { cwd: project });

  before(async () => {
    await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: ROOT }); // prepack builds
    const [tarball = ''] = readdirSync(project).filter((name) => name.endsWith('.tgz'));
    cpSync(CONSUMER, project, { recursive: true });
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
    await inProject('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`]);
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  it('holds the compiled library, its sources, the docs, and nothing else', () => {
    const sources = sourceFiles(LIBRARY);
    const toCompile = sources.filter((file) => !file.endsWith('.d.ts'));
    const compiled = toCompile.flatMap((file) => COMPILED.map((end) => `dist/${file.replace(/\.ts$/, end)}`));
    const forOverrides = filesBelow(join(ROOT, 'compat'))
      .filter((file) => !file.endsWith('.ts'))
      .map((file) => `compat/${file}`);
    const expected = ['package.json', ...PAGES, ...sources, ...compiled, ...forOverrides];
    const held = filesBelow(installed).filter((file) => !/^docs\/.+\.(?:md|svg)$/.test(file));
    assert.deepEqual(difference(held, expected), [], 'these are in the package and should not be');
    assert.deepEqual(difference(expected, held), [], 'these should be in the package and are not');
  });

  it('brings what its own package.json points at', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const targets = [manifest.types, ...Object.values(manifest.exports).flatMap(pathsOf)];
    assert.deepEqual(
      targets.filter((path) => !existsSync(join(installed, path))),
      [],
    );
  });

  it('its source maps lead to sources that are there', () => {
    const maps = filesBelow(installed).filter((file) => file.endsWith('.map'));
    const lost = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(installed, map), 'utf8')) as { sources: string[] };
      return sources.map((source) => join(installed, map, '..', source)).filter((source) => !existsSync(source));
    });
    assert.deepEqual(lost, []);
  });

  it('is imported, and a call goes through', async () => {
    const { stdout, stderr } = await inProject(process.execPath, ['call.mjs']);
    assert.equal(stderr, '');
    assert.equal(stdout, '3\n');
  });

  it('is required, and is then the same copy that is imported', async () => {
    const { stdout, stderr } = await inProject(process.execPath, ['require.cjs']);
    assert.equal(stderr, '');
    assert.equal(stdout, 'function one copy\n');
  });

  for (const [kind, file] of [
    ['an ES module', 'esm.mts'],
    ['a CommonJS module', 'cjs.cts'],
  ] as const) {
    it(`gives ${kind} its types, without skipping the check of its declarations`, async () => {
      const compilerOptions = {
        module: 'nodenext',
        target: 'es2023',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        typeRoots: [join(ROOT, 'node_modules/@types')],
        types: ['node'],
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      await inProject(process.execPath, [TSC, '-p', '.']).catch((error: { stdout: string }) =>
        assert.fail(error.stdout),
      );
    });
  }
});

function difference(all: readonly string[], without: readonly string[]): string[] {
  return all.filter((one) => !without.includes(one));
}

/** The paths in a value of the `exports` map, whatever its conditions. */
function pathsOf(target: unknown): string[] {
  if (typeof target === 'string') return [target];
  return Object.values(target as Record<string, unknown>).flatMap(pathsOf);
}
