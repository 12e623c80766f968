import { ClusterClient } from './cluster-client.js';
import { type ClientClass, type DelegateKind, Delegates } from './delegates.js';
import { type ClusterOptions, resolveClusterOptions } from './options.js';

/** The real client's type, and what a shared one has by itself. */
export type Shared<C extends ClientClass> = InstanceType<C> & ClusterClient;

/** Says which of the real client's methods are shared, and how; each call returns the builder. */
export interface ClusterBuilder<C extends ClientClass> {
  /** `to`: `invoke` unless it is said; `subscribe`, `unSubscribe`, `publish`, `invokeOneway`, `close`. */
  delegate(from: string, to?: DelegateKind): this;
  /** A property of the shared client's own. */
  override(name: string, value: unknown): this;
  /**
   * Competes, and returns at once. The arguments are for the real client's constructor, wherever that will be called; in
   * another process with those that were given there.
   */
  create(...args: ConstructorParameters<C>): Shared<C>;
}

export function createBuilder<C extends ClientClass>(clientClass: C, given: ClusterOptions): ClusterBuilder<C> {
  const delegates = new Delegates();
  const options = resolveClusterOptions(given, clientClass.name);
  return {
    delegate(from, to) {
      delegates.delegate(from, to);
      return this;
    },
    override(name, value) {
      delegates.override(name, value);
      return this;
    },
    create(...args) {
      if (options.autoGenerate) delegates.generate(clientClass);
      // What is missing are the delegated methods, which it has as own properties by now.
      return new ClusterClient({ clientClass, args, delegates, options }) as Shared<C>;
    },
  };
}
