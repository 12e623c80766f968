/** Comparison of data, off the hot path. `browser/lib/compare.ts` has the same for web pages, in a few lines. */
export { default as groupBy } from 'lodash/groupBy.js';
export { default as isEqual } from 'lodash/isEqual.js';
