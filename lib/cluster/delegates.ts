import { types } from 'node:util';
import { invalid } from '../options.js';
import { partsOf } from '../service/checked-method.js';
import { isFunction } from '../service/functions.js';
import { ReadyEmitter } from './ready-emitter.js';

/** Ways in which a method can be delegated. Source: cluster-client, `delegate(from, to)`, which has no `stream`. */
const DELEGATE_KINDS = [
  ...(['subscribe', 'unSubscribe', 'publish', 'invoke', 'invokeOneway', 'close'] as const),
  'stream',
] as const;
/**
 * Way in which a method of the real client is delegated:
 * - `invoke`: a call that is answered; `invokeOneway`: a call without an answer.
 * - `stream`: a call that is answered with a stream of items, by an async generator, an AsyncIterable, a ReadableStream or a
 *   generator. The shared client returns a `ResultStream`.
 * - `subscribe`, `unSubscribe`, `publish`: values that are shared by key.
 * - `close`: closes the shared client.
 */
export type DelegateKind = (typeof DELEGATE_KINDS)[number];

export type Descriptor =
  | { readonly type: 'delegate'; readonly to: DelegateKind }
  | { readonly type: 'override'; readonly value: unknown };

/** Class whose instances are real clients. */
// biome-ignore lint/suspicious/noExplicitAny: any arguments of the constructor
export type ClientClass<T extends object = object> = abstract new (...args: any[]) => T;

/** Methods that are delegated without being named, each to the kind of the same name. */
const BY_NAME: readonly DelegateKind[] = ['subscribe', 'unSubscribe', 'publish', 'close'];

/** Properties of a shared client, and which of them are delegated to the real client. */
export class Delegates {
  readonly #descriptors = new Map<string, Descriptor>();

  override(name: string, value: unknown): void {
    this.#descriptors.set(name, { type: 'override', value });
  }

  /**
   * Delegates a method. Throws {@link RpcCode.InvalidArgument} for an unknown kind, and for names that an emitter needs
   * itself.
   */
  delegate(from: string, to: DelegateKind = 'invoke'): void {
    if (typeof from !== 'string' || from === '')
      throw invalid('delegate(from, to): the first argument must be the name of a method');
    // The shared client needs these methods itself to emit events and to become ready.
    if (from in ReadyEmitter.prototype)
      throw invalid(`${from} cannot be delegated: a shared client has a method of that name itself`);
    if (!DELEGATE_KINDS.includes(to))
      throw invalid(`${from} cannot be delegated to ${String(to)}; the kinds are ${DELEGATE_KINDS.join(', ')}`);
    this.#descriptors.set(from, { type: 'delegate', to });
  }

  entries(): IterableIterator<[name: string, descriptor: Descriptor]> {
    return this.#descriptors.entries();
  }

  /** The kind that a method is delegated to; undefined where the method is not delegated. */
  kindOf(name: string): DelegateKind | undefined {
    const descriptor = this.#descriptors.get(name);
    return descriptor?.type === 'delegate' ? descriptor.to : undefined;
  }

  /** Name of the method that is delegated to this kind. */
  methodFor(kind: DelegateKind): string | undefined {
    for (const [name, descriptor] of this.#descriptors)
      if (descriptor.type === 'delegate' && descriptor.to === kind) return name;
    return undefined;
  }

  /**
   * Delegates by default: `subscribe`, `unSubscribe`, `publish` and `close` to their own kinds, unless
   * another method is delegated to that kind; all async and generator methods, and async generators to `stream`, inherited ones too. Methods that begin
   * with `_`, and methods that a shared client has itself, are left out. Source: cluster-client, `autoGenerate`, which
   * leaves out inherited methods.
   */
  generate(clientClass: ClientClass): void {
    const prototype: object = clientClass.prototype;
    for (const kind of BY_NAME) {
      const isTaken = this.#descriptors.has(kind) || this.methodFor(kind) !== undefined;
      if (!isTaken && typeof Reflect.get(prototype, kind) === 'function') this.delegate(kind, kind);
    }
    for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
        const isOurs = name.startsWith('_') || name in ReadyEmitter.prototype || this.#descriptors.has(name);
        if (isOurs) continue;
        const fn: unknown = isFunction(value) ? partsOf(value).fn : value;
        const [isAsync, isGenerator] = [types.isAsyncFunction(fn), types.isGeneratorFunction(fn)];
        // An async generator counts as both.
        if (isAsync && isGenerator) this.delegate(name, 'stream');
        else if (isAsync || isGenerator) this.delegate(name);
      }
    }
  }
}
