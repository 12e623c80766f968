/**
 * Proves that no test gets lost. `test/names.txt` lists the full name of every test; a test that a whole run of `npm test`
 * no longer has must stand in `test/names-gone.txt`, with the reason. New tests may come at any time.
 *
 *     npm run test:names               compares the last whole run with the list
 *     npm run test:names -- --write    writes the list anew from the last whole run, and empties names-gone.txt
 *
 * A name has no file in it, so tests may move. A name that several tests have stands on as many lines.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LIST = fileURLToPath(new URL('../test/names.txt', import.meta.url));
const GONE = fileURLToPath(new URL('../test/names-gone.txt', import.meta.url));

/** The names of the last whole run. */
export const LAST_RUN = fileURLToPath(new URL('../node_modules/.cache/test-names.txt', import.meta.url));

const GONE_HEADER = `# Tests of names.txt that are gone. Each line: the old name, "=>", and the new name. Where no test took the place:
# the old name, "--", and the reason. "Old > *" => "New > *" accounts for all tests of a suite that are gone.
`;

/** Parts of names that differ from run to run, or with every new folder. */
/** @type {readonly (readonly [RegExp, string])[]} */
const VARYING = [
  [/\bFUZZ_SEED=\d+/g, 'FUZZ_SEED=...'],
  [/^(the code on the pages > runs: \S+, line) \d+$/, '$1 ...'],
  [/^(imports go one way > \S+ imports) .*/, '$1 ...'],
];

/**
 * Tests that a run no longer has and that nobody has accounted for, and what is wrong with the accounts.
 *
 * @param {readonly string[]} listed
 * @param {readonly string[]} ran
 * @param {string} gone The text of names-gone.txt.
 * @returns {{ lost: string[], fresh: string[], wrong: string[] }} `fresh`: tests that are not listed.
 */
export function compareNames(listed, ran, gone) {
  const left = countsOf(ran);
  const lost = listed.filter((name) => !take(left, name));
  const fresh = [...left].flatMap(([name, count]) => Array(count).fill(name));
  const unused = countsOf(fresh);
  const wrong = [];
  for (const line of gone.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', mark, account = ''] = /^(.+?) (=>|--) (.+)$/.exec(line) ?? [];
    if (mark === undefined) {
      wrong.push(`neither a new name nor a reason: ${line}`);
      continue;
    }
    const isSuite = name.endsWith(' > *');
    const accounted = lost.filter((each) => (isSuite ? each.startsWith(name.slice(0, -1)) : each === name));
    if (accounted.length === 0) wrong.push(`not gone: ${line}`);
    for (const each of accounted) {
      const heir = isSuite ? account.slice(0, -1) + each.slice(name.length - 1) : account;
      if (mark === '=>' && !take(unused, heir) && !ran.includes(heir)) {
        if (!isSuite) wrong.push(`the new name is not among the tests: ${line}`);
      } else lost.splice(lost.indexOf(each), 1);
    }
  }
  return { lost, fresh: [...unused].flatMap(([name, count]) => Array(count).fill(name)), wrong };
}

/** Compares the last whole run with the list, and prints what is wrong. @returns {boolean} Whether no test got lost. */
export function checkNames() {
  const { lost, fresh, wrong } = compareNames(linesOf(LIST), linesOf(LAST_RUN), readFileSync(GONE, 'utf8'));
  for (const line of wrong) console.error(`test/names-gone.txt: ${line}`);
  if (lost.length > 0) {
    console.error(`${lost.length} tests of test/names.txt did not run; account for them in test/names-gone.txt:`);
    for (const name of lost) console.error(`  - ${name}`);
    console.error(`${fresh.length} tests are not in test/names.txt:`);
    for (const name of fresh) console.error(`  + ${name}`);
  }
  return lost.length + wrong.length === 0;
}

/** @param {string} file @returns {string[]} */
function linesOf(file) {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => VARYING.reduce((name, [part, text]) => name.replace(part, text), line)).sort();
}

/** @param {readonly string[]} names @returns {Map<string, number>} */
function countsOf(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** @param {Map<string, number>} counts @param {string} name @returns {boolean} */
function take(counts, name) {
  const count = counts.get(name) ?? 0;
  if (count > 1) counts.set(name, count - 1);
  else counts.delete(name);
  return count > 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!existsSync(LAST_RUN)) throw new Error('there is no whole run to compare with: run npm test first');
  if (process.argv.includes('--write')) {
    writeFileSync(LIST, `${linesOf(LAST_RUN).join('\n')}\n`);
    writeFileSync(GONE, GONE_HEADER);
  } else if (!checkNames()) process.exitCode = 1;
}
