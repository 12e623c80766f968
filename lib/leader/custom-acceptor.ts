import { CalledBackError, resultsOf } from '../called-back.js';
import { readPassed } from '../compat/acceptor-arguments.js';
import { describeError } from '../diagnostics.js';
import { type Endpoint, portOf } from '../endpoint.js';
import { messageOf, RpcCode, RpcError, toError } from '../errors.js';
import { firstOf } from '../falsy-first.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { invalid, unfit } from '../options.js';
import type { ConnectedPeer, NonEmpty } from '../server-info.js';
import { CallEnds } from '../serving/call-ends.js';
import type { Channel } from '../serving/channel.js';
import { type Answerer, IncomingCall, microseconds } from '../serving/incoming-call.js';
import { type CallSource, ConcurrencyLimit, type ConcurrencyLimitOptions } from '../serving/overload.js';
import { refusedStream } from '../serving/refused-stream.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import type { Acceptor, AcceptorAnswer, AcceptorFactory, AcceptorOptions } from './acceptor.js';
import { type AcceptorRequest, readMessage } from './acceptor-request.js';
import type { ServerAcceptor } from './server-acceptor.js';
import { canonicalAddress } from './whitelist.js';

export interface CustomAcceptorOptions extends ConcurrencyLimitOptions {
  readonly factory: AcceptorFactory;
  readonly endpoint: Endpoint;
  /** Options of the server as the user wrote them; the factory gets them. */
  readonly serverOptions: object;
  services(): AcceptorOptions['services'];
  onSession(peer: ConnectedPeer): void;
  onError(error: Error): void;
  /** Called when the acceptor has closed by itself. */
  onClosed(): void;
}

/**
 *   idle ── listen() ──> starting ──> listening ── drain() ──> draining ──> closed
 *                           └ failed ──> closed
 *
 *   destroy(), or the acceptor closes by itself: any ──> closed
 */
