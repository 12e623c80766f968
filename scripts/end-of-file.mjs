/**
 * Loaded into every test file's process, before the file. When its last test is over and the process still does not
 * end, something that a test started was never closed: that fails the file, and says what kind of thing it is.
 */
import { basename } from 'node:path';
import { after } from 'node:test';

const GRACE_MS = 5_000;

const file = basename(process.argv[1] ?? '');

// Not in the runner, nor in the processes and threads that a test starts with the same flags.
if (process.env['NODE_TEST_CONTEXT'] !== undefined && /\.test\.[jt]s$/.test(file)) {
  after(() => {
    setTimeout(() => {
      const kinds = process.getActiveResourcesInfo().join(', ') || 'nothing that Node can name';
      console.error(`${file}: every test is over, and ${GRACE_MS} ms later the process is kept alive by: ${kinds}`);
      process.exit(1);
    }, GRACE_MS).unref();
  });
}
