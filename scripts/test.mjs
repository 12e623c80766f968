/**
 * Compiles the library and the tests into `dist-test/` once (emit-tests.mjs), and runs the emitted tests with node:test. A
 * loader that compiles in each test's process costs more than most of the tests. Source maps lead stack traces and
 * coverage back to the sources.
 *
 *     npm test                                    everything but the slow ones
 *     npm test -- lib/protocol behaviour/failover the files whose path under test/ begins so
 *     npm test -- test/package                    the slow ones run when they are named
 *     npm test -- --test-name-pattern=standby     whatever begins with - goes to node
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EMITTED, emitTests, emittedName, ROOT } from './emit-tests.mjs';
import { LAST_FAILURES, printFailures } from './test-failures.mjs';
import { checkNames, LAST_RUN } from './test-names.mjs';

/** Run only when a filter names them: they pack and install the package, and other tools or frameworks beside it. */
const SLOW = ['test/package/', 'test/tools/', 'test/downstream/'];

/**
 * The bound of one test on Node 24 and later, of a whole test file on Node 20 and 22: that is how `--test-timeout` differs.
 * The slowest file takes some 30 s on an idle machine, and more than ten times as long where twenty other programs want the two
 * cores.
 */
const TEST_TIMEOUT_MS = (Number.parseInt(process.versions.node, 10) < 24 ? 15 : 5) * 60_000;

/** The bound of the whole run. Only a file that spins without ever yielding, on Node 24, gets this far. */
const RUN_TIMEOUT_MS = 60 * 60_000;

/** Files at once: four more than there are cores, since many only wait; past this tests of time begin to time each other. */
const MAX_CONCURRENCY = 8;

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const filters = args.filter((arg) => !arg.startsWith('-')).map(underTest);

/** @param {string} path */
function underTest(path) {
  const plain = path.replace(/^\.\//, '');
  return plain === 'test' || plain.startsWith('test/') ? plain : `test/${plain}`;
}

/** @returns {string[]} The test files that the filters choose, sorted, relative to the root, with forward slashes. */
function collect() {
  const all = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
    .map((file) => `test/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
  const slow = (/** @type {string} */ file) => SLOW.some((folder) => file.startsWith(folder));
  if (filters.length === 0) return all.filter((file) => !slow(file));
  const idle = filters.find((filter) => !all.some((file) => file.startsWith(filter)));
  if (idle !== undefined) fail(`no test file begins with ${idle}`);
  return all.filter((file) => filters.some((filter) => file.startsWith(filter) && (filter !== 'test' || !slow(file))));
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(`test: ${reason}`);
  process.exit(1);
}

/** The slow files run one after the other: most of them install packages, and a machine has one network. */
function concurrency() {
  return hasSlow() ? 1 : Math.min(availableParallelism() + 4, MAX_CONCURRENCY);
}

function hasSlow() {
  return files.some((file) => SLOW.some((folder) => file.startsWith(folder)));
}

/**
 * Packs the package once for all slow files: see test/support/packed.ts.
 *
 * @param {string} folder
 * @returns {string} The path of the tarball.
 */
function pack(folder) {
  // prepack builds, and prints
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(folder, readdirSync(folder)[0] ?? fail('npm pack made no tarball'));
}

const files = collect();
if (files.length === 0) fail('there are no test files');
try {
  emitTests();
} catch (error) {
  fail(/** @type {Error} */ (error).message);
}

/** A whole run also proves that no test got lost: see test-names.mjs. */
const isWhole = args.length === 0;
const reporters = [
  ['spec', 'stdout'],
  [new URL('test-failures-reporter.mjs', import.meta.url).href, LAST_FAILURES],
  ...(isWhole ? [[new URL('test-names-reporter.mjs', import.meta.url).href, LAST_RUN]] : []),
].flatMap(([reporter, to]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${to}`]);
mkdirSync(dirname(LAST_RUN), { recursive: true });
rmSync(LAST_FAILURES, { force: true });

const { NODE_TEST_CONTEXT: _, ...env } = process.env; // a run started by a test is a run of its own
const packed = hasSlow() ? mkdtempSync(join(tmpdir(), 'mailstation-packed-')) : undefined;
if (packed !== undefined) env['MAILSTATION_TARBALL'] = pack(packed);
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    ...['follow-globals.mjs', 'end-of-file.mjs'].flatMap((file) => ['--import', new URL(file, import.meta.url).href]),
    ...['--test', ...reporters, `--test-timeout=${TEST_TIMEOUT_MS}`],
    `--test-concurrency=${concurrency()}`,
    ...flags,
    ...files.map((file) => EMITTED + emittedName(file)),
  ],
  { cwd: ROOT, env, stdio: 'inherit' },
);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => child.kill(signal));
const deadline = setTimeout(() => {
  console.error(`test: not done after ${RUN_TIMEOUT_MS / 60_000} minutes, stopping`);
  child.kill('SIGTERM');
}, RUN_TIMEOUT_MS);

child.on('exit', (code, signal) => {
  clearTimeout(deadline);
  if (packed !== undefined) rmSync(packed, { recursive: true, force: true });
  if (signal !== null) console.error(`test: ended by ${signal}`);
  process.exitCode = code ?? 1;
  printFailures();
  if (isWhole && code === 0 && !checkNames()) process.exitCode = 1;
});
