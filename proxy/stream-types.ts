import type { CallOptions } from '../lib/call/call-contract.js';
import type { ResultStream } from '../lib/call/result-stream.js';

/**
 * Proxy of a remote method that answers with a stream: an async generator, or a function that returns an AsyncIterable or a
 * ReadableStream. Only `.stream` calls the method.
 */
export interface StreamMethod<Args extends readonly unknown[], Item, Returned> {
  /** Calls the method, and returns its items as a {@link ResultStream}. */
  readonly stream: StreamProxy<Args, Item, Returned>;
  /** Returns the same method with options for its calls; see {@link CallOptions}. */
  with(options: CallOptions): StreamMethod<Args, Item, Returned>;
}

/** The function that calls a method for a stream, and its other forms. A stream comes from one server, never from all. */
export type StreamProxy<Args extends readonly unknown[], Item, Returned> = BoundStream<
  [routeParam: unknown, ...args: Args],
  Item,
  Returned
> &
  StreamForms<Args, Item, Returned>;

/** Further forms of a call for a stream. */
interface StreamForms<Args extends readonly unknown[], Item, Returned> {
  /** Calls the server with this id. */
  readonly toServer: <Id extends string>(serverId: OneServer<Id>, ...args: Args) => ResultStream<Item, Returned>;
  /** Returns the same method with options for its streams; see {@link CallOptions}. */
  with(options: CallOptions): StreamProxy<Args, Item, Returned>;
  /** Binds the method to a server. */
  to<Id extends string>(serverId: OneServer<Id>): BoundStream<Args, Item, Returned>;
  /** Binds the method to a route parameter. */
  route(routeParam: unknown): BoundStream<Args, Item, Returned>;
  /** Calls without a route parameter. */
  readonly defaultRoute: BoundStream<Args, Item, Returned>;
}

/** Method that answers with a stream, and is bound to where its calls go. */
type BoundStream<Args extends readonly unknown[], Item, Returned> = (...args: Args) => ResultStream<Item, Returned>;

/** Id of one server: not the literal `'*'`, which stands for all. */
type OneServer<Id extends string> = Id & (Id extends '*' ? never : unknown);
