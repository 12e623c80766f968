import type { CallTiming } from '../call-timing.js';
import { type Delivery, RpcCode, RpcError } from '../errors.js';
import { type Explained, explain } from '../explain-timing.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { performance } from '../timers.js';
import type { ProgressReport, SentRequest } from '../transport/pending-calls.js';
import { CallClock } from './call-clock.js';
import type { AnswerStage, CallOptions, CallWatcher, LateDetail, Refusal, Settle } from './call-contract.js';
import { CallRequest } from './call-request.js';
import {
  CALL_TRANSITIONS,
  type CallState,
  deliveryIn,
  type Stage,
  stageOf,
  stageTime,
  stillIn,
  type WaitsFor,
  whileIn,
} from './call-state.js';
import type { OutgoingStream } from './outgoing-stream.js';
import type { RemoteMethod } from './remote-method.js';
import type { RequestCodec } from './request-codec.js';

/** A server that reports late calls has reported, or could not, when a call was unanswered for this long. ms */
const REPORTED_FROM_MS = 50;

/** Reasons that say more than that a connection was lost. */
const LOST_BY_CHOICE: readonly RpcCode[] = [RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Stopping];

const NO_RESULTS: readonly unknown[] = Object.freeze([]);
const NO_SERVERS: ReadonlySet<string> = new Set();
const TRANSITIONS: Readonly<Record<CallState, readonly CallState[]>> = CALL_TRANSITIONS;

/**
 * Call on its way out, from the proxy to the pending table of a connection, which holds this very object. A call settles
 * exactly once, by the first event that ends it: its answer, its deadline, a lost connection, a removed server, a stopped
 * client.
 */
