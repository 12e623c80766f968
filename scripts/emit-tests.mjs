/**
 * Compiles the library, the bench, the examples and the tests into `dist-test/`, which is what `npm test` runs. The folder
 * is laid out as the repository is, so that the tests find their neighbours there:
 *
 * - A `.ts` file becomes a `.js` file with a source map. Types are not checked: `npm run typecheck` does that.
 * - In the emitted code `new URL('./fixtures/service.ts', import.meta.url)` ends with `.js`. A test names its source, and
 *   gets the emitted file when it runs as emitted code itself.
 * - Every other file under `test/` is copied.
 * - package.json is copied with exports that lead to the emitted index.js, so that `mailstation` is the code under test.
 *
 * The compiler emits only what has changed. Whatever has no source any more is removed before a test can load it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, and the folder of the emitted code. Both end with a slash. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replaceAll('\\', '/');
export const EMITTED = `${ROOT}dist-test/`;

const BUILD_INFO = '.tsbuildinfo';
const MANIFEST = 'package.json';
const URL_OF_SOURCE = /(new URL\((['"])[^'"]+)\.ts(\2, import\.meta\.url\))/g;

/**
 * Brings `dist-test/` up to date with the sources.
 *
 * @throws {Error} When the compiler fails, with what the compiler printed.
 */
export function emitTests() {
  let sources = compile();
  if (sources.some((file) => !existsSync(EMITTED + emittedName(file)))) {
    // Somebody removed files, and the compiler believes that they are up to date.
    rmSync(EMITTED, { recursive: true, force: true });
    sources = compile();
  }
  const emitted = sources.map(emittedName);
  const compiled = new Set(sources);
  const others = filesBelow(`${ROOT}test/`).map((file) => `test/${file}`);
  const copied = others.filter((file) => !compiled.has(file));

  const expected = new Set([BUILD_INFO, MANIFEST, ...emitted, ...emitted.map((file) => `${file}.map`), ...copied]);
  for (const file of filesBelow(EMITTED)) if (!expected.has(file)) rmSync(EMITTED + file);

  for (const file of emitted) {
    const code = readFileSync(EMITTED + file, 'utf8');
    writeIfChanged(EMITTED + file, code.replace(URL_OF_SOURCE, '$1.js$3'), code);
  }
  for (const file of copied) copy(file);
  const manifest = JSON.parse(readFileSync(ROOT + MANIFEST, 'utf8'));
  writeIfChanged(EMITTED + MANIFEST, JSON.stringify({ ...manifest, exports: { '.': './index.js', './*': './*' } }));
}

/** @param {string} source `test/lib/framer.test.ts` -> `test/lib/framer.test.js` */
export function emittedName(source) {
  return source.replace(/\.([cm]?)ts$/, '.$1js');
}

/** @returns {string[]} Every source that has been compiled, relative to the root. */
function compile() {
  const args = [`${ROOT}node_modules/typescript/bin/tsc`, '-p', `${ROOT}tsconfig.test.json`, '--listFiles'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the tests cannot be compiled:\n${stdout}${stderr}`);
  const files = stdout.split(/\r?\n/).map((file) => file.replaceAll('\\', '/'));
  return files
    .filter((file) => file.startsWith(ROOT) && !file.includes('/node_modules/') && !/\.d\.[cm]?ts$/.test(file))
    .map((file) => file.slice(ROOT.length));
}

/** @param {string} folder @returns {string[]} Files relative to the folder, with forward slashes. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll('\\', '/').replaceAll('//', '/'))
    .map((file) => file.slice(folder.length));
}

/** @param {string} file */
function copy(file) {
  const target = EMITTED + file;
  if (existsSync(target) && readFileSync(target).equals(readFileSync(ROOT + file))) return;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(ROOT + file, target);
}

/**
 * Leaves a file alone that is as it should be: another run may be reading it.
 *
 * @param {string} path
 * @param {string} text
 */
function writeIfChanged(path, text, current = existsSync(path) ? readFileSync(path, 'utf8') : undefined) {
  if (text !== current) writeFileSync(path, text);
}
