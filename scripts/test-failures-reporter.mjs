/**
 * A reporter of node:test that writes one line for each failed test, as soon as the test has failed:
 * `test/folder/name.test.js: suite > test: the first line of the error`.
 */
import { relative } from 'node:path';

/** @typedef {{ name: string, nesting: number, file?: string, details?: { type?: string, error?: { failureType?: string, message?: string, cause?: { message?: string } } } }} TestData */

/** A suite, or a file, that failed only because something inside it failed: that has a line of its own. */
const INNER_FAILURE = 'subtestsFailed';

/** @param {AsyncIterable<{ type: string, data: TestData }>} events */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export
export default async function* testFailures(events) {
  /** @type {string[]} The names of the suites and of the test that runs, outermost first. */
  const path = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, path.length, data.name);
    if (type !== 'test:fail' || data.details?.error?.failureType === INNER_FAILURE) continue;
    const isFile = data.name === data.file;
    const names = isFile ? [] : [[...path.slice(0, data.nesting), data.name].join(' > ').replaceAll(/\s+/g, ' ')];
    const error = data.details?.error;
    const [reason = ''] = (error?.cause?.message ?? error?.message ?? '').split('\n');
    const files = data.file === undefined ? [] : [relative('.', data.file).replace(/^dist-test./, '')];
    yield `${[...files, ...names, reason].join(': ')}\n`;
  }
}
