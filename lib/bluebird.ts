import { setImmediate } from './timers.js';

type Bluebird = typeof import('bluebird');

let copy: Promise<Bluebird> | undefined;

/**
 * Loads bluebird, at the first use: few programs need the library, and loading it compiles code from strings, which some
 * processes forbid. The copy is this package's own. Its promises keep the caller's AsyncLocalStorage store, and the settings
 * of an application's bluebird stay as they are.
 */
export function loadBluebird(): Promise<Bluebird> {
  copy ??= import('bluebird').then(({ default: shared }) => {
    const own = shared.getNewLibraryCopy();
    own.config({ asyncHooks: true });
    own.setScheduler((run) => void setImmediate(run));
    return own;
  });
  return copy;
}
