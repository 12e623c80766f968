import { codeOf, ownFields } from './error-parts.js';
import { shown } from './quoted.js';
import { types } from './value-types.js';

/**
 * Failure of a method that called back with a value in the place of the error, such as `callback(users)`. The arguments of
 * the callback travel with the failure: a caller in pomelo-rpc's form gets them as they are, and any other caller gets the
 * failure, which names the mistake. A string is the message of the failure, since many programs fail like this.
 */
export class CalledBackError extends Error {
  /** All that the method gave its callback. */
  readonly callbackArguments: readonly unknown[];

  constructor(callbackArguments: readonly unknown[], received?: string) {
    const [first] = callbackArguments;
    const mistake = `the method called back with ${shown(first)} in the place of the error; write callback(null, result)`;
    super(received ?? (typeof first === 'string' ? first : mistake));
    this.callbackArguments = callbackArguments;
    // Not enumerable: the fields of an object such as { code: 500, retry: true } are the only ones of the failure.
    Object.defineProperty(this, 'callbackArguments', { enumerable: false, writable: false, configurable: false });
    if (typeof first !== 'object' || first === null) return;
    const code = codeOf(first);
    if (code !== undefined) Object.assign(this, { code });
    if (Array.isArray(first) || ArrayBuffer.isView(first)) return;
    for (const [field, value] of ownFields(first)) {
      if (field !== 'callbackArguments')
        Object.defineProperty(this, field, { value, enumerable: true, configurable: true, writable: true });
    }
  }
}

/** True for an Error of any realm, and for an object with the message of one and a name, a code or a stack. */
export function isErrorLike(value: unknown): boolean {
  if (value instanceof Error || types.isNativeError(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { message, name, code, stack } = value as Partial<Record<'message' | 'name' | 'code' | 'stack', unknown>>;
    return (
      typeof message === 'string' && (code !== undefined || [name, stack].some((each) => typeof each === 'string'))
    );
  } catch {
    return true; // a getter threw: such a value cannot travel
  }
}

const resultsBeside = new WeakMap<Error, readonly unknown[]>();

/** Notes the results that a method gave its callback beside the error, for callers in pomelo-rpc's form. */
export function noteResults(error: Error, results: readonly unknown[]): void {
  if (results.some((each) => each !== undefined && each !== null)) resultsBeside.set(error, results);
  else resultsBeside.delete(error); // an error that fails several calls
}

/** Results that came beside the error; undefined without any. */
export function resultsOf(error: unknown): readonly unknown[] | undefined {
  return error instanceof Error ? resultsBeside.get(error) : undefined;
}

/** The arguments of the callback in a body of a failed answer; undefined for an ordinary failure. */
export function calledBackIn(body: unknown): CalledBackError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { callbackArguments: args, message } = body as { callbackArguments?: unknown; message?: unknown };
  if (!Array.isArray(args)) return undefined;
  const error = new CalledBackError(args, typeof message === 'string' ? message : undefined);
  // A stack of this process would lead to the decoder.
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
