import { types } from 'node:util';
import { invalid } from '../options.js';
import { ReadyEmitter } from './ready-emitter.js';

/** What becomes of a delegated method. Source: cluster-client, `delegate(from, to)` */
export const DELEGATE_KINDS = ['subscribe', 'unSubscribe', 'publish', 'invoke', 'invokeOneway', 'close'] as const;
export type DelegateKind = (typeof DELEGATE_KINDS)[number];

export type Descriptor =
  | { readonly type: 'delegate'; readonly to: DelegateKind }
  | { readonly type: 'override'; readonly value: unknown };

/** A class whose instances are real clients. */
// biome-ignore lint/suspicious/noExplicitAny: whatever its constructor takes
export type ClientClass<T extends object = object> = abstract new (...args: any[]) => T;

/** Delegated by themselves, each to what its name says, where the class has them. */
const BY_NAME: readonly DelegateKind[] = ['subscribe', 'unSubscribe', 'publish', 'close'];

/** What a shared client has, and which of it is its real client's. */
export class Delegates {
  readonly #descriptors = new Map<string, Descriptor>();

  override(name: string, value: unknown): void {
    this.#descriptors.set(name, { type: 'override', value });
  }

  /** Throws {@link RpcCode.InvalidArgument} for what nothing can be delegated to, and for what an emitter needs itself. */
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

  /** What the method is delegated to; undefined where it is not. */
  kindOf(name: string): DelegateKind | undefined {
    const descriptor = this.#descriptors.get(name);
    return descriptor?.type === 'delegate' ? descriptor.to : undefined;
  }

  /** The real client's method for this. */
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
