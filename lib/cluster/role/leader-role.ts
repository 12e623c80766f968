import { settledWithin } from '../../call/held-calls.js';
import { OutgoingCall } from '../../call/outgoing-call.js';
import { RemoteMethod } from '../../call/remote-method.js';
import { enter, leave } from '../../call-context.js';
import { type RpcCode, type RpcError, toError } from '../../errors.js';
import { unsendable } from '../../follower/request-codec.js';
import { identityOf } from '../../identity.js';
import { RateLimitedLog } from '../../rate-limited-log.js';
import type { ConnectedPeer } from '../../server-info.js';
import type { Subscriber } from '../../serving/channel.js';
import { type Answerer, IncomingCall } from '../../serving/incoming-call.js';
import type { Term } from '../../term.js';
import { nextTick } from '../../timers.js';
import { PendingCalls } from '../../transport/pending-calls.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import { copiedAnswers, directAnswers, NO_ANSWERS } from './local-answers.js';
import { LocalLine } from './local-line.js';
import { LocalStreams } from './local-streams.js';
import { ReferenceCodec } from './reference-codec.js';
import type { Role, RoleHandler } from './role.js';
import { copiedReg, unpublished } from './subscription-head.js';

export type LeaderRoleOptions = Pick<
  ResolvedClusterOptions,
  'name' | 'clientId' | 'localCopies' | 'localDeadline' | 'maxFrameBytes' | 'responseTimeout' | 'logger' | 'secrets'
>;

/** The role of the process that has the real client. Calls go to its channel within the process. */
export class LeaderRole implements Role {
  readonly isFull = false;
  readonly #channel: LeaderChannel;
  readonly #options: LeaderRoleOptions;
  readonly #handler: RoleHandler;
  readonly #end: (reason: RpcError, timeoutMs: number) => Promise<void>;
  readonly #pending: PendingCalls;
  /** Undefined: callers and the real client share their objects. */
  readonly #line: LocalLine | undefined;
  readonly #answers: Answerer;
  readonly #streams: LocalStreams;
  readonly #log: RateLimitedLog;
  readonly #onewayAnswers: Answerer;
  readonly #subscriber: Subscriber;

  /** `end` closes the channel, or leaves the channel to its other users. Called after the last call. */
  constructor(
    channel: LeaderChannel,
    options: LeaderRoleOptions,
    handler: RoleHandler,
    end: (reason: RpcError, timeoutMs: number) => Promise<void>,
  ) {
    this.#channel = channel;
    this.#options = options;
    this.#handler = handler;
    this.#end = end;
    this.#log = new RateLimitedLog(options.logger);
    const { clientId, localCopies, localDeadline, maxFrameBytes, logger, secrets } = options;
    // No socket keeps the process alive while the real client works. A call without a deadline may never be answered.
    const onExpired = (calls: readonly number[]): void => this.#streams.cancel(calls);
    this.#pending = new PendingCalls({ holdsProcess: localDeadline, onExpired });
    const line = new LocalLine({ codec: channel.localCodec, maxFrameBytes, logger }, this.#pending);
    if (localCopies) this.#line = line;
    const answers = this.#line === undefined ? directAnswers(this.#pending) : copiedAnswers(this.#line.answers);
    // This process knows its own secret, as a Follower does that has proven it.
    const identity = identityOf(secrets && { secret: secrets.firstName }, clientId);
    const caller: ConnectedPeer = { id: clientId, identity, ip: '127.0.0.1', peer: 'this process' };
    const failed = ({ method, oneway }: Pick<IncomingCall, 'method' | 'oneway'>, error: Error, code?: RpcCode): void =>
      channel.failedLocal({ method, oneway, error, code, caller });
    this.#answers = { ...answers, caller, failed };
    this.#streams = new LocalStreams({
      ...{ line, pending: this.#pending, answers: this.#answers, log: this.#log },
      makeCodec: () => (localCopies ? channel.localCodec : new ReferenceCodec()),
      onLost: (method, error) => failed({ method, oneway: false }, toError(error), undefined),
    });
    this.#onewayAnswers = { ...NO_ANSWERS, caller, failed };
    // A value never arrives before `subscribe` has returned, as on a Follower.
    this.#subscriber = { isOpen: true, push: (key, value) => nextTick(() => handler.onValue(key, value)) };
  }

  get sharesArguments(): boolean {
    return this.#line === undefined;
  }

  get isLeader(): boolean {
    return this.#channel.leads;
  }

  get term(): Term | undefined {
    return this.#channel.term;
  }

  get realClient(): object {
    return this.#channel.real.instance;
  }

  subscribe(key: string, reg: unknown): void {
    this.#reportFailure(() => {
      const given = this.#line === undefined ? reg : copiedReg(this.#options.name, key, reg);
      this.#channel.topics.subscribe(key, given, this.#subscriber);
    });
  }

  unsubscribe(key: string): void {
    this.#reportFailure(() => this.#channel.topics.unsubscribe(key, this.#subscriber));
  }

  publish(key: string, reg: unknown): void {
    this.#reportFailure(() => this.#channel.real.publish(this.#copied(key, reg)));
  }

  invoke(call: OutgoingCall): void {
    call.move('sent');
    let args: unknown[];
    try {
      args = this.#line?.copyArguments(call) ?? [...call.args];
    } catch (error) {
      call.fail(unsendable(call, error));
      return;
    }
    const { name } = call.method;
    if (call.oneway) {
      this.#serve(new IncomingCall(this.#onewayAnswers, 0, name, args, true, undefined));
      call.succeed([]);
      return;
    }
    if (call.hasStreams) return this.#serve(this.#streams.begin(call, args));
    const id = this.#pending.add(call);
    this.#serve(new IncomingCall(this.#answers, id, name, args, false, undefined, call.deadline));
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#channel.topics.left(this.#subscriber);
    await settledWithin(new Promise<void>((resolve) => this.#pending.whenIdle(resolve)), timeoutMs);
    this.#pending.loseAll(reason, Number.POSITIVE_INFINITY);
    this.#streams.end(reason);
    this.#log.close();
    await this.#end(reason, timeoutMs);
  }

  /** Serves the call with its context, as the call of a Follower. */
  #serve(call: IncomingCall): void {
    const outer = enter(call);
    try {
      this.#channel.invokeLocal(call);
    } finally {
      leave(outer);
    }
  }

  /** A copy of a published value. Throws as the publication of a Follower fails. */
  #copied(key: string, reg: unknown): unknown {
    const method = this.#channel.real.publishMethod;
    if (this.#line === undefined || method === undefined) return reg;
    const { name, responseTimeout } = this.#options;
    const remote = new RemoteMethod({ namespace: '', serverType: name, service: '', method }, method);
    const call = new OutgoingCall(remote, [reg], responseTimeout, true, {}, undefined, () => {});
    try {
      return this.#line.copyArguments(call)[0];
    } catch (error) {
      throw unpublished(key, unsendable(call, error));
    }
  }

  /** Reports as a Follower does, which learns of a failed subscription or publication from its Leader, later. */
  #reportFailure(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#handler.onError(toError(error));
    }
  }
}
