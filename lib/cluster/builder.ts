import type { ResultStream } from '../call/result-stream.js';
import type { StreamParts } from '../call/stream-parts.js';
import { ClusterClient } from './cluster-client.js';
import { type ClientClass, type DelegateKind, Delegates } from './delegates.js';
import { type ClusterOptions, resolveClusterOptions } from './options.js';

/**
 * Type of a shared client: the methods of the real client, and those of {@link ClusterClient}. A method that answers with a stream
 * returns a {@link ResultStream}.
 */
export type Shared<C extends ClientClass> = SharedStreams<InstanceType<C>> & InstanceType<C> & ClusterClient;

/** The methods of a real client that answer with a stream, as a shared client has them. */
type SharedStreams<T> = {
  [Name in keyof T as IsStream<T[Name]> extends true ? Name : never]: T[Name] extends (
    ...args: infer Args
  ) => infer Result
    ? (
        ...args: Args
      ) => StreamParts<Awaited<Result>> extends readonly [infer Item, infer End] ? ResultStream<Item, End> : never
    : never;
};

type IsStream<Method> = Method extends (...args: never[]) => infer Result
  ? [StreamParts<Awaited<Result>>] extends [never]
    ? false
    : true
  : false;

/** Names the methods of the real client that are shared, and how. Each method but `create` returns the builder. */
export interface ClusterBuilder<C extends ClientClass> {
  /** Delegates a method of the real client, as {@link DelegateKind} says. @default `invoke` */
  delegate(from: string, to?: DelegateKind): this;
  /** Gives the shared client a property of its own. */
  override(name: string, value: unknown): this;
  /**
   * Makes the shared client, which begins to compete at once. The arguments are for the constructor of the real client.
   * A process that takes over makes the real client with the arguments that were given there.
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
      // The delegated methods are own properties by now, which the compiler cannot know.
      return new ClusterClient({ clientClass, args, delegates, options }) as Shared<C>;
    },
  };
}
