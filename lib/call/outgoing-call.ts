import { type CallTiming, type Explained, explain, type ServerTiming } from '../call-timing.js';
import { type Delivery, messageOf, RpcCode, RpcError } from '../errors.js';
import { encodeItem, encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { RelayFailureHead } from '../protocol/relay-message.js';
import type { RpcMessage } from '../rpc-message.js';
import type { ProgressReport, SentRequest } from '../transport/pending-calls.js';
import { decodeResults, readFailure } from './answer.js';
import type { CallOptions, CallWatcher, LateDetail, Settle } from './call-contract.js';
import { RemoteMethod } from './remote-method.js';
import { deliveryIn, type Stage, StageTimes, stageTime, stillIn, timingOf, whileIn } from './stage-times.js';
import { readRelayFailure, type Via } from './via.js';

/** A server that tells of calls which run late has told, or could not, when a call was unanswered for so long. ms */
const REPORTED_FROM_MS = 50;

/** Reasons that say more than that a connection was lost. */
const LOST_BY_CHOICE: readonly RpcCode[] = [RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Stopping];

/**
 * One call on its way out. It settles exactly once, whoever gets there first: its answer, its deadline, a lost
 * connection, a removed server, a stopped client. Everybody after the first is refused.
 */
export class OutgoingCall implements SentRequest {
  method: RemoteMethod;
  args: unknown[];
  readonly routeParam: unknown;
  readonly oneway: boolean;
  readonly timeout: number;
  options: CallOptions;
  /** ms on the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly deadline: number;
  serverId: string | undefined;
  /** The number of its frame on its connection; 0 before it was encoded. */
  frameNumber = 0;
  /** For whoever watches: its frame is in the send queue. */
  onSent: (() => void) | undefined;
  /** Whoever has it in a table must say how it is taken out: see {@link OutgoingCall.heldBy}. */
  isCancellable = false;
  #letGo: (() => void) | undefined;
  /** Waits in its place: for the after filters, or as an attempt at it. */
  #standIn: OutgoingCall | undefined;
  /** Waits for its server's connection until its deadline; false: fails as soon as the server is seen to be out of reach. */
  waitForReady = true;
  /** After filters do not see its answer: the call that it is an attempt at has them. */
  skipsAfterFilters = false;
  /** Told how it ended, before its caller is. */
  watcher: CallWatcher | undefined;
  /** Undefined: straight to its server. Who is on the way is believed what servers are not. */
  via: Via<OutgoingCall> | undefined;
  #settle: Settle | undefined;
  #msg: RpcMessage | undefined;
  #stage: Stage = 'routing';
  /** Only of a call that had to wait: one that is sent in its caller's own tick reads no clock on its way. */
  #times: StageTimes | undefined;
  #server: ServerTiming | undefined;

  // Positional, since this is the one object that every call makes for itself.
  constructor(
    method: RemoteMethod,
    args: unknown[],
    timeout: number,
    oneway: boolean,
    options: CallOptions,
    routeParam: unknown,
    settle: Settle,
    startedAt = performance.now(),
  ) {
    this.method = method;
    this.args = args;
    this.timeout = timeout;
    this.oneway = oneway;
    this.options = options;
    this.routeParam = routeParam;
    this.startedAt = startedAt;
    this.deadline = startedAt + timeout;
    this.#settle = settle;
  }

  get serverType(): string {
    return this.method.serverType;
  }

  get stage(): Stage {
    return this.#stage;
  }

  set stage(stage: Stage) {
    this.#times?.leave(this.#stage, performance.now());
    this.#stage = stage;
  }

  /** It has been waiting for something, so that less than `timeout` is left. */
  get hasWaited(): boolean {
    return this.#times !== undefined;
  }

  /** It has to wait, in the stage that it is in. */
  wait(): void {
    if (this.#times !== undefined) return;
    this.#times = new StageTimes(this.startedAt);
    if (this.#stage === 'after filters') this.#times.leave('waiting for the answer', performance.now());
  }

  /** The caller gave it a value to travel beside its arguments. */
  get hasMeta(): boolean {
    return this.options.meta !== undefined;
  }

  /** Of its packet; with `meta`, that is sent along. */
  head(meta: boolean): Buffer {
    const method = this.via === undefined ? this.method : this.via.method(this.method);
    return method.head(meta ? this.args.length + 1 : this.args.length, this.oneway, meta);
  }

  /** Throws where an argument cannot be carried by the codec. */
  writeBody(out: FrameWriter, codec: Codec, meta: boolean): void {
    if (meta) encodeItem(out, codec, this.options.meta);
    encodeList(out, codec, this.args, 'args');
  }

  /** Undefined when it had to wait for something: then the clock has not run for the server alone. */
  get sentAt(): number | undefined {
    return this.hasWaited ? undefined : this.startedAt;
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  /** The call in pomelo's form, for routers and filters. Made when first asked for: most calls meet neither. */
  get msg(): RpcMessage {
    const { namespace, serverType, service, method } = this.method;
    this.#msg ??= { namespace, serverType, service, method, args: this.args };
    return this.#msg;
  }

  /** A filter's rewriting, whether it changed the message or passed on another. */
  set msg(msg: RpcMessage) {
    this.#msg = msg;
    this.args = msg.args;
    if (!this.method.is(msg)) this.method = new RemoteMethod(msg);
  }

  /** Puts something between the answer and the caller, such as after filters; it must call what it was given, once. */
  intercept(wrap: (settle: Settle) => Settle): void {
    if (this.#settle !== undefined) this.#settle = wrap(this.#settle);
  }

  /** The same call, to be settled once more: its answer is in, and something stands between it and the caller. */
  renew(settle: Settle): OutgoingCall {
    const { method, args, timeout, oneway, options, routeParam, startedAt } = this;
    const renewed = new OutgoingCall(method, args, timeout, oneway, options, routeParam, settle, startedAt);
    renewed.serverId = this.serverId;
    renewed.#stage = this.#stage;
    renewed.#times = this.#times;
    this.standsIn(renewed);
    return renewed;
  }

  /** `letGo` takes it out of where it is held or waits now; only asked for where it {@link isCancellable}. */
  heldBy(letGo: () => void): void {
    if (this.isSettled) letGo();
    else this.#letGo = letGo;
  }

  /** From now on that one is cancelled in its place, whose end is its own; undefined: it is itself again. */
  standsIn(call: OutgoingCall | undefined): void {
    if (!this.isCancellable) return;
    if (call !== undefined) call.isCancellable = true;
    this.#standIn = call;
  }

  /** Ends it for this reason, wherever it is. False when it was settled before. */
  cancel(reason: unknown): boolean {
    if (this.#standIn !== undefined) return this.#standIn.cancel(reason);
    if (this.isSettled) return false;
    this.#letGo?.();
    return this.fail(this.error(RpcCode.Cancelled, `cancelled ${whileIn(this.#stage)}`, this.delivery, reason));
  }

  /** False when the call was settled before. */
  succeed(results: readonly unknown[]): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    this.#settle = undefined;
    this.watcher?.answered();
    settle(undefined, results);
    return true;
  }

  fail(error: RpcError): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    this.#settle = undefined;
    this.watcher?.failed(error);
    settle(error, []);
    return true;
  }

  /** An error of this call's: its method and server are filled in, and its message says what was being done. */
  error(code: RpcCode, why: string, delivery: Delivery, cause?: unknown, timing?: CallTiming): RpcError {
    const where = this.serverId === undefined ? this.method.name : `${this.method.name} on ${this.serverId}`;
    return new RpcError(code, `${where}: ${why}`, {
      serverId: this.serverId,
      method: this.method.name,
      delivery,
      timing,
      cause,
    });
  }

  /** As {@link error}, for one that came too late or was cut off: it also says where the time went. */
  lateError(
    code: RpcCode,
    why: string,
    delivery: Delivery,
    { cause, connectAttempts = 0, ...about }: LateDetail = {},
  ): RpcError {
    const timing = this.#timing(connectAttempts);
    return this.error(code, why + explain(timing, about), delivery, cause, timing);
  }

  get saidStage(): NonNullable<Explained['said']> {
    return { stage: stageTime(this.#stage), ms: this.timeout };
  }

  /** How far it has got, for whoever has to end it now. */
  get delivery(): Delivery {
    return deliveryIn(this.#stage);
  }

  /** The deadline passed, wherever the call is. `isReported`: its server tells of calls that run late. */
  expire(isReported = false): void {
    const isSent = this.#stage === 'waiting for the answer';
    const isServerSilent = isReported && isSent && performance.now() - this.#stageSince >= REPORTED_FROM_MS;
    const about = { said: this.saidStage, isServerSilent };
    const why = `${stillIn(this.#stage)} after ${this.timeout} ms`;
    this.fail(this.lateError(RpcCode.Timeout, why, this.delivery, about));
  }

  /** The server tells that it is still running there. */
  reported({ heldMs, isRunning, stallMs }: ProgressReport): void {
    const now = performance.now();
    const saidAfterMs = Math.round(now - this.startedAt);
    const wireMs = Math.max(0, Math.round(now - this.#stageSince - heldMs));
    this.#server = { saidAfterMs, heldMs, isRunning, wireMs, stallMs };
  }

  get isCall(): boolean {
    return true;
  }

  /** Its answer has come. */
  answered(head: Head, frame: FrameView, codec: Codec): void {
    let results: unknown[];
    try {
      if (head.type === 'relay_failure' && this.via !== undefined)
        return this.#relayFailed(head, frame, codec, this.via);
      if (head.type !== 'invoke_result') throw new TypeError(`the peer answered an invoke with ${head.type}`);
      if (!head.success) {
        const { code, message, delivery, cause } = readFailure(head, codec, frame);
        this.fail(this.error(code, message, delivery, cause));
        return;
      }
      results = decodeResults(head, codec, frame);
    } catch (error) {
      this.fail(this.error(RpcCode.Decode, `its answer cannot be decoded: ${messageOf(error)}`, 'answered', error));
      return;
    }
    this.succeed(results);
  }

  /** Its connection ended before the answer. */
  lost(reason: RpcError, delivery: Delivery): void {
    const code = LOST_BY_CHOICE.includes(reason.code) ? reason.code : RpcCode.ConnectionLost;
    const about = { cause: reason, isStallSaid: reason.code === RpcCode.PeerSilent };
    const why = this.via === undefined ? reason.message : `the process that relayed it is gone: ${reason.message}`;
    this.fail(this.lateError(code, why, delivery, about));
  }

  #relayFailed(head: RelayFailureHead, frame: FrameView, codec: Codec, via: Via<OutgoingCall>): void {
    const failure = readRelayFailure(head, codec, frame);
    if (failure === undefined) return via.returned(this);
    this.fail(this.error(failure.code, failure.message, head.delivery, failure.cause));
  }

  get #stageSince(): number {
    return this.#times?.since ?? this.startedAt;
  }

  #timing(connectAttempts: number): CallTiming {
    const times = this.#times ?? new StageTimes(this.startedAt);
    return timingOf(times, this.#stage, this.startedAt, connectAttempts, this.#server);
  }
}
