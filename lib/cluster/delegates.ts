import { types } from 'node:util';
import { invalid } from '../options.js';
import { ReadyEmitter } from './ready-emitter.js';

/** Ways in which a method can be delegated. Source: cluster-client, `delegate(from, to)`. */
export const DELEGATE_KINDS = ['subscribe', 'unSubscribe', 'publish', 'invoke', 'invokeOneway', 'close'] as const;
/**
 * Way in which a method of the real client is delegated:
 * - `invoke`: a call that is answered; `invokeOneway`: a call without an answer.
 * - `subscribe`, `unSubscribe`, `publish`: values that are shared by key.
 * - `close`: closes the shared client.
 */
export type DelegateKind = (typeof DELEGATE_KINDS)[number];

export type Descriptor =
  | { readonly type: 'delegate'; readonly to: DelegateKind }
  | { readonly type: 'override'; readonly value: unknown };

/** Class whose instances are real clients. */
// biome-ignore lint/suspicious/noExplicitAny: whatever its constructor takes
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
    if (typeof from !== 'string' || from === '') throw invalid('delegate wants the name of a method');
    // Were they the real client's, the shared one could neither emit nor become ready.
    if (from in ReadyEmitter.prototype) throw invalid(`${from} is a shared client's own, and cannot be delegated`);
    if (!DELEGATE_KINDS.includes(to)) throw invalid(`${from} cannot be delegated to ${String(to)}: ${DELEGATE_KINDS}`);
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
   * Adds what goes without saying: the methods that are called as what they are for, unless something else is delegated
   * to that; and all async and generator methods, inherited ones too, but for those that begin with `_` and those that a
   * shared client has by itself. Source: cluster-client, `autoGenerate`, which passes over inherited ones.
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
        // One of the two, and not an async generator, which is both.
        if (!isOurs && types.isAsyncFunction(value) !== types.isGeneratorFunction(value)) this.delegate(name);
      }
    }
  }
}
