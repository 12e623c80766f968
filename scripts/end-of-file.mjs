/**
 * Loaded into every test file's process, before the file. When its last test is over and the process still does not
 * end, something that a test started was never closed: that fails the file, and says what kind of thing it is.
 */
import { basename } from 'node:path';
import { after } from 'node:test';

/** Long, because on a busy machine what a test has ended takes seconds to be gone; a file that ends in time never waits. */
const GRACE_MS = 20_000;

/** What a process has open that writes the results of its tests to the runner. */
const RESULTS = new Set(['SimpleWriteWrap', 'PipeWrap']);

const file = basename(process.argv[1] ?? '');

// Not in the runner, nor in the processes and threads that a test starts with the same flags.
if (process.env['NODE_TEST_CONTEXT'] !== undefined && /\.test\.[jt]s$/.test(file)) {
  after(waitForEnd);
}

function waitForEnd() {
  setTimeout(() => {
    const kinds = process.getActiveResourcesInfo();
    // The results themselves are still being written: on a busy machine the runner reads them late.
    if (kinds.includes('SimpleWriteWrap') && kinds.every((kind) => RESULTS.has(kind))) return waitForEnd();
    const names = kinds.join(', ') || 'nothing that Node can name';
    console.error(`${file}: every test is over, and ${GRACE_MS} ms later the process is kept alive by: ${names}`);
    process.exit(1);
  }, GRACE_MS).unref();
}
