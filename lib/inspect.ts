/** Printing of values, and debug output, by the platform: `browser/lib/inspect.ts` has both for web pages. */
export { debuglog, inspect } from 'node:util';
