import { types } from 'node:util';
import Bluebird from 'bluebird';

type GeneratorMethod = (...args: unknown[]) => Generator;
type Thunk = (callback: (error: unknown, value?: unknown) => void) => void;

/**
 * A generator function as a function that returns a promise. A yielded value is awaited. As with `co`, which such clients
 * are written for, a yielded value may be a promise, a generator (function), a thunk, or a list or an object of these.
 */
export function promising(method: GeneratorMethod): (...args: unknown[]) => PromiseLike<unknown> {
  return Bluebird.coroutine(method as never, { yieldHandler: awaited }) as (...args: unknown[]) => PromiseLike<unknown>;
}

/** False for an async generator, which Node counts as async function and as generator: a stream cannot be an answer. */
export function isGeneratorMethod(method: unknown): method is GeneratorMethod {
  return types.isGeneratorFunction(method) && !types.isAsyncFunction(method);
}

/** Undefined for a value that cannot be awaited: bluebird then fails the generator with an error that shows the value. */
function awaited(yielded: unknown): Bluebird<unknown> | undefined {
  if (typeof (yielded as PromiseLike<unknown> | undefined)?.then === 'function')
    return Bluebird.resolve(yielded as PromiseLike<unknown>);
  if (isGeneratorMethod(yielded)) return run(yielded());
  if (types.isGeneratorObject(yielded)) return run(yielded as Generator);
  if (typeof yielded === 'function') return Bluebird.fromCallback((callback) => (yielded as Thunk)(callback));
  if (Array.isArray(yielded)) return Bluebird.all(yielded.map((each) => awaited(each) ?? each));
  if (yielded !== null && typeof yielded === 'object' && Object.getPrototypeOf(yielded) === Object.prototype) {
    const entries = Object.entries(yielded).map(([key, each]) => [key, awaited(each) ?? each]);
    return Bluebird.props(Object.fromEntries(entries));
  }
  return undefined;
}

function run(generator: Generator): Bluebird<unknown> {
  function* delegating() {
    return yield* generator;
  }
  return Bluebird.resolve(promising(delegating)());
}
