import { inspect, types } from 'node:util';

type GeneratorMethod = (...args: unknown[]) => Generator;
type Thunk = (callback: (error: unknown, ...values: unknown[]) => void) => void;

/**
 * A generator function as a function that returns a promise. A yielded value is awaited. As with `co`, which such clients
 * are written for, a yielded value may be a promise, a generator (function), a thunk, or a list or an object of these.
 *
 * Native promises keep the `AsyncLocalStorage` store of the caller across each `yield`.
 */
export function promising(method: GeneratorMethod): (...args: unknown[]) => Promise<unknown> {
  return async function (this: unknown, ...args) {
    return run(Reflect.apply(method, this, args));
  };
}

/** False for an async generator, which Node counts as async function and as generator: a stream cannot be an answer. */
export function isGeneratorMethod(method: unknown): method is GeneratorMethod {
  return types.isGeneratorFunction(method) && !types.isAsyncFunction(method);
}

async function run(generator: Generator): Promise<unknown> {
  let step = generator.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await awaitable(step.value);
    } catch (error) {
      step = generator.throw(error);
      continue;
    }
    step = generator.next(value);
  }
  return step.value;
}

/** Throws for a value that cannot be awaited; the error is then thrown into the generator. */
function awaitable(yielded: unknown): PromiseLike<unknown> {
  const promise = promiseOf(yielded);
  if (promise !== undefined) return promise;
  const shown = inspect(yielded, { depth: 0 });
  throw new TypeError(
    `a generator yielded ${shown}, which cannot be awaited: yield a promise, a generator, a function that takes a callback, or a list or an object of these`,
  );
}

function promiseOf(yielded: unknown): PromiseLike<unknown> | undefined {
  if (typeof (yielded as PromiseLike<unknown> | null | undefined)?.then === 'function')
    return yielded as PromiseLike<unknown>;
  if (isGeneratorMethod(yielded)) return run(yielded());
  if (types.isGeneratorObject(yielded)) return run(yielded as Generator);
  if (typeof yielded === 'function') return called(yielded as Thunk);
  if (Array.isArray(yielded)) return Promise.all(yielded.map((each) => promiseOf(each) ?? each));
  if (yielded !== null && typeof yielded === 'object' && Object.getPrototypeOf(yielded) === Object.prototype)
    return ofObject(yielded);
  return undefined;
}

/** As with `co`, a thunk that calls back with several values gives a list of them. */
function called(thunk: Thunk): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thunk((error, ...values) => {
      if (error) reject(error);
      else resolve(values.length > 1 ? values : values[0]);
    });
  });
}

async function ofObject(object: object): Promise<unknown> {
  const entries = Object.entries(object).map(async ([key, each]) => [key, await (promiseOf(each) ?? each)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
