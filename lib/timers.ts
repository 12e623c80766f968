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
 * at each use, and sinon replaces the functions of the module too.
 */
export const setTimeout: typeof nodeSetTimeout = nodeSetTimeout;
export const setInterval: typeof nodeSetInterval = nodeSetInterval;
export const setImmediate: typeof nodeSetImmediate = nodeSetImmediate;
export const clearTimeout: typeof nodeClearTimeout = nodeClearTimeout;
export const clearInterval: typeof nodeClearInterval = nodeClearInterval;
export const clearImmediate: typeof nodeClearImmediate = nodeClearImmediate;

/** Resolves after `ms`, or rejects when `signal` is aborted. */
export const delay: typeof setTimeout.__promisify__ = promisify(setTimeout);

export const nextTick: typeof process.nextTick = realNextTick();

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
  if (!isFake(process.nextTick)) return process.nextTick;
  const { getBuiltinModule } = process as { getBuiltinModule?: (id: 'process') => typeof process };
  const original = getBuiltinModule?.('process').nextTick;
  return original === undefined || isFake(original) ? inMicrotask : original;
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
