import { RpcCode, RpcError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../../protocol/codecs.js';
import { quoted } from '../../quoted.js';
import { type AnswerSink, dispatch } from '../../service/dispatcher.js';
import { CallFailures, type FailedCall } from '../../serving/call-failures.js';
import type { Channel } from '../../serving/channel.js';
import { type Fence, passes, staleLeader } from '../../serving/fence.js';
import type { IncomingCall } from '../../serving/incoming-call.js';
import type { Term } from '../../term.js';
import { performance } from '../../timers.js';
import type { Delegates } from '../delegates.js';
import { LEADER_ERROR, withName } from '../error-names.js';
import type { ResolvedClusterOptions } from '../options.js';
import { placeStream } from '../stream-argument.js';
import { ClientTopics } from './client-topics.js';
import { RealClient, type RealClientHandler } from './real-client.js';

/** Maximum number of method names that an error lists. */
const SHOWN_NAMES = 12;

const NO_PLACE = 'the meta of a call names the argument that is a stream, and this call has no such argument';

/**
 * The channel that the Leader leads: the real client, and the two ways to its methods. LeaderRoles of this process call
 * `invokeLocal`; the calls of Followers on the port arrive at `invoke`.
 */
export class LeaderChannel implements Channel {
  readonly name: string;
  readonly real: RealClient;
  readonly topics: ClientTopics;
  readonly codec?: Codec;
  /** Encoding within this process: the one between two ends of mailstation. */
  readonly localCodec: Codec;
  /** Term of a Leader that an election has made one. */
  readonly term?: Term;
  readonly #fence: Fence | undefined;
  readonly #options: ResolvedClusterOptions;
  readonly #handler: RealClientHandler;
  readonly #failures: CallFailures;

  /** Makes the real client; throws what its constructor throws. `fence`: the right of an elected Leader to answer. */
  constructor(
    make: () => object,
    delegates: Delegates,
    options: ResolvedClusterOptions,
    handler: RealClientHandler,
    fence?: Fence,
  ) {
    const { name, transcode, responseTimeout, isBroadcast, logger, expectedErrors } = options;
    this.name = name;
    this.#fence = fence;
    if (fence !== undefined) this.term = fence.term;
    if (transcode !== undefined) this.codec = transcode;
    this.localCodec = transcode ?? chooseCodec(['msgpack']) ?? STOCK_CODEC;
    this.#options = options;
    this.#handler = handler;
    this.#failures = new CallFailures({
      logger,
      expectedErrors,
      prefix: `${name}.`,
      onFailed: (failure) => handler.onEvent('callFailed', [failure]),
    });
    this.real = new RealClient(make, delegates, handler);
    this.topics = new ClientTopics(this.real, {
      pushTimeout: responseTimeout,
      isBroadcast,
      codec: this.localCodec,
      mayPush: () => this.leads,
      onError: (error) => handler.onError(error),
    });
  }

  /** False once a Leader that was elected leads no more: a comparison of clocks at the moment of the call. */
  get leads(): boolean {
    return this.#fence?.leads() ?? true;
  }

  /** The error for which no method may be started any more. */
  readonly #mayStart = (): RpcError | undefined => (this.leads ? undefined : staleLeader(this.name));

  missing(method: string, argLength: number): RpcError | undefined {
    return this.real.method(method, argLength) === undefined ? this.#noMethod(method) : undefined;
  }

  /** Serves a call of a Follower, and reports an answer that its caller does not wait for any more. */
  invoke(call: IncomingCall): void {
    const startedAt = performance.now();
    this.#serve(call, () => this.#reportLate(call.method, performance.now() - startedAt));
  }

  /** Serves a call of this process. Never throws. */
  invokeLocal(call: IncomingCall): void {
    this.#serve(call, () => {});
  }

  /** Calls a delegated method; refuses any other. */
  #serve(call: IncomingCall, onAnswer: () => void): void {
    if (this.#fence !== undefined && !passes(call, this.#fence, this.name)) return;
    const succeed = (results: readonly unknown[]): void => {
      if (!call.oneway) onAnswer();
      call.succeed(results);
    };
    if (!placeStream(call)) return call.refuse(new RpcError(RpcCode.BadRequest, NO_PLACE));
    const method = this.real.method(call.method, call.args.length);
    if (method === undefined) call.refuse(this.#noMethod(call.method));
    else {
      const answer = {
        succeed,
        fail: (error: Error) => call.fail(error),
        refuse: (error: RpcError) => call.refuse(error),
        takesStream: (value: unknown) => (call as AnswerSink).takesStream?.(value) === true,
      };
      dispatch(method, call.args, answer, this.#failures.logger, this.#mayStart);
    }
  }

  /** Reports the failed call of a Follower. */
  failed(failure: Omit<FailedCall, 'expected'>): void {
    this.#failures.report(failure);
  }

  /** Reports the failed call of a shared client in this process. No session has logged its refusal. */
  failedLocal(failure: Omit<FailedCall, 'expected'>): void {
    const { method, oneway, error, code } = failure;
    if (oneway && code !== undefined)
      this.#failures.logger.warn(`mailstation: dropped a one-way call of ${quoted(method)}: ${error.message}`);
    this.#failures.report(failure);
  }

  #noMethod(name: string): RpcError {
    const names = this.real.callable;
    const shown = names.slice(0, SHOWN_NAMES).join(', ') + (names.length > SHOWN_NAMES ? ', ...' : '');
    const why = `${quoted(name)} is not a delegated method of ${this.name}; these are: ${shown || 'none'}`;
    return new RpcError(RpcCode.NoMethod, why);
  }

  /** Reports an answer that its caller has given up waiting for. */
  #reportLate(method: string, ms: number): void {
    const { responseTimeout } = this.#options;
    if (ms <= responseTimeout) return;
    const why = `${this.name}.${method} answered after ${Math.round(ms)} ms, and its caller waits ${responseTimeout} ms; raise responseTimeout or make the method faster`;
    this.#handler.onError(withName(new RpcError(RpcCode.Timeout, why), LEADER_ERROR.tooLate));
  }
}
