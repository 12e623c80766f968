/** A request as a custom acceptor hands it on. Source: pomelo-rpc's acceptors. */
export interface AcceptorMessage {
  /** First part of the name of the method. */
  namespace: string;
  /** Name of the remote module. */
  service: string;
  /** Name of the method within the module. */
  method: string;
  /** Arguments of the call. */
  args: readonly unknown[];
}

/** Callback that takes the answer to one request: the error, or all results of the method. */
export type AcceptorAnswer = (error: Error | null, ...results: unknown[]) => void;

/**
 * Callback that a custom acceptor calls with each request. Each form below is accepted; the arguments tell the forms
 * apart.
 *
 * | passed                       | meaning                                                                            |
 * | ---------------------------- | ---------------------------------------------------------------------------------- |
 * | three or more                | `(tracer, msg, answer)`: pomelo-rpc and pinus-rpc; the tracer is ignored           |
 * | two, a function the second   | `(msg, answer)`: pomelo-rpc's README                                               |
 * | two, a message the second    | `(tracer, msg)`: a request that wants no answer                                    |
 * | one                          | `(msg)`: the same                                                                  |
 * | one, an Error                | the acceptor failed: those of pomelo-rpc report so when they are made to listen twice |
 *
 * `answer` may be null or undefined where no answer is wanted. Otherwise `answer` is called once. The callback never
 * throws.
 */
export type MessageCallback = {
  (tracer: unknown, msg: AcceptorMessage, answer: AcceptorAnswer | null | undefined): void;
  (msg: AcceptorMessage, answer?: AcceptorAnswer | null): void;
  (failed: Error): void;
};

/**
 * A custom transport of a server, in place of the built-in ones. An acceptor emits `error`, and `closed` when no more
 * requests will come; it may emit `connection` with `{ id, ip }`. Source: pomelo-rpc.
 * @example
 * ```ts
 * import { EventEmitter } from 'node:events';
 * import { type Acceptor, type AcceptorFactory, createServer, type MessageCallback } from 'mailstation';
 *
 * // Requests come from a queue, and answers go to a log.
 * class QueueAcceptor extends EventEmitter implements Acceptor {
 *   readonly #onRequest: MessageCallback;
 *   #timer: NodeJS.Timeout | undefined;
 *
 *   constructor(onRequest: MessageCallback) {
 *     super();
 *     this.#onRequest = onRequest;
 *   }
 *
 *   listen(): void {
 *     const msg = { namespace: 'user', service: 'rooms', method: 'greet', args: ['Anna'] };
 *     this.#timer = setTimeout(() => this.#onRequest(msg, (error, result) => console.log(error ?? result)), 10);
 *   }
 *
 *   close(): void {
 *     clearTimeout(this.#timer);
 *     this.emit('closed');
 *   }
 * }
 *
 * const acceptorFactory: AcceptorFactory = (_options, onRequest) => new QueueAcceptor(onRequest);
 * const services = { user: { rooms: { greet: async (name: string) => `hello, ${name}` } } };
 * const server = createServer({ port: 0, acceptorFactory, services });
 * await server.start();
 * setTimeout(() => server.stop(), 100); // after `hello, Anna`
 * ```
 */
export interface Acceptor {
  /**
   * Begins to take requests. A returned promise is awaited. Listening has failed when the promise rejects, or when
   * `error` is emitted before.
   */
  listen(port: number): unknown;
  /** Takes no more requests. A returned promise is awaited. */
  close(): unknown;
  /** Adds a listener, as every emitter does. */
  // biome-ignore lint/suspicious/noExplicitAny: any emitter fits, whatever events it declares
  on?(event: any, listener: (...args: any[]) => void): unknown;
}

/** Options of the server, as an acceptor factory gets them, with the port and the loaded services. */
export interface AcceptorOptions {
  /** Port of the options. */
  readonly port: number;
  /** Loaded services: `services[namespace][module]`, as they are at the moment of reading. */
  readonly services: Record<string, Record<string, object>>;
  /** Further options, as the user wrote them. */
  readonly [option: string]: unknown;
}

/** Makes a custom acceptor: a function or, as in pomelo-rpc, an object with `create`. Requests go to the callback. */
export type AcceptorFactory =
  | ((opts: AcceptorOptions, callback: MessageCallback) => Acceptor)
  | { create(opts: AcceptorOptions, callback: MessageCallback): Acceptor };
