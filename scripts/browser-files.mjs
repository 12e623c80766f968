/**
 * The files that a web page's client is made of. A file under browser/ stands in the place of the file of the same path at the
 * root: browser/lib/timers.ts in the place of lib/timers.ts. All other files are those of Node's client.
 */
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));
export const ENTRY = 'browser.ts';
export const FOLDER = 'browser/';

const IMPORT = /((?:^|\n)\s*(?:import|export)\b[^'";]*?from ')(\.[^']+)(')/g;

/**
 * The file that an import leads to in a page. Paths are relative to the root.
 *
 * @param {string} importer
 * @param {string} specifier begins with a dot
 */
export function fileInPage(importer, specifier) {
  const target = posix.join(posix.dirname(importer), specifier).replace(/\.js$/, '.ts');
  const place = placeOf(target);
  return existsSync(ROOT + FOLDER + place) ? FOLDER + place : place;
}

/**
 * The path whose place a file takes.
 *
 * @param {string} file
 */
export function placeOf(file) {
  return file.startsWith(FOLDER) && file !== ENTRY ? file.slice(FOLDER.length) : file;
}

/** All files that a page's client is made of, with their texts; types count. Paths are relative to the root. */
export function filesInPage() {
  /** @type {Map<string, string>} */
  const texts = new Map();
  const found = [ENTRY];
  for (const file of found) {
    if (texts.has(file)) continue;
    const text = readFileSync(ROOT + file, 'utf8');
    texts.set(file, text);
    for (const [, , specifier] of text.matchAll(IMPORT)) if (specifier) found.push(fileInPage(file, specifier));
  }
  return texts;
}

/**
 * The text of a file as it is at the place that it takes.
 *
 * @param {string} file
 * @param {string} text
 */
export function textAtPlace(file, text) {
  const folder = posix.dirname(placeOf(file));
  return text.replaceAll(IMPORT, (_all, before, specifier, after) => {
    const target = posix.relative(folder, placeOf(fileInPage(file, specifier))).replace(/\.ts$/, '.js');
    return `${before}${target.startsWith('.') ? target : `./${target}`}${after}`;
  });
}
