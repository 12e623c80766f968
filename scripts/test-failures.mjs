/**
 * The list of failed tests that ends each run of `npm test`. The failures are written to a file while the tests run, so the
 * list is there even when the run was cut off before node:test could print its summary.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The failures of the last run, a line each. */
export const LAST_FAILURES = fileURLToPath(new URL('../node_modules/.cache/test-failures.txt', import.meta.url));

/** Prints the failed tests of the last run, and nothing if there are none. */
export function printFailures() {
  const text = existsSync(LAST_FAILURES) ? readFileSync(LAST_FAILURES, 'utf8') : '';
  const failures = text.split('\n').filter(Boolean);
  if (failures.length === 0) return;
  console.error(`test: ${failures.length} failed:`);
  for (const failure of failures) console.error(`  - ${failure}`);
}
