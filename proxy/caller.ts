import { CALL_DEFAULTS, CALL_OPTION_NAMES, type CallOptions, type Settle } from '../lib/call/call-contract.js';
import type { CallStage } from '../lib/call/call-stage.js';
import { isAbortSignal } from '../lib/call/cancel-with.js';
import { DEFAULT_FAIL_OPTIONS, resolveFailOptions } from '../lib/call/fail-mode.js';
import { noServerOfType } from '../lib/call/no-server.js';
import { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import type { ResultStream } from '../lib/call/result-stream.js';
import { UploadCall } from '../lib/call/upload-call.js';
import { outerCall } from '../lib/call-context.js';
import { type Callback, userCallback } from '../lib/callback.js';
import { UnusedPromise } from '../lib/compat/unused-promise.js';
import { RpcCode, type RpcError } from '../lib/errors.js';
import { boolean, defined, fieldsOf, invalid, timeoutMs, unfit } from '../lib/options.js';
import type { RosterView } from '../lib/roster-view.js';
import type { ServerInfo } from '../lib/server-info.js';
import { nextTick, performance } from '../lib/timers.js';
import { unknownOptions } from '../lib/unknown-options.js';
import { type AroundBroadcast, type Outcome, resultsOfAll, toAll } from './broadcast.js';
import { rejectAtCaller } from './caller-stack.js';
import { isClass } from './is-class.js';
import { passResults } from './pass-results.js';
import { callStream, type StreamDefaults, type StreamTarget } from './stream-caller.js';
import { checkUpload, unreadUpload } from './upload-option.js';

/** How a client makes its calls. */
export interface CallerOptions {
  /** Deadline of calls that do not bring their own. Unit: ms */
  readonly timeout: number;
  /** Longest wait for the next item of a stream. 0: no limit. Unit: ms. @default 0 */
  readonly streamIdleTimeout?: number;
  /** Calls have pomelo-rpc's form: see `ClientOptions.callbacks`. */
  readonly callbacks: boolean;
  /** False: a broadcast has pinus-rpc's form; see `ClientOptions.broadcastOutcomes`. */
  readonly broadcastOutcomes: boolean;
  /** Runs the calls of all servers. Undefined: nothing watches them. */
  readonly aroundBroadcast?: AroundBroadcast;
  /** Notified of each one-way call that fails: no caller waits for its outcome. */
  readonly onOnewayFailure: (error: RpcError) => void;
  /** Notified of each error that a callback throws, with the method's name. Only with `callbacks`. Source: pomelo-rpc's mqtt2-mailbox */
  readonly onCallbackThrow: (error: unknown, of: string) => void;
  /** Notified of each failed call that has no callback, and whose promise was not used. Only with `callbacks`. */
  readonly onUnusedFailure: (error: RpcError) => void;
}

type ServersOfType = Pick<RosterView, 'servers' | 'uncallableOfType' | 'serverTypes'>;

const BY_ROUTER = Symbol('by router');
/** Id of a server, or the mark that the router chooses one. */
type Target = string | typeof BY_ROUTER;

/**
 * Makes a call of what a proxy was called with, in one of three ways: routed, to a named server, to all servers of a type.
 *
 * A function as the last argument is the callback, since no codec carries functions; nothing is returned then. A class is none. With
 * `callbacks`, the last argument is the callback also where it is `null` or `undefined`.
 */
export class Caller {
  readonly #first: CallStage;
  readonly #roster: ServersOfType;
  readonly #timeout: number;
  readonly #streamDefaults: StreamDefaults;
  readonly #callbacks: boolean;
  readonly #broadcastOutcomes: boolean;
  readonly #aroundBroadcast: AroundBroadcast;
  readonly #onOnewayFailure: (error: RpcError) => void;
  readonly #onUnusedFailure: (error: RpcError) => void;
  /** Undefined: an error that a callback throws is an uncaught exception. */
  readonly #onCallbackThrow: ((error: unknown, of: string) => void) | undefined;
  /** A call is being sent, in its caller's own tick. */
  #isSending = false;

  /** `first`: the first stage of a call's way out. */
  constructor(first: CallStage, roster: ServersOfType, options: CallerOptions) {
    this.#first = first;
    this.#roster = roster;
    this.#timeout = options.timeout;
    this.#streamDefaults = options;
    this.#callbacks = options.callbacks;
    this.#broadcastOutcomes = options.broadcastOutcomes;
    this.#aroundBroadcast = options.aroundBroadcast ?? ((_method, _kind, work) => work());
    this.#onOnewayFailure = options.onOnewayFailure;
    this.#onUnusedFailure = options.onUnusedFailure;
    this.#onCallbackThrow = options.callbacks ? options.onCallbackThrow : undefined;
  }

  /** Checks the options of one call; throws {@link RpcCode.InvalidArgument}. */
  static checkOptions(options: CallOptions): CallOptions {
    fieldsOf('the argument of with()', options, 'an object of options, such as { timeout: 500 }');
    const unknown = unknownOptions(options, { names: CALL_OPTION_NAMES });
    if (unknown.length > 0) throw invalid(`a call has no option ${unknown.join(', ')}`);
    timeoutMs('timeout', options.timeout, 1);
    timeoutMs('idleTimeout', options.idleTimeout, 0, 0);
    boolean('idempotent', options.idempotent, CALL_DEFAULTS.idempotent);
    if (options.signal !== undefined && !isAbortSignal(options.signal))
      throw unfit('signal', 'an AbortSignal', options.signal);
    checkUpload(options);
    resolveFailOptions(options, DEFAULT_FAIL_OPTIONS);
    return defined(options);
  }

  routed(
    method: RemoteMethod,
    routeParam: unknown,
    args: unknown[],
    options: CallOptions,
  ): Promise<unknown> | undefined {
    return this.#make(method, args, options, routeParam, BY_ROUTER);
  }

  toServer(
    method: RemoteMethod,
    serverId: string,
    args: unknown[],
    options: CallOptions,
  ): Promise<unknown> | undefined {
    if (serverId === '*') return this.toAll(method, args, options);
    return this.#make(method, args, options, undefined, serverId);
  }

  /**
   * Resolves to the outcome of every server, or to the results. A callback gets the first failure, if there was one, and the
   * outcomes or results.
   */
  toAll(method: RemoteMethod, args: unknown[], options: CallOptions): Promise<unknown[]> | undefined {
    const callback = this.#takeCallback(args, method);
    const outcomes = this.#aroundBroadcast(method, 'call', () => this.#broadcast(method, args, options));
    if (callback === undefined) {
      const answer: Promise<unknown[]> = this.#broadcastOutcomes ? outcomes : outcomes.then(resultsOfAll);
      return this.#callbacks ? UnusedPromise.of(answer, this.#onUnusedFailure) : answer;
    }
    outcomes.then(
      (all) => {
        const failure = all.find((outcome) => outcome.status === 'rejected')?.reason ?? null;
        callback(failure, this.#broadcastOutcomes ? all : all.map(({ value }) => value));
      },
      (error: Error) => callback(error),
    );
    return undefined;
  }

  /**
   * Settles when the call was handed to the connection; there is no answer. A failure is reported, so callers need not
   * catch it as well.
   */
  oneway(method: RemoteMethod, routeParam: unknown, args: unknown[], options: CallOptions): Promise<void> {
    return this.#makeOneway(method, args, options, routeParam, BY_ROUTER);
  }

  /** `'*'` calls all servers of the type, and settles when the call was handed to every connection. */
  onewayToServer(method: RemoteMethod, serverId: string, args: unknown[], options: CallOptions): Promise<void> {
    if (serverId !== '*') return this.#makeOneway(method, args, options, undefined, serverId);
    const sent = this.#aroundBroadcast(method, 'oneway', () => this.#onewayToAll(method, args, options));
    sent.catch(() => {}); // each failure was reported
    return sent;
  }

  async #onewayToAll(method: RemoteMethod, args: unknown[], options: CallOptions): Promise<undefined> {
    let servers: readonly ServerInfo[];
    try {
      servers = this.#serversOf(method, options);
    } catch (error) {
      this.#onOnewayFailure(error as RpcError);
      throw error;
    }
    await Promise.all(servers.map(({ id }) => this.#makeOneway(method, [...args], options, undefined, id)));
  }

  #serversOf(method: RemoteMethod, options: CallOptions): readonly ServerInfo[] {
    const unread = unreadUpload(options, method, 'a call of all servers');
    if (unread !== undefined) throw unread;
    const servers = this.#roster.servers(method.serverType);
    if (servers.length > 0) return servers;
    throw noServerOfType(method.name, method.serverType, this.#roster);
  }

  async #broadcast(method: RemoteMethod, args: unknown[], options: CallOptions): Promise<Outcome[]> {
    const servers = this.#serversOf(method, options);
    const timeout = this.#timeoutOf(options);
    const startedAt = performance.now();
    return toAll(servers, (serverId) => {
      // One deadline for all servers, although not all are called at once.
      const left = Math.max(Math.min(1, timeout), Math.ceil(startedAt + timeout - performance.now()));
      // Each call has arguments of its own: a filter that rewrites those for one server must not change the others.
      return this.toServer(method, serverId, [...args], { ...options, timeout: left }) as Promise<unknown>;
    });
  }

  /** Makes a call whose outcome goes to the callback, if there is one, or else to the returned promise. */
  #make(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    routeParam: unknown,
    target: Target,
  ): Promise<unknown> | undefined {
    const timeout = this.#timeoutOf(options);
    const Kind = options.stream === undefined ? OutgoingCall : UploadCall;
    const callback = this.#takeCallback(args, method);
    if (callback !== undefined) {
      let hasReturned = false;
      // Never before the call has returned: a caller that calls again from its callback would recurse without end.
      const settle: Settle = (error, results) => {
        if (!hasReturned) nextTick(settle, error, results);
        else passResults(callback, error, results, this.#callbacks);
      };
      this.#send(new Kind(method, args, timeout, false, options, routeParam, settle), target);
      hasReturned = true;
      return undefined;
    }
    const answer = new Promise((resolve, reject) => {
      this.#send(new Kind(method, args, timeout, false, options, routeParam, this.#settleBy(resolve, reject)), target);
    });
    return this.#callbacks ? UnusedPromise.of(answer, this.#onUnusedFailure) : answer;
  }

  /** Made apart: within `#make` the function would keep all variables of the call for as long as the call waits, 96 bytes. */
  #settleBy(resolve: (value: unknown) => void, reject: (error: Error) => void): Settle {
    return (error, results) => {
      if (error === undefined) resolve(results[0]);
      // In the caller's own tick the stack has the caller's frames.
      else if (this.#isSending) reject(error);
      else resolve(rejectAtCaller(error));
    };
  }

  #makeOneway(
    method: RemoteMethod,
    args: unknown[],
    options: CallOptions,
    routeParam: unknown,
    target: Target,
  ): Promise<void> {
    const timeout = this.#timeoutOf(options);
    const callback = this.#takeCallback(args, method);
    const sent = new Promise<void>((resolve, reject) => {
      const settle: Settle = (error) => (error === undefined ? resolve() : reject(error));
      if (options.stream !== undefined) reject(unreadUpload(options, method, 'a one-way call'));
      else this.#send(new OutgoingCall(method, args, timeout, true, options, routeParam, settle), target);
    });
    sent.catch(this.#onOnewayFailure);
    if (callback !== undefined) sent.then(() => callback(null), callback);
    return sent;
  }

  /** Calls a method that answers with a stream. */
  stream(method: RemoteMethod, target: StreamTarget, args: unknown[], options: CallOptions): ResultStream {
    return callStream(this.#first, method, target, args, options, this.#streamDefaults);
  }

  /** Timeout of the options or of the client, and no more than what the call being served has left. 0: no time is left. */
  #timeoutOf(options: CallOptions): number {
    const timeout = options.timeout ?? this.#timeout;
    const outer = outerCall();
    if (outer === undefined) return timeout;
    return Math.max(0, Math.min(timeout, Math.ceil(outer.deadline - performance.now())));
  }

  /** Takes the callback out of the arguments. In pomelo-rpc's form `null` or `undefined` in its place means no callback. */
  #takeCallback(args: unknown[], { name }: RemoteMethod): Callback<unknown[]> | undefined {
    const last = args.at(-1);
    if (typeof last === 'function' && !isClass(last)) {
      args.pop();
      return userCallback(last as Callback<unknown[]>, this.#onCallbackThrow, name);
    }
    if (this.#callbacks && args.length > 0 && (last === null || last === undefined)) args.pop();
    return undefined;
  }

  #send(call: OutgoingCall, target: Target): void {
    if (call.isSettled) return;
    if (target !== BY_ROUTER) {
      if (typeof target !== 'string' || target === '') {
        const why = unfit('the id of the server', 'a non-empty string', target).message;
        call.fail(call.error(RpcCode.InvalidArgument, why, 'not-sent'));
        return;
      }
      call.serverId = target;
    }
    const wasSending = this.#isSending;
    this.#isSending = true;
    try {
      this.#first.send(call);
    } finally {
      this.#isSending = wasSending;
    }
  }
}
