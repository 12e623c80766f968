/**
 * Writes the version of package.json into the files that name it. npm runs this as part of `npm version`, and
 * `test/architecture/release.test.ts` finds a file that names another one.
 *
 *     npm version 1.2.3 --no-git-tag-version
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The places of the version: a file, and what stands before and after the version there.
 *
 * @type {readonly (readonly [file: string, before: RegExp, after: RegExp])[]}
 */
export const PLACES = [
  ['lib/package.ts', /name: 'mailstation', version: '/, /' \} as const/],
  ['docs/migrating-from-pomelo-rpc.md', /"mailstation": "\^/, /"/],
  ['docs/migrating-from-cluster-client.md', /"mailstation": "\^/, /"/],
  ['docs/comparison.md', /^\| mailstation \| /, / \|/],
  ['docs/getting-started.md', /mailstation-/, /\.tgz/],
  ['docs/getting-started.md', /^chat-1 .* /, /$/],
];

/**
 * The text of a file with another version at its places.
 *
 * @param {string} text
 * @param {(typeof PLACES)[number]} place
 * @param {string} version
 */
export function withVersion(text, [file, before, after], version) {
  const places = new RegExp(`(?<=${before.source})\\d+\\.\\d+\\.\\d+(?:-[\\w.-]+)?(?=${after.source})`, 'gm');
  if (!places.test(text)) throw new Error(`${file} does not name the version where write-version.mjs looks for it`);
  return text.replace(places, version);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = new URL('..', import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  for (const place of PLACES) {
    const file = fileURLToPath(new URL(place[0], root));
    writeFileSync(file, withVersion(readFileSync(file, 'utf8'), place, version));
  }
}
