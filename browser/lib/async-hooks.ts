// Web pages have no contexts that follow asynchronous work: everything runs in the one context.

export class AsyncResource {
  constructor(..._given: unknown[]) {}

  runInAsyncScope<A extends unknown[], R>(fn: (...args: A) => R, self?: unknown, ...args: A): R {
    return fn.apply(self, args);
  }

  emitDestroy(): void {}
}

export class AsyncLocalStorage<T> {
  getStore(): T | undefined {
    return undefined;
  }

  run<R>(_store: T, fn: () => R): R {
    return fn();
  }
}
