/**
 * A reporter of node:test that writes the full name of each test, one a line, in the order in which they end:
 * `suite > suite > test`. A name has no file in it, so moving a test file changes no line.
 */

/** @typedef {{ type: string, data: { name: string, nesting: number, details?: { type?: string } } }} TestEvent */

/** @param {AsyncIterable<TestEvent>} events */
// biome-ignore lint/style/noDefaultExport: node:test takes a reporter from the default export
export default async function* testNames(events) {
  /** @type {string[]} The names of the suites and of the test that runs, outermost first. */
  const path = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, path.length, data.name);
    const isOver = type === 'test:pass' || type === 'test:fail';
    if (isOver && data.details?.type !== 'suite') {
      const names = [...path.slice(0, data.nesting), data.name];
      yield `${names.map((name) => name.replaceAll(/\s+/g, ' ')).join(' > ')}\n`;
    }
  }
}
