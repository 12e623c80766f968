/** Timers and clock of the library, taken when the package is loaded: tests of a page that replace them stop no connection. */
const { clearInterval: pageClearInterval, clearTimeout: pageClearTimeout } = globalThis;
const { setInterval: pageSetInterval, setTimeout: pageSetTimeout } = globalThis;

/** A timer in the shape of Node's. A page ends whatever timers it has. */
class Timer {
  readonly id: number;

  constructor(id: unknown) {
    this.id = Number(id);
  }

  unref(): this {
    return this;
  }
}

export function setTimeout(onDue: () => void, ms: number): Timer {
  return new Timer(pageSetTimeout(onDue, ms));
}

export function setInterval(onDue: () => void, ms: number): Timer {
  return new Timer(pageSetInterval(onDue, ms));
}

/** The next turn of the event loop, as near as a page has one. */
export function setImmediate(onDue: () => void): Timer {
  return setTimeout(onDue, 0);
}

export function clearTimeout(timer: Timer | undefined): void {
  pageClearTimeout(timer?.id);
}

export function clearInterval(timer: Timer | undefined): void {
  pageClearInterval(timer?.id);
}

export { clearTimeout as clearImmediate };

/** Runs a function before the next event of the page. */
export function nextTick<A extends unknown[]>(fn: (...args: A) => void, ...args: A): void {
  queueMicrotask(() => fn(...args));
}

/** Clock of all deadlines: monotonic, in ms. */
export const performance: { readonly now: () => number } = {
  now: globalThis.performance.now.bind(globalThis.performance),
};
