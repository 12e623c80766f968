import { describeError, type Logger } from '../../diagnostics.js';
import { RpcCode, RpcError } from '../../errors.js';
import { chooseCodec, STOCK_CODEC } from '../../protocol/codecs.js';
import { printable, quoted } from '../../quoted.js';
import { type AnswerSink, dispatch } from '../../service/dispatcher.js';
import type { Channel, Topics } from '../../serving/channel.js';
import type { IncomingCall } from '../../serving/incoming-call.js';
import type { Delegates } from '../delegates.js';
import { LEADER_ERROR, underItsName } from '../error-names.js';
import type { ResolvedClusterOptions } from '../options.js';
import { ClientTopics } from './client-topics.js';
import { RealClient, type RealClientHandler } from './real-client.js';

/** How many names an error lists. */
const SHOWN_NAMES = 12;

/** A real client in this process, with all who use it: those of this process, and Followers on its channel. */
export class LeaderChannel {
  readonly real: RealClient;
  readonly topics: Topics;
  readonly #options: ResolvedClusterOptions;
  readonly #handler: RealClientHandler;
  readonly #logger: Logger;

  /** Throws what the real client's constructor throws. */
  constructor(make: () => object, delegates: Delegates, options: ResolvedClusterOptions, handler: RealClientHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#logger = options.logger;
    this.real = new RealClient(make, delegates, handler);
    this.topics = new ClientTopics(this.real, {
      pushTimeout: options.responseTimeout,
      isBroadcast: options.isBroadcast,
      codec: options.transcode ?? chooseCodec(['msgpack']) ?? STOCK_CODEC,
      onError: (error) => handler.onError(error),
    });
  }

  /** What Followers on the port are served by. */
  channel(): Channel {
    const { name, transcode } = this.#options;
    const missing = (method: string, sent: number): RpcError | undefined =>
      this.real.method(method, sent) === undefined ? this.#noMethod(method) : undefined;
    const channel = { name, missing, topics: this.topics, invoke: (call: IncomingCall) => this.#invoke(call) };
    return transcode === undefined ? channel : { ...channel, codec: transcode };
  }

  /** Calls a method that may be called by its name; any other fails, and neither throws. */
  call(name: string, args: unknown[], answer: AnswerSink & { refuse(error: RpcError): void }): void {
    const method = this.real.method(name, args.length);
    if (method !== undefined) return dispatch(method, args, answer, this.#logger);
    answer.refuse(this.#noMethod(name));
  }

  #noMethod(name: string): RpcError {
    const names = this.real.callable;
    const shown = names.slice(0, SHOWN_NAMES).join(', ') + (names.length > SHOWN_NAMES ? ', ...' : '');
    const why = `${quoted(name)} is not a delegated method of ${this.#options.name}; these are: ${shown || 'none'}`;
    return new RpcError(RpcCode.NoMethod, why);
  }

  /** Nobody is told of a one-way call's failure but the log: its caller does not wait, and this process must not die of it. */
  logFailure(name: string, error: unknown): void {
    this.#logger.error(
      `mailstation: a one-way call of ${this.#options.name}.${printable(name)} failed: ${describeError(error)}`,
    );
  }

  #invoke(call: IncomingCall): void {
    const startedAt = performance.now();
    const refuse = (error: RpcError): void => {
      if (call.oneway) this.logFailure(call.method, error);
      call.refuse(error);
    };
    const succeed = (results: readonly unknown[]): void => {
      if (!call.oneway) this.#noteLate(call.method, performance.now() - startedAt);
      call.succeed(results);
    };
    const fail = (error: Error): void => {
      if (call.oneway) this.logFailure(call.method, error);
      call.fail(error);
    };
    this.call(call.method, call.args, { succeed, fail, refuse });
  }

  #noteLate(method: string, ms: number): void {
    const { name, responseTimeout } = this.#options;
    if (ms <= responseTimeout) return;
    const why = `${name}.${method} answered after ${Math.round(ms)} ms; its caller waits ${responseTimeout} ms`;
    this.#handler.onError(underItsName(new RpcError(RpcCode.Timeout, why), LEADER_ERROR.tooLate));
  }
}
