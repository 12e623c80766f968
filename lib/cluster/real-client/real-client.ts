import { types } from 'node:util';
import { toError } from '../../errors.js';
import { parameters } from '../../service/method-failure.js';
import { type Method, sourceOf } from '../../service/methods.js';
import type { ServiceMethod } from '../../service/service-registry.js';
import type { Delegates } from '../delegates.js';
import { isGeneratorMethod, promising } from './generators.js';
import { passOnEvents } from './pass-on-events.js';

/** What a parameter is called that is called back. */
const CALLBACK_NAME = /^(?:cb|callback|done)$/i;

/** What is looked for on a real client; any object may be one. */
type Anything = Record<string, unknown>;

export interface RealClientHandler {
  /** It has emitted something. */
  onEvent(event: string, args: unknown[]): void;
  /** One of its methods failed where nobody waits for it. */
  onError(error: Error): void;
}

/** The real client: the one that a shared client stands for in all processes, as its Leader has it. */
export class RealClient {
  readonly #client: Anything;
  readonly #delegates: Delegates;
  readonly #handler: RealClientHandler;
  readonly #methods = new Map<unknown, (name: string, sent: number) => ServiceMethod>();

  /** Throws what the client's constructor throws. */
  constructor(make: () => object, delegates: Delegates, handler: RealClientHandler) {
    this.#client = make() as Anything;
    this.#delegates = delegates;
    this.#handler = handler;
    passOnEvents(this.#client, (event, args) => handler.onEvent(event, args));
  }

  /** At once for one that has no `ready`. Rejects with what it says. */
  async whenReady(): Promise<void> {
    const { ready } = this.#client;
    if (typeof ready !== 'function') return;
    await new Promise<void>((resolve, reject) => {
      const returned: unknown = ready.call(this.#client, (error?: unknown) => (error ? reject(error) : resolve()));
      if (types.isPromise(returned)) returned.then(() => resolve(), reject);
    });
  }

  /** The method, ready to be called with so many arguments; undefined where it may not be called by its name. */
  method(name: string, sent: number): ServiceMethod | undefined {
    const kind = this.#delegates.kindOf(name);
    if (kind !== 'invoke' && kind !== 'invokeOneway' && kind !== 'publish') return undefined;
    const fn = this.#client[name];
    if (typeof fn !== 'function') return undefined;
    let prepared = this.#methods.get(fn);
    if (prepared === undefined) {
      prepared = prepare(fn as Method, this.#client);
      this.#methods.set(fn, prepared);
    }
    return prepared(name, sent);
  }

  /** Names that may be called, for an error that says so. */
  get callable(): string[] {
    return [...this.#delegates.entries()].map(([name]) => name).filter((name) => this.method(name, 0) !== undefined);
  }

  /** Throws what the client's own method throws; what that does later is an `error` event. */
  subscribe(reg: unknown, listener: (value: unknown) => void): void {
    if (!this.#call('subscribe', reg, listener)) throw new Error('its real client has no method to subscribe by');
  }

  /** False where the real client cannot be told. */
  unsubscribe(reg: unknown, listener: (value: unknown) => void): boolean {
    return this.#call('unSubscribe', reg, listener);
  }

  publish(reg: unknown): void {
    if (!this.#call('publish', reg)) throw new Error('its real client has no method to publish by');
  }

  /** Calls its own `close`, or what is delegated to that, where there is one. Rejects with what that fails with. */
  async close(): Promise<void> {
    const name = this.#delegates.methodFor('close');
    const close = name === undefined ? undefined : this.#client[name];
    if (typeof close !== 'function') return;
    await (isGeneratorMethod(close) ? promising(close) : close).call(this.#client);
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

/** A callback is appended for a function that may be waiting for one: an async function or a generator never is. */
function prepare(fn: Method, self: object): (name: string, sent: number) => ServiceMethod {
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

/** Not called at all: it would call what lies in its callback's place, and later, where nobody could catch that. */
function misplaced(name: string, sent: number, callbackAt: number): never {
  throw new TypeError(`${name} takes ${callbackAt} arguments and a callback, and was called with ${sent} arguments`);
}

/** A rest parameter, one with a default, or `arguments`: how many it takes cannot be told. */
function hasOpenEnd(fn: Method): boolean {
  const source = sourceOf(fn);
  return /\barguments\b/.test(source) || /\.\.\.|=/.test(source.slice(0, source.search(/=>|\)\s*\{/)));
}