export class OutgoingCall extends CallRequest implements SentRequest {
  /** Server that the caller named, or that the router chose. */
  serverId: string | undefined;
  /** Number of the call's frame on its connection; 0 before it was encoded. */
  frameNumber = 0;
  /** Called when the call's frame is in the send queue. */
  onSent: (() => void) | undefined;
  /** Notified of how the call ended at its server, before after filters and caller are. */
  watcher: CallWatcher | undefined;
  /** Stands between the call's answer and its caller: the after filters. */
  answerStage: AnswerStage<OutgoingCall> | undefined;
  /** Undefined: the call goes straight to its server. */
  requestCodec: RequestCodec<OutgoingCall> | undefined;
  /** Each table that holds the call must say how the call is taken out: see {@link OutgoingCall.heldBy}. */
  isCancellable = false;
  #release: (() => void) | undefined;
  #attempt: OutgoingCall | undefined;
  #settle: Settle | undefined;
  #state: Exclude<CallState, 'settled'> = 'routing';
  #clock: CallClock | undefined;

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
    super(method, args, timeout, oneway, options, routeParam, startedAt);
    this.#settle = settle;
  }

  /** The call waits for its server's connection until its deadline; false: it fails once the server is out of reach. */
  get waitForReady(): boolean {
    return true;
  }

  /** After filters do not see the call's answer. */
  get skipsAfterFilters(): boolean {
    return false;
  }

  /** Servers that routers may not choose for the call, by id. */
  get excludes(): ReadonlySet<string> {
    return NO_SERVERS;
  }

  /** The results, where they are a stream. */
  get stream(): OutgoingStream | undefined {
    return undefined;
  }

  get isCall(): boolean {
    return true;
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  get state(): CallState {
    return this.#settle === undefined ? 'settled' : this.#state;
  }

  /** The state before `settled`; of a call that is not settled, the present one. */
  get lastState(): CallState {
    return this.#state;
  }

  /** How far the call has got. */
  get delivery(): Delivery {
    return deliveryIn(this.#state);
  }

  /** The state in words, for messages. */
  get stage(): Stage {
    return stageOf(this.#state, this.#clock?.waitsFor ?? 'connection');
  }

  /** The stage and the timeout, for a message that names both: the rest of the message need not repeat them. */
  get saidStage(): NonNullable<Explained['said']> {
    return { stage: stageTime(this.stage), ms: this.timeout };
  }

  /** The call has waited for something, so that less than `timeout` is left. */
  get hasWaited(): boolean {
    return this.#clock?.hasWaited === true;
  }

  /** Undefined where the call had to wait for something: its latency would say little about the server. */
  get sentAt(): number | undefined {
    return this.hasWaited ? undefined : this.startedAt;
  }

  /**
   * Moves the call to another state, and is the only function that does. Returns false, and changes nothing, where the
   * table does not allow the move: a late event is refused here. {@link succeed} and {@link fail} lead to `settled`.
   */
  move(to: Exclude<CallState, 'settled'>, waitsFor?: WaitsFor): boolean {
    if (this.#settle === undefined || !TRANSITIONS[this.#state].includes(to)) return false;
    this.#clock?.leave(this.stage);
    this.#state = to;
    if (waitsFor !== undefined) this.startClock().waitsFor = waitsFor;
    return true;
  }

  /** Starts to note how long the call is in each stage. Called where the call has to wait in the present one. */
  startClock(): CallClock {
    if (this.#clock?.hasWaited === true) return this.#clock;
    const clock = this.#makeClock();
    clock.hasWaited = true;
    // The answer came without any wait: the time up to now was the server's.
    if (this.#state === 'answered') clock.leave('waiting for the answer');
    return clock;
  }

  /** Puts something between the end of the call and the caller. `wrap` must call what it was given, once. */
  intercept(wrap: (settle: Settle) => Settle): void {
    if (this.#settle !== undefined) this.#settle = wrap(this.#settle);
  }

  /** `release` takes the call out of the table that holds it now. Asked for only where the call {@link isCancellable}. */
  heldBy(release: () => void): void {
    if (this.isSettled) release();
    else this.#release = release;
  }

  /** From now on cancelling ends this attempt, whose end is the call's own; undefined: it ends the call itself again. */
  delegateCancel(attempt: OutgoingCall | undefined): void {
    if (!this.isCancellable) return;
    if (attempt !== undefined) attempt.isCancellable = true;
    this.#attempt = attempt;
  }

  /** The signal cancels the call when it aborts. */
  cancelledBy(_signal: AbortSignal): void {
    this.isCancellable = true;
  }

  /** Ends the call for this reason, in whatever state. False when it was settled before. */
  cancel(reason: unknown): boolean {
    if (this.#attempt !== undefined) return this.#attempt.cancel(reason);
    if (this.isSettled) return false;
    this.#release?.();
    const when = this.stream?.progress ?? whileIn(this.stage);
    return this.fail(this.error(RpcCode.Cancelled, `cancelled ${when}`, this.delivery, reason));
  }

  /** Ends a call whose caller wants no more of its stream, in whatever state: as answered, or with the error. */
  abandon(error?: RpcError): void {
    if (this.#attempt !== undefined) return this.#attempt.abandon(error);
    if (this.isSettled) return;
    this.#release?.();
    if (error === undefined) this.succeed(NO_RESULTS);
    else this.fail(error);
  }

  /** False when the call was settled before. */
  succeed(results: readonly unknown[]): boolean {
    return this.#end(undefined, results);
  }

  /** False when the call was settled before. */
  fail(error: RpcError): boolean {
    return this.#end(error, NO_RESULTS);
  }

  /** Error of this call: with its method and server, and a message that names both. */
  error(
    code: RpcCode,
    why: string,
    delivery: Delivery,
    cause?: unknown,
    timing?: CallTiming,
    refusal?: Refusal,
  ): RpcError {
    const { serverId } = this;
    const { name: method } = this.method;
    const where = serverId === undefined ? method : `${method} on ${serverId}`;
    return new RpcError(code, `${where}: ${why}`, { serverId, method, delivery, timing, cause, ...refusal });
  }

  /** Error of a call that came too late or was cut off: as {@link error}, and the error says where the time went. */
  lateError(
    code: RpcCode,
    why: string,
    delivery: Delivery,
    { cause, connectAttempts = 0, ...about }: LateDetail = {},
  ): RpcError {
    const timing = this.#makeClock().timing(this.stage, connectAttempts);
    return this.error(code, why + explain(timing, about), delivery, cause, timing);
  }

  /** The deadline passed, in whatever state. `isReported`: the server reports calls that run late. */
  expire(isReported = false): void {
    const isServerSilent =
      isReported && this.#state === 'sent' && performance.now() - this.#stageSince >= REPORTED_FROM_MS;
    const pending = this.#clock?.waitsOn?.current?.stillPending;
    const late = `${stillIn(this.stage)} after ${this.timeout} ms${pending === undefined ? '' : `; ${pending}`}`;
    const why = this.stream?.lateness ?? late;
    const about = { said: this.saidStage, isServerSilent };
    this.fail(this.lateError(RpcCode.Timeout, why, this.delivery, about));
  }

  /** The server reports that the call is still running there. */
  reported(report: ProgressReport): void {
    this.#makeClock().reported(report);
  }

  /** The answer has come. */
  answered(head: Head, frame: FrameView, codec: Codec): void {
    this.requestCodec?.readAnswer(this, head, frame, codec);
  }

  /** The connection ended before the answer. */
  lost(reason: RpcError, delivery: Delivery): void {
    const code = LOST_BY_CHOICE.includes(reason.code) ? reason.code : RpcCode.ConnectionLost;
    const about = { cause: reason, isStallSaid: reason.code === RpcCode.PeerSilent };
    this.fail(this.lateError(code, this.requestCodec?.lost(reason) ?? reason.message, delivery, about));
  }

  /** Notes that the time up to now went into earlier attempts at the same call. */
  protected spentOnEarlierAttempts(): void {
    this.startClock().leave('waiting to be tried again');
  }

  /** An answered call goes through its answer stage first, which settles it; all else settles the caller at once. */
  #end(error: RpcError | undefined, results: readonly unknown[]): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    const { watcher } = this;
    this.watcher = undefined;
    if (error === undefined) watcher?.answered();
    else watcher?.failed(error);
    const isAnswer = error === undefined || error.delivery === 'answered';
    if (isAnswer && this.answerStage !== undefined && !this.skipsAfterFilters && this.move('answered')) {
      this.answerStage.filterAnswer(this, error, results);
      return true;
    }
    this.#settle = undefined;
    settle(error, results);
    return true;
  }

  get #stageSince(): number {
    return this.#clock?.since ?? this.startedAt;
  }

  #makeClock(): CallClock {
    this.#clock ??= new CallClock(this.startedAt);
    return this.#clock;
  }
}
