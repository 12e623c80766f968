/**
 * Runs the tests and reports which lines of the library they reach, with c8; fails below the thresholds in `.c8rc.json`.
 *
 *     npm run coverage                    what `npm test` runs
 *     npm run coverage -- lib station     only these files, as with `npm test`
 *
 * c8 is not the parent of the run, as it could be: a test that imports TypeScript through a loader leaves source maps of
 * `data:` modules behind, and c8's report ends at the first of them. They are no files of ours, and are taken out first.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const collected = `${root}coverage/tmp`;

/**
 * Runs a script of Node's at the root. The exit code; 1 where a signal ended it.
 *
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function run(args, env = process.env) {
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;
}

rmSync(`${root}coverage`, { recursive: true, force: true });
const tests = run(['scripts/test.mjs', ...process.argv.slice(2)], { ...process.env, NODE_V8_COVERAGE: collected });

for (const name of readdirSync(collected)) {
  const file = `${collected}/${name}`;
  /** @type {{ 'source-map-cache'?: Record<string, unknown> }} */
  const coverage = JSON.parse(readFileSync(file, 'utf8'));
  const maps = Object.entries(coverage['source-map-cache'] ?? {});
  const ofFiles = maps.filter(([url]) => url.startsWith('file:'));
  if (ofFiles.length === maps.length) continue;
  writeFileSync(file, JSON.stringify({ ...coverage, 'source-map-cache': Object.fromEntries(ofFiles) }));
}

const report = run(['node_modules/c8/bin/c8.js', 'report']);
process.exitCode = tests === 0 ? report : tests;
