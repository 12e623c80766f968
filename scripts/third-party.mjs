/** The text of dist/THIRD-PARTY.txt: the packages whose code is in the bundle, each with its licence. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @param {readonly string[]} files Paths of the files that were bundled.
 * @returns {string}
 */
export function thirdPartyNotices(files) {
  const folders = new Set(files.filter((file) => file.includes('/node_modules/')).map(packageFolder));
  const notices = [...folders].sort().map(notice);
  return ['The code in this folder contains code of these packages:', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} file */
function packageFolder(file) {
  let folder = dirname(file);
  while (!hasName(folder)) folder = dirname(folder);
  return folder;
}

/**
 * A folder of a package may have a package.json of its own, with a name and without a version.
 *
 * @param {{ name?: string, version?: string }} manifest
 */
function isPackage({ name, version }) {
  return name !== undefined && version !== undefined;
}

/** @param {string} folder */
function hasName(folder) {
  const path = join(folder, 'package.json');
  return existsSync(path) && isPackage(JSON.parse(readFileSync(path, 'utf8')));
}

/** @param {string} folder */
function notice(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (license === undefined) throw new Error(`${name} ${version} is bundled, and its package.json names no licence`);
  const by = typeof author === 'string' ? author : author?.name;
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0) texts.push(`The package has no licence file. Its package.json says: ${license}, ${by}`);
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}
