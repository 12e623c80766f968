import { types } from 'node:util';
import { toError } from '../../errors.js';
import { checkedCount, partsOf } from '../../service/checked-method.js';
import { parameters } from '../../service/method-failure.js';
import { type Method, sourceOf } from '../../service/methods.js';
import type { ServiceMethod } from '../../service/service-registry.js';
import type { DelegateKind, Delegates } from '../delegates.js';
import { isGeneratorMethod, promising } from './generators.js';
import { passOnEvents } from './pass-on-events.js';

/** Names of a parameter that takes a callback. */
const CALLBACK_NAME = /^(?:cb|callback|done)$/i;

/** Kinds of methods that callers call. */
const CALLABLE: readonly DelegateKind[] = ['invoke', 'invokeOneway', 'publish', 'stream'];

/** A real client: any object, whose properties are read by name. */
type Anything = Record<string, unknown>;

export interface RealClientHandler {
  /** Called after each event of the real client. */
  onEvent(event: string, args: unknown[]): void;
  /** Called where a method fails that has no caller to tell: `subscribe`, `unSubscribe`, `publish`. */
  onError(error: Error): void;
}

/** The instance of the user's class, in the process that leads, called by the names of its delegated methods. */
export class RealClient {
  readonly #client: Anything;
  readonly #delegates: Delegates;
  readonly #handler: RealClientHandler;
  readonly #methods = new Map<unknown, (name: string, sent: number) => ServiceMethod>();
  #isRetired = false;
  #lastError: Error | undefined;

  /** Throws what the client's constructor throws. */
  constructor(make: () => object, delegates: Delegates, handler: RealClientHandler) {
    this.#client = make() as Anything;
    this.#delegates = delegates;
    this.#handler = handler;
    passOnEvents(this.#client, (event, args) => {
      if (event === 'error') this.#lastError = toError(args[0]);
      if (!this.#isRetired) handler.onEvent(event, args);
    });
  }

  get instance(): object {
    return this.#client;
  }

  /** The last `error` that the client has emitted. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Resolves when the client is ready, at once for a client without `ready`. Rejects with the error of `ready`. */
  async whenReady(): Promise<void> {
    const { ready } = this.#client;
    if (typeof ready !== 'function') return;
    await new Promise<void>((resolve, reject) => {
      const returned: unknown = ready.call(this.#client, (error?: unknown) => (error ? reject(error) : resolve()));
      if (types.isPromise(returned)) returned.then(() => resolve(), reject);
    });
  }

  /** The method as it is called with `sent` arguments. Undefined where callers may not call the name. */
  method(name: string, sent: number): ServiceMethod | undefined {
    const kind = this.#delegates.kindOf(name);
    if (kind === undefined || !CALLABLE.includes(kind)) return undefined;
    const fn = this.#client[name];
    if (typeof fn !== 'function') return undefined;
    if (kind === 'stream') return streaming(name, fn as Method, this.#client);
    let prepared = this.#methods.get(fn);
    if (prepared === undefined) {
      prepared = prepare(fn as Method, this.#client);
      this.#methods.set(fn, prepared);
    }
    return prepared(name, sent);
  }

  /** Names that callers may call, for error texts. */
  get callable(): string[] {
    return [...this.#delegates.entries()].map(([name]) => name).filter((name) => this.method(name, 0) !== undefined);
  }

  /** Throws what the client's method throws at once. A promise of that method that rejects is an `error` event. */
  subscribe(reg: unknown, listener: (value: unknown) => void): undefined {
    if (!this.#call('subscribe', reg, listener)) throw missingMethod('subscribe');
  }

  /** False where no method is delegated to `unSubscribe`. */
  unsubscribe(reg: unknown, listener: (value: unknown) => void): boolean {
    return this.#call('unSubscribe', reg, listener);
  }

  /** Name of the method that publishes; undefined where the class has none. */
  get publishMethod(): string | undefined {
    return this.#delegates.methodFor('publish');
  }

  publish(reg: unknown): void {
    if (!this.#call('publish', reg)) throw missingMethod('publish');
  }

  /** Calls the method that is delegated to `close`, if there is one. Rejects with the failure of that method. */
  async close(): Promise<void> {
    const name = this.#delegates.methodFor('close');
    const close = name === undefined ? undefined : this.#client[name];
    if (typeof close !== 'function') return;
    await (isGeneratorMethod(close) ? promising(close) : close).call(this.#client);
  }

  /** Closes a client that has failed, and passes on no more of its events. */
  async retire(): Promise<void> {
    this.#isRetired = true;
    await this.close();
  }

  #call(kind: 'subscribe' | 'unSubscribe' | 'publish', ...args: unknown[]): boolean {
    const name = this.#delegates.methodFor(kind);
    const fn = name === undefined ? undefined : this.#client[name];
    if (typeof fn !== 'function') return false;
    const returned: unknown = (isGeneratorMethod(fn) ? promising(fn) : fn).apply(this.#client, args);
    const then = (returned as { then?: unknown } | null | undefined)?.then;
    if (typeof then === 'function')
      Promise.resolve(returned).catch((error: unknown) => this.#handler.onError(toError(error)));
    return true;
  }
}

function missingMethod(kind: DelegateKind): Error {
  return new Error(`the real client has no method for ${kind}; delegate one of its methods to '${kind}'`);
}

/** A method that answers with a stream takes no callback, and its generator is no list of steps as `co` runs them. */
function streaming(name: string, given: Method, self: object): ServiceMethod {
  const { fn, checks } = partsOf(given);
  const method: ServiceMethod = { name, fn, self, callbacks: false };
  return checks === undefined ? method : { ...method, checks };
}

/** Appends a callback for a function that may take one. Async functions and generators answer without a callback. */
function prepare(given: Method, self: object): (name: string, sent: number) => ServiceMethod {
  const { fn, checks } = partsOf(given);
  const prepared = prepareUnchecked(fn, self);
  if (checks === undefined) return prepared;
  const count = checkedCount(checks);
  return (name, sent) => ({ ...prepared(name, count ?? sent), checks });
}

function prepareUnchecked(fn: Method, self: object): (name: string, sent: number) => ServiceMethod {
  if (isGeneratorMethod(fn)) {
    const wrapped = promising(fn);
    return (name) => ({ name, fn: wrapped, self, callbacks: false });
  }
  if (types.isAsyncFunction(fn)) return (name) => ({ name, fn, self, callbacks: false });
  const takesAny = hasOpenEnd(fn);
  const callbackAt = parameters(sourceOf(fn)).findIndex((parameter) => CALLBACK_NAME.test(parameter));
  return (name, sent) =>
    callbackAt >= 0 && sent > callbackAt
      ? { name, fn: () => misplaced(name, sent, callbackAt), self, callbacks: false }
      : { name, fn, self, callbacks: takesAny || fn.length > sent };
}

/** Thrown before the method runs: the method would call an argument as its callback later, where no error is caught. */
function misplaced(name: string, sent: number, callbackAt: number): never {
  throw new TypeError(`${name} takes ${callbackAt} arguments and a callback, and was called with ${sent} arguments`);
}

/** True for a rest parameter, a default value or `arguments`: the number of arguments is then unknown. */
function hasOpenEnd(fn: Method): boolean {
  const source = sourceOf(fn);
  return /\barguments\b/.test(source) || /\.\.\.|=/.test(source.slice(0, source.search(/=>|\)\s*\{/)));
}
