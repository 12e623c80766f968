import type { Logger } from '../diagnostics.js';
import { clearTimeout, setTimeout } from '../timers.js';

/** Time after which a module that has not been loaded is logged. ms */
const SLOW_MS = 3_000;

/**
 * Logs one line where a remote module takes long to load: `import()` waits without limit for a top-level await, and calls an
 * export named `then`. The timer keeps the process alive, which would otherwise end without a word where nothing else does.
 */
export async function withNotice<T>(file: string, loading: Promise<T>, logger: Logger | undefined): Promise<T> {
  const timer = setTimeout(() => {
    logger?.warn(
      `mailstation: remote module ${file} has not been loaded within ${SLOW_MS} ms, and the start waits: a top-level await ` +
        'of the module has not ended, or the module exports a function then(), which import() calls; rename such a function',
    );
  }, SLOW_MS);
  try {
    return await loading;
  } finally {
    clearTimeout(timer);
  }
}
