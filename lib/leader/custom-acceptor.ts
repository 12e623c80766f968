import { describeError } from '../diagnostics.js';
import type { Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError, toError } from '../errors.js';
import { invalid } from '../options.js';
import { methodName } from '../rpc-message.js';
import type { ConnectedPeer } from '../server-info.js';
import type { Channel } from '../serving/channel.js';
import { type Answerer, IncomingCall } from '../serving/incoming-call.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions, type ConnectionCalls } from '../serving/overload.js';
import { canonicalAddress } from './whitelist.js';

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

export interface CustomAcceptorOptions extends ConcurrencyLimitOptions {
  readonly factory: AcceptorFactory;
  readonly endpoint: Endpoint;
  /** What the user gave the server, and the acceptor is given. */
  readonly serverOptions: object;
  services(): AcceptorOptions['services'];
  onSession(peer: ConnectedPeer): void;
  onError(error: Error): void;
  /** It closed without having been asked. */
  onClosed(): void;
}

/**
 * A user's own acceptor in the place of a {@link ChannelAcceptor}: its requests become calls like any other's, with one
 * answer each. What it accepts, from whom, and how large, is its own business.
 */
export class CustomAcceptor implements Answerer {
  readonly endpoint: Endpoint;
  readonly #options: CustomAcceptorOptions;
  /** Of the calls that are not answered yet. */
  readonly #answers = new Map<number, AcceptorAnswer>();
  readonly #gate: ConcurrencyLimit;
  /** Of all its connections, which it keeps to itself: there is no bound to one of them. */
  readonly #share: ConnectionCalls = { calls: Number.NEGATIVE_INFINITY };
  #channel: Channel | undefined;
  #acceptor: Acceptor | undefined;
  #lastId = 0;
  #serving = 0;
  #stopReason: RpcError | undefined;
  #onIdle: (() => void) | undefined;
  #failListening: ((error: Error) => void) | undefined;

  /** Throws {@link RpcCode.InvalidArgument} for what is no factory; makes nothing yet. */
  constructor(options: CustomAcceptorOptions) {
    const { factory } = options;
    if (typeof factory !== 'function' && typeof factory?.create !== 'function')
      throw invalid('acceptorFactory must be a function, or an object with create');
    this.#options = options;
    this.#gate = new ConcurrencyLimit(options);
    this.endpoint = options.endpoint;
  }

  lead(channel: Channel): void {
    this.#channel = channel;
  }

