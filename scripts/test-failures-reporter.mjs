/**
 * A reporter of node:test that writes one line for each failed test, as soon as the test has failed:
 * `test/folder/name.test.js: suite > test: the first line of the error`.
 */
import { relative } from 'node:path';

/** @typedef {{ name: string, nesting: number, file?: string, message?: string, details?: { type?: string, error?: { failureType?: string, message?: string, cause?: { message?: string } } } }} TestData */

/** A suite, or a file, that failed only because something inside it failed: that has a line of its own. */
const INNER_FAILURE = 'subtestsFailed';

/** Characters of what a file wrote last to its standard error, which says why the file failed when all its tests passed. */
const LAST_WORDS = 500;

/** @param {AsyncIterable<{ type: string, data: TestData }>} events */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export
export default async function* testFailures(events) {
  /** @type {string[]} The names of the suites and of the test that runs, outermost first. */
  const path = [];
  /** @type {Map<string, string>} What each file wrote last to its standard error. */
  const lastWords = new Map();
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, path.length, data.name);
    if (type === 'test:stderr' && data.file !== undefined)
      lastWords.set(data.file, `${lastWords.get(data.file) ?? ''}${data.message ?? ''}`.slice(-LAST_WORDS));
    if (type !== 'test:fail' || data.details?.error?.failureType === INNER_FAILURE) continue;
    const isFile = data.name === data.file;
    const names = isFile ? [] : [[...path.slice(0, data.nesting), data.name].join(' > ').replaceAll(/\s+/g, ' ')];
    const error = data.details?.error;
    const [reason = ''] = (error?.cause?.message ?? error?.message ?? '').split('\n');
    const files = data.file === undefined ? [] : [relative('.', data.file).replace(/^dist-test./, '')];
    const words = isFile ? (lastWords.get(data.name) ?? '').trim().replaceAll(/\s*\n\s*/g, ' | ') : '';
    yield `${[...files, ...names, reason, ...(words === '' ? [] : [words])].join(': ')}\n`;
  }
}