const TRANSITIONS = {
  idle: ['starting', 'closed'],
  starting: ['listening', 'draining', 'closed'],
  listening: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'starting' | 'listening' | 'draining' | 'closed'>;
type CustomAcceptorState = keyof typeof TRANSITIONS;

/**
 * Serves the requests of a user's acceptor, in place of a {@link ChannelAcceptor}: each request becomes a call with one
 * answer. The user's acceptor decides by itself which peers it admits, and how large their requests may be.
 */
export class CustomAcceptor implements ServerAcceptor, Answerer, CallSource<AcceptorRequest, undefined> {
  /** A user's acceptor reports a held port in its own way, so that no second server can wait for the port. */
  readonly canStandBy = false;
  readonly endpoints: NonEmpty<Endpoint>;
  /** Calls of all connections together, which the acceptor does not tell apart. `maxCallsPerConnection` does not apply. */
  admitted = Number.NEGATIVE_INFINITY;
  /** All places are those of the one acceptor: `callerShare` does not apply. */
  running = Number.NEGATIVE_INFINITY;
  isGone = false;
  readonly #options: CustomAcceptorOptions;
  readonly limit: ConcurrencyLimit;
  readonly connections = undefined;
  readonly callers = undefined;
  readonly #lifecycle = new Lifecycle<CustomAcceptorState>('idle', TRANSITIONS, () => {});
  /** Answer functions of the calls that are not answered yet, by id. */
  readonly #answers = new Map<number, AcceptorAnswer>();
  #channel: Channel | undefined;
  /** Reports the ends of calls; only on a channel with an observer. */
  #ends: CallEnds | undefined;
  #lastId = 0;
  #serving = 0;
  /** The user's acceptor, while it is to be closed. */
  #acceptor: Acceptor | undefined;
  /** Rejects the promise of {@link listen}; set while `starting`. */
  #failListening: ((error: Error) => void) | undefined;
  /** Set from the first `drain` or `destroy` on. */
  #stopReason: RpcError | undefined;
  /** Ends the wait for running calls; set while `draining`. */
  #onIdle: (() => void) | undefined;

  /** Throws {@link RpcCode.InvalidArgument} where the option is no factory. Calls no factory yet. */
  constructor(options: CustomAcceptorOptions) {
    const { factory } = options;
    if (typeof factory !== 'function' && typeof factory?.create !== 'function')
      throw unfit('acceptorFactory', 'a function, or an object with create', factory);
    this.#options = options;
    this.limit = new ConcurrencyLimit(options);
    this.endpoints = [options.endpoint];
  }

  get description(): string {
    return `a custom acceptor, port ${portOf(this.claimed)}`;
  }

  get claimed(): Endpoint {
    return this.endpoints[0];
  }

  lead(channel: Channel): void {
    this.#channel = channel;
    this.#ends = channel.observer && new CallEnds(channel.observer);
  }

  /** Makes the acceptor and lets it listen. Rejects with {@link RpcCode.Listen}; `cause` is what the acceptor failed with. */
  async listen(): Promise<void> {
    this.#lifecycle.move('starting');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#failListening = reject;
        const acceptor = this.#make();
        this.#acceptor = acceptor;
        // Not resolved with the promise itself: an error that is emitted before it settles would come too late.
        Promise.resolve(acceptor.listen(portOf(this.claimed))).then(() => resolve(), reject);
      });
    } catch (cause) {
      this.#lifecycle.move('closed');
      await this.#closeAcceptor();
      throw new RpcError(
        RpcCode.Listen,
        `the custom acceptor cannot listen on port ${portOf(this.claimed)}: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    } finally {
      this.#failListening = undefined;
    }
    this.#lifecycle.move('listening');
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (!this.#lifecycle.move('draining')) return;
    this.#stopReason ??= reason;
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
    await this.#closeAcceptor();
    this.#lifecycle.move('closed');
  }

  /** Closes the acceptor at once. Running calls are answered with the reason. */
  destroy(reason: RpcError): void {
    this.#lifecycle.move('closed');
    this.#stopReason ??= reason;
    this.#answerAll(reason);
    this.#onIdle?.();
    void this.#closeAcceptor();
  }

  makeCall({ id, method, args, oneway }: AcceptorRequest): IncomingCall {
    this.#serving += 1;
    const call = new IncomingCall(this, id, method, [...args], oneway, undefined);
    const now = performance.now();
    call.receivedAt = Math.ceil(now); // an acceptor names no deadline
    if (this.#ends !== undefined) this.#ends.arrivedMicros = microseconds(now);
    this.#ends?.begins(call);
    return call;
  }

  refuse({ id, method, oneway }: AcceptorRequest, _frame: undefined, why: string): void {
    const error = new RpcError(RpcCode.Overloaded, why);
    this.limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, 'a caller', why);
    if (!oneway) this.#answer(id, error, []);
    this.#channel?.failed?.({ method, oneway, error, code: error.code, caller: undefined });
    this.#channel?.observer?.refused({ method, oneway }, error, error.code, undefined);
  }

  answerResults(id: number, method: string, results: readonly unknown[]): void {
    const refusal = refusedStream(results[0]);
    if (refusal !== undefined) return this.#refuse(id, method, refusal);
    // An acceptor of pomelo-rpc gets all that the method gave its callback.
    this.#answer(id, (firstOf(results) ?? null) as Error | null, results);
  }

  /** The method has answered with what cannot be sent. */
  #refuse(id: number, method: string, error: RpcError): void {
    this.limit.logRefusal('refused a call', method, 'a caller', error.message);
    this.#answer(id, error, []);
    this.#channel?.failed?.({ method, oneway: false, error, code: error.code, caller: undefined });
    this.#ends?.failed(error, error.code);
  }

  answerError(id: number, error: Error): void {
    if (!(error instanceof CalledBackError)) return this.#answer(id, error, resultsOf(error) ?? []);
    // A custom acceptor gets what the method gave its callback, as one of pomelo-rpc does.
    const [first, ...rest] = error.callbackArguments;
    this.#answer(id, first as Error | null, rest);
  }

  failed({ method, oneway }: IncomingCall, error: Error, code: RpcCode | undefined): void {
    if (code === RpcCode.NoMethod)
      this.limit.logRefusal(oneway ? 'dropped a one-way call' : 'refused a call', method, 'a caller', error.message);
    this.#channel?.failed?.({ method, oneway, error, code, caller: undefined });
    this.#ends?.failed(error, code);
  }

  givenUp(call: IncomingCall): void {
    this.#ends?.unanswered(call, undefined);
  }

  served(call: IncomingCall): void {
    this.#serving -= 1;
    if (this.limit.counts(call)) this.#ends?.ended(call, undefined);
    else this.#ends?.forget();
    this.limit.release(call, this);
    if (this.#serving === 0) this.#onIdle?.();
  }

  #make(): Acceptor {
    const { factory, endpoint, serverOptions, services, onError, onSession } = this.#options;
    const opts: AcceptorOptions = {
      ...serverOptions,
      port: portOf(endpoint),
      get services() {
        return services();
      },
    };
    const receive = (...passed: unknown[]) => this.#receive(passed);
    const acceptor = typeof factory === 'function' ? factory(opts, receive) : factory.create(opts, receive);
    if (typeof acceptor?.listen !== 'function' || typeof acceptor.close !== 'function')
      throw invalid('acceptorFactory must give an acceptor with listen(port) and close()');
    acceptor.on?.('error', (error: unknown) => (this.#failListening ?? onError)(toError(error)));
    acceptor.on?.('closed', () => this.#onAcceptorClosed());
    acceptor.on?.('connection', (peer?: { id?: unknown; ip?: unknown }) => {
      const ip = canonicalAddress(String(peer?.ip));
      onSession({ id: String(peer?.id), ip, peer: ip });
    });
    return acceptor;
  }

  /** The user's acceptor has emitted `closed`: by itself, or because this end has closed it. */
  #onAcceptorClosed(): void {
    if (this.#acceptor === undefined) return;
    this.#acceptor = undefined;
    const reason = new RpcError(RpcCode.Stopping, 'the custom acceptor has closed by itself');
    this.#stopReason ??= reason;
    this.#lifecycle.move('closed');
    this.#answerAll(reason);
    this.#options.onClosed();
  }

  #receive(passed: readonly unknown[]): void {
    const read = readPassed(passed);
    if (read instanceof Error) return (this.#failListening ?? this.#options.onError)(read);
    this.#lastId += 1;
    const id = this.#lastId;
    if (read.answer !== undefined) this.#answers.set(id, read.answer);
    const request = this.#stopReason ?? readMessage(read, id);
    const channel = this.#channel;
    if (request instanceof RpcError) this.#answer(id, request, []);
    else if (channel === undefined)
      this.#answer(id, new RpcError(RpcCode.BadRequest, 'the server is not ready for requests yet'), []);
    else {
      const call = this.limit.admit(this, channel, request, undefined, Number.POSITIVE_INFINITY);
      if (call !== undefined) this.limit.watch(call, this);
    }
  }

  #answer(id: number, error: Error | null, results: readonly unknown[]): void {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    try {
      answer?.(error, ...results);
    } catch (thrown) {
      this.limit.log.error(
        () => `mailstation: the answer function of the custom acceptor threw: ${describeError(thrown)}`,
      );
    }
  }

  #answerAll(error: RpcError): void {
    for (const id of [...this.#answers.keys()]) this.#answer(id, error, []);
  }

  async #closeAcceptor(): Promise<void> {
    this.limit.stop();
    const acceptor = this.#acceptor;
    this.#acceptor = undefined;
    try {
      await acceptor?.close();
    } catch (error) {
      this.#options.logger.error(`mailstation: the custom acceptor failed to close: ${describeError(error)}`);
    }
  }
}
