import { performance as nodePerformance, type Performance } from 'node:perf_hooks';
import {
  clearImmediate as nodeClearImmediate,
  clearInterval as nodeClearInterval,
  clearTimeout as nodeClearTimeout,
  setImmediate as nodeSetImmediate,
  setInterval as nodeSetInterval,
  setTimeout as nodeSetTimeout,
} from 'node:timers';
import { promisify } from 'node:util';

/**
 * Timers and clock of the library, taken when the package is loaded. Connections, deadlines and heartbeats deal with
 * other processes, where time goes on: tests that replace the global timers must not stop them.
 *
 * The functions come from Node's modules and not from `globalThis`: jest, vitest and sinon replace the globals, possibly
 * before this file is loaded. Each function is a constant: a bundle for CommonJS reads an imported name from the module
 * at each use, and sinon replaces the functions of the module too. Where that has happened before, {@link original} finds
 * the function that was replaced.
 */
export const setTimeout: typeof nodeSetTimeout = original('setTimeout', nodeSetTimeout);
export const setInterval: typeof nodeSetInterval = original('setInterval', nodeSetInterval);
export const setImmediate: typeof nodeSetImmediate = original('setImmediate', nodeSetImmediate);
export const clearTimeout: typeof nodeClearTimeout = original('clearTimeout', nodeClearTimeout);
export const clearInterval: typeof nodeClearInterval = original('clearInterval', nodeClearInterval);
export const clearImmediate: typeof nodeClearImmediate = original('clearImmediate', nodeClearImmediate);

/** Resolves after `ms`, or rejects when `signal` is aborted. */
export const delay: typeof setTimeout.__promisify__ = promisify(setTimeout);

export const nextTick: typeof process.nextTick = realNextTick();

/** Time of day, which certificates are valid by. Unit: ms since 1970 */
export const { now: timeOfDay } = Date;

/** Busy and idle time of the event loop since the start of the process. Unit: ms */
export const eventLoopUtilization: () => { readonly active: number; readonly idle: number } = () =>
  nodePerformance.eventLoopUtilization();

/** Clock of all deadlines: monotonic, in ms. The prototype has Node's function where `performance.now` is replaced. */
export const performance: { readonly now: () => number } = {
  now: (Object.getPrototypeOf(nodePerformance) as Performance).now.bind(nodePerformance),
};

/**
 * `process.nextTick` of Node. The `process` that jest gives to a test is a copy, and jest's fake timers replace `nextTick`
 * there, possibly before this file is loaded. In jest 29 `getBuiltinModule` leads to the original. An import of
 * `node:process` does not: jest answers it with the copy, and Node opens stdin, stdout and stderr for it. In jest 30 no way
 * leads to the original, so a microtask has to do.
 */
function realNextTick(): typeof process.nextTick {
  const first = original('nextTick', process.nextTick);
  if (!isFake(first)) return first;
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: 'process') => typeof process };
  const builtin = getBuiltinModule?.('process').nextTick;
  return builtin === undefined || isFake(builtin) ? inMicrotask : builtin;
}

/**
 * The function that fake timers have replaced, or the function itself. The clock of @sinonjs/fake-timers, which sinon, jest
 * and vitest use, has each replaced function under the name `_setTimeout`. Fakes may lie on fakes.
 */
function original<Timer extends object>(name: string, timer: Timer): Timer {
  let found = timer;
  while (isFake(found)) {
    const replaced = (found as { clock?: Record<string, Timer | undefined> }).clock?.[`_${name}`];
    if (typeof replaced !== 'function' || replaced === found) return timer;
    found = replaced;
  }
  return found;
}

/** True for a function of the fake timers of jest and sinon, which has a `clock`. */
function isFake(tick: object): boolean {
  return 'clock' in tick;
}

function inMicrotask(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  Promise.resolve()
    .then(() => callback(...args))
    .catch((error: unknown) =>
      setImmediate(() => {
        throw error; // an uncaught exception, as in a tick
      }),
    );
}
