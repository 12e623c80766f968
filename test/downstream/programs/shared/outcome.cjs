/** A value as a line of the output shows it. An error is shown by its text alone: stacks name files and lines. */
exports.show = (value) => {
  if (value === undefined) return 'undefined';
  if (typeof value?.stack !== 'string') return value;
  const { message, stack } = value.cause ?? value;
  return { error: message ?? stack.split('\n')[0].replace(/^Error: /, '') };
};

/**
 * What a callback gets, or a text when the callback is not called.
 *
 * @param {(callback: (...args: unknown[]) => void) => void} call
 */
exports.outcome = (call, patienceMs = 4_000) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve('the callback is not called'), patienceMs);
    const settle = (...args) => {
      clearTimeout(timer);
      resolve(args.map(exports.show));
    };
    try {
      call(settle);
    } catch (error) {
      clearTimeout(timer);
      resolve({ thrown: error.message });
    }
  });

/**
 * What a promise gets, or a text when the promise does not settle.
 *
 * @param {() => Promise<unknown>} call
 */
exports.settled = async (call, patienceMs = 4_000) => {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('the promise does not settle'), patienceMs);
  });
  try {
    return exports.show(await Promise.race([call(), late]));
  } catch (error) {
    return exports.show(error);
  } finally {
    clearTimeout(timer);
  }
};
