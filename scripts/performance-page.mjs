import { readFileSync } from 'node:fs';

/** The page of the figures, and how they are written into it. */
export const PAGE = new URL('../docs/performance.md', import.meta.url);

/** @param {string | URL} file */
export const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @param {number} value */
export const number = (value) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** @param {string[]} cells */
export const row = (cells) => `| ${cells.join(' | ')} |`;

/**
 * Puts a text between the two marks of a name.
 *
 * @param {string} page
 * @param {string} name
 * @param {string} text
 */
export function put(page, name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n${page.slice(to)}`;
}
