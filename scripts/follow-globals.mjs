/**
 * Loaded into every test file's process, before the file. The library takes its timers and its clock when it is loaded
 * (lib/timers.ts), so a test that mocks a global function would not reach it. With this file, the library takes
 * functions that follow the global ones, mocked or not.
 */
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';

/**
 * @template {(...args: never[]) => unknown} F
 * @param {F} original
 * @param {() => F} current The function that a test may have replaced.
 * @returns {F}
 */
function follower(original, current) {
  let isCalling = false;
  /** @this {unknown} @param {never[]} args */
  function follow(...args) {
    if (isCalling) return original.apply(this, args); // the mock calls what it replaced
    isCalling = true;
    try {
      return current().apply(this, args);
    } finally {
      isCalling = false;
    }
  }
  return /** @type {F} */ (follow);
}

const names = /** @type {const} */ ([
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
]);
for (const name of names) {
  const following = follower(timers[name], () => globalThis[name]);
  Object.assign(timers, { [name]: Object.assign(following, { ...timers[name] }) });
}
syncBuiltinESMExports();

process.nextTick = follower(process.nextTick, () => process.nextTick);

const prototype = Object.getPrototypeOf(performance);
prototype.now = follower(prototype.now, () => performance.now);
