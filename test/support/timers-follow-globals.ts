import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';

/**
 * Imported for its effect before anything of the library. The library takes its timers when it is loaded
 * (lib/timers.ts), so `mock.timers` would not reach it. After this import, the timers that the library takes follow
 * the global ones, which `mock.timers` replaces.
 */
Object.assign(timers, {
  setTimeout: (...args: Parameters<typeof setTimeout>) => globalThis.setTimeout(...args),
  clearTimeout: (...args: Parameters<typeof clearTimeout>) => globalThis.clearTimeout(...args),
});
syncBuiltinESMExports();