  /** Makes the acceptor, and has it listen. Rejects with {@link RpcCode.Listen}, with what it failed with as `cause`. */
  async listen(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#failListening = reject;
        const acceptor = this.#make();
        this.#acceptor = acceptor;
        // Not resolved with the promise itself: an error that is emitted before it settles would come too late.
        Promise.resolve(acceptor.listen(this.endpoint.port)).then(() => resolve(), reject);
      });
    } catch (cause) {
      await this.#close();
      throw new RpcError(RpcCode.Listen, `the custom acceptor cannot listen: ${messageOf(cause)}`, { cause });
    } finally {
      this.#failListening = undefined;
    }
  }

  /** Refuses what is new, waits for the answers of what is running, and closes the acceptor: after `timeoutMs` at the latest. */
  async retire(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#stopReason = reason;
    if (this.#serving > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, timeoutMs);
        this.#onIdle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    this.#answerAll(reason);
    await this.#close();
  }

  /** Closes the acceptor at once; calls that are running are answered with the reason. */
  destroy(reason: RpcError): void {
    this.#stopReason ??= reason;
    this.#answerAll(reason);
    this.#onIdle?.();
    void this.#close();
  }

  answerResults(id: number, _method: string, results: readonly unknown[]): void {
    this.#answer(id, null, results);
  }

  answerError(id: number, error: Error): void {
    this.#answer(id, error, []);
  }

  served(call: IncomingCall): void {
    this.#serving -= 1;
    this.#gate.left(call, this.#share);
    if (this.#serving === 0) this.#onIdle?.();
  }

  #make(): Acceptor {
    const { factory, endpoint, serverOptions, services, onError, onSession, onClosed } = this.#options;
    const opts: AcceptorOptions = {
      ...serverOptions,
      port: endpoint.port,
      get services() {
        return services();
      },
    };
    const receive = (...passed: unknown[]) => this.#receive(passed);
    const acceptor = typeof factory === 'function' ? factory(opts, receive) : factory.create(opts, receive);
    if (typeof acceptor?.listen !== 'function' || typeof acceptor.close !== 'function')
      throw invalid('acceptorFactory must give an acceptor with listen(port) and close()');
    acceptor.on?.('error', (error: unknown) => (this.#failListening ?? onError)(toError(error)));
    acceptor.on?.('closed', () => {
      if (this.#acceptor === undefined) return;
      this.#acceptor = undefined;
      this.#answerAll(new RpcError(RpcCode.Stopping, 'the acceptor closed'));
      onClosed();
    });
    acceptor.on?.('connection', (peer?: { id?: unknown; ip?: unknown }) => {
      const ip = canonicalAddress(String(peer?.ip));
      onSession({ id: String(peer?.id), ip, peer: ip });
    });
    return acceptor;
  }

  #receive(passed: readonly unknown[]): void {
    const [first, second] = passed;
    if (passed.length === 1 && first instanceof Error) return (this.#failListening ?? this.#options.onError)(first);
    const isMessageFirst = passed.length < 3 && (passed.length === 1 || second == null || typeof second === 'function');
    const [msg, given] = isMessageFirst ? passed : passed.slice(1);
    const answer = typeof given === 'function' ? (given as AcceptorAnswer) : undefined;
    this.#lastId += 1;
    if (answer !== undefined) this.#answers.set(this.#lastId, answer);
    this.#serving += 1;
    this.#invoke(this.#lastId, msg as Partial<AcceptorMessage> | null | undefined, answer === undefined);
  }

  #invoke(id: number, msg: Partial<AcceptorMessage> | null | undefined, oneway: boolean): void {
    const { namespace, service, method, args } = msg ?? {};
    const isMessage = [namespace, service, method].every((part) => typeof part === 'string') && Array.isArray(args);
    const name = isMessage ? methodName(String(namespace), String(service), String(method)) : '';
    const call = new IncomingCall(this, id, name, isMessage ? [...(args as unknown[])] : [], oneway, undefined);
    if (this.#stopReason !== undefined) call.refuse(this.#stopReason);
    else if (!isMessage || this.#channel === undefined)
      call.refuse(new RpcError(RpcCode.BadRequest, 'a request needs { namespace, service, method, args }'));
    else this.#letIn(call, this.#channel);
  }

  #letIn(call: IncomingCall, channel: Channel): void {
    const full = this.#gate.whyNot(this.#share);
    if (full === undefined) {
      this.#gate.letIn(call, channel, this.#share);
      return;
    }
    if (call.oneway) this.#gate.tellRefused('dropped a one-way call', call.method, call.peer, full);
    call.refuse(new RpcError(RpcCode.Overloaded, full));
  }

  #answer(id: number, error: Error | null, results: readonly unknown[]): void {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    try {
      answer?.(error, ...results);
    } catch (thrown) {
      this.#options.logger.error(`mailstation: the custom acceptor failed with an answer: ${describeError(thrown)}`);
    }
  }

  #answerAll(error: RpcError): void {
    for (const id of [...this.#answers.keys()]) this.#answer(id, error, []);
  }

  async #close(): Promise<void> {
    this.#gate.close();
    const acceptor = this.#acceptor;
    this.#acceptor = undefined;
    try {
      await acceptor?.close();
    } catch (error) {
      this.#options.logger.error(`mailstation: the custom acceptor failed to close: ${describeError(error)}`);
    }
  }
}
