import type { OutgoingCall } from '../call/outgoing-call.js';
import { RpcCode, type RpcError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import type { Codec } from '../protocol/codec.js';
import { answerHead, HEAD, type Head } from '../protocol/message.js';
import { type FrameView, REQUEST, RESPONSE } from '../protocol/packet.js';
import { type MailBoxStateHead, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS } from '../protocol/relay-message.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import { timeLeft } from '../transport/after-stall.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { Connection } from '../transport/connection.js';
import { cutOff } from '../transport/connection-errors.js';
import { ControlRequest, sendControl } from '../transport/control-request.js';
import { dialWithin } from '../transport/dial-within.js';
import { FrameWatch } from '../transport/frame-watch.js';
import { peerSilent } from '../transport/heartbeat.js';
import type { Keepalive } from '../transport/keepalive.js';
import { PendingCalls } from '../transport/pending-calls.js';
import { readProgressReports } from '../transport/progress-reports.js';
import { Acknowledgements } from './acknowledgements.js';
import { Latency } from './latency.js';
import { lineKeepalive } from './line-keepalive.js';
import type { LineOptions } from './line-options.js';
import { LINE_TRANSITIONS, type LineState } from './line-state.js';
import { LineStreams } from './line-streams.js';
import { type Agreement, NO_AGREEMENT, Registration, readRefusal } from './registration.js';
import { directRequestCodec, isStreamless, unsendable } from './request-codec.js';
import { refusesAtStock } from './stock-leader.js';
import { timeToRegister } from './time-to-register.js';
import { UnwrittenCalls } from './unwritten-calls.js';

export interface LineHandler {
  /** Called when the connection is made, before the registration. */
  onConnected?(): void;
  /** Called when a line that was full ({@link Line.isFull}) accepts calls again. */
  onDrained?(): void;
  /** Called with a value of a subscribed key, which lies in the frame's body. Must not throw. */
  onPush?(key: string, frame: FrameView, codec: Codec): void;
  /** Called with the state of a mailbox that the Leader shares. */
  onMailBoxState?(line: Line, head: MailBoxStateHead): void;
  /** Called when the Leader is about to leave: the owner must send no more calls. Calls sent before are still answered. */
  onGoaway(line: Line): void;
  /** Called exactly once for a line that was registered, just before the calls in flight on the line are lost. */
  onClosed(line: Line, reason: RpcError): void;
}

/**
 * A Follower's end of one connection to a Leader: dialled, registered on a channel, kept alive, with the calls in flight.
 * A line is never reopened: the owner opens another line for another connection.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #handler: LineHandler;
  readonly #connection: Connection;
  readonly #registration: Registration;
  readonly #pending = new PendingCalls({ onExpiring: (ids) => this.#tellOf(ids), onExpired: () => this.#onDrained() });
  readonly #latency = new Latency();
  #acknowledgements: Acknowledgements | undefined;
  readonly #lifecycle = new Lifecycle<LineState>('registering', LINE_TRANSITIONS, () => {});
  readonly #unwritten: UnwrittenCalls;
  readonly #frameWatch: FrameWatch;
  #keepalive: Keepalive | undefined;
  /** Made for the first call with a stream. */
  #streams: LineStreams | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #isGoingAway = false;
  #isFull = false;
  #closeReason: RpcError | undefined;
  #agreement = NO_AGREEMENT;

  /**
   * Dials and registers, for `connectTimeout` at most or until `signal` aborts. Rejects with {@link RpcCode.Connect} (no
   * process reachable; `cause` is the system's error) {@link RpcCode.Register} (the Leader refused, or did not answer) or {@link RpcCode.StaleLeader}.
   */
  static async open(options: LineOptions, handler: LineHandler, signal: AbortSignal, dial = dialWithin): Promise<Line> {
    const { endpoint, connectTimeout, maxFrameBytes, tls } = options;
    const giveUpAt = performance.now() + connectTimeout;
    const stream = await dial(connectTimeout, endpoint, { maxFrameBytes, tls }, signal);
    const line = new Line(stream, options, handler);
    handler.onConnected?.();
    const left = timeToRegister(giveUpAt, connectTimeout);
    await line.#registration.begin(line.#connection, line.#pending, left, signal, stream.facts);
    return line;
  }

  private constructor(stream: ByteStream, options: LineOptions, handler: LineHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#registration = new Registration(options, (agreement) => this.#onRegistered(agreement));
    this.#connection = new Connection(
      stream,
      {
        onRequest: (head, frame) => this.#onRequest(head, frame),
        onResponse: (head, frame) => this.#onResponse(head, frame),
        onActivity: () => {
          this.#keepalive?.heard();
          this.#frameWatch.heard();
        },
        onDrained: () => this.#onDrained(),
        onWritten: () => this.#unwritten.written(),
        onClosed: (reason) => this.#onConnectionClosed(reason),
      },
      { ...options, pauseWhenBlocked: false },
    );
    this.#unwritten = new UnwrittenCalls(this.#pending, this.#connection);
    this.#frameWatch = new FrameWatch(this.#connection, options.frameTimeout, (reason) => this.destroy(reason));
  }

  get state(): LineState {
    return this.#lifecycle.state;
  }

  /** Number of calls that were sent and are not answered. */
  get inFlight(): number {
    return this.#pending.size - (this.#keepalive?.unanswered ?? 0);
  }

  /**
   * True while the line accepts no more calls: `maxQueuedBytes` wait to be written, or `maxInFlight` calls wait for their
   * answers. Stays true until {@link LineHandler.onDrained}, so that no call overtakes a call that is held back.
   */
  get isFull(): boolean {
    if (!this.#isFull) this.#isFull = this.#connection.isFull || this.#pending.size >= this.#options.maxInFlight;
    return this.#isFull;
  }

  /** True once the Leader has sent goaway, which may arrive in one piece with the registration's answer, before `open` resolves. */
  get isGoingAway(): boolean {
    return this.#isGoingAway;
  }

  /** Reason of the close; set once the line is closed, which may also be before `open` resolves. */
  get closeReason(): RpcError | undefined {
    return this.#closeReason;
  }

  /** Recent latency; undefined where nothing is known. Unit: ms */
  get latency(): number | undefined {
    return this.#latency.ms;
  }

  /** True once the Leader has answered more than the registration. */
  get hasAnswered(): boolean {
    return this.#latency.answers > this.#registration.answers;
  }

  /** Features that the Leader announced beyond the packets of cluster-client. */
  get features(): readonly string[] {
    return this.#agreement.features;
  }

  /** Generation of the Leader; undefined for a stock Leader and for one of version 0.1.0. */
  get generation(): string | undefined {
    return this.#agreement.generation;
  }

  /** Terms on which this end and the Leader talk. */
  get agreement(): Agreement {
    return this.#agreement;
  }

  get peer(): string {
    return this.#connection.peer;
  }

  /** Sends a call, or fails it; only while `ready`. The call settles with its answer, its deadline, or this line's end. */
  invoke(call: OutgoingCall): void {
    const connection = this.#connection;
    const meta = call.hasMeta && this.#agreement.features.includes('meta');
    const trace = call.hasTrace && this.#agreement.features.includes('trace');
    call.requestCodec ??= directRequestCodec;
    const head = call.requestCodec.head(call, meta, this.#agreement.takesCallers, trace);
    if ((call.hasStreams && isStreamless(call, this.#agreement)) || refusesAtStock(call, this.#agreement)) return;
    const left = call.hasWaited ? timeLeft(call.deadline) : call.timeout;
    if (left <= 0) return call.expire();
    call.move('sent');
    const id = this.#pending.add(call);
    try {
      const out = connection.begin(REQUEST, id, left, head);
      try {
        call.requestCodec.writeBody(call, out, this.#agreement.codec, meta, trace);
        connection.commit();
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      this.#pending.take(id);
      return void call.fail(unsendable(call, error));
    }
    call.frameNumber = connection.committedFrames;
    call.onSent?.();
    if (call.oneway) this.#unwritten.add(id, call);
    else if (call.isCancellable) this.#hold(id, call);
  }

  /**
   * Sends a subscription or its end; values come by {@link LineHandler.onPush}. `onOutcome` is called with the reason where
   * the Leader refuses, or does not answer, and without one where the Leader has done what was asked. A stock Leader never answers, so
   * `onOutcome` is never called for one.
   */
  control(what: string, head: Uint8Array, timeoutMs: number, onOutcome: (refusal?: RpcError) => void): void {
    if (this.#agreement.isStock) return this.#connection.send(REQUEST, this.#pending.nextId(), timeoutMs, head);
    const onAnswer = (answer: Head, frame: FrameView): void => {
      onOutcome(readRefusal(what, answer, frame, this.#agreement.codec));
    };
    // The owner learns of a connection that ends first by `onClosed`.
    const onFailure = (error: RpcError): void => {
      if (error.code === RpcCode.Timeout) onOutcome(error);
    };
    sendControl(new ControlRequest(what, timeoutMs, onAnswer, onFailure), this.#connection, this.#pending, head);
  }

  /** Sends a request that has no answer. Does nothing once the line is closed. */
  tell(head: Uint8Array): void {
    this.#connection.send(REQUEST, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS, head);
  }

  /** Accepts no new calls, and ends in order when the last answer is in: after `timeoutMs` at the latest. */
  drain(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move('draining')) return;
    this.#drainTimer = setTimeout(() => this.destroy(reason), timeoutMs);
    const endAt = performance.now() + timeoutMs;
    this.#pending.whenIdle(() => this.#connection.end(reason, Math.max(0, endAt - performance.now())));
  }

  /** Ends at once. Calls in flight are lost, with this reason. */
  destroy(reason: RpcError): void {
    this.#connection.destroy(reason);
  }

  #onRegistered(agreement: Agreement): void {
    this.#agreement = agreement;
    this.#acknowledgements = new Acknowledgements(this.#connection, agreement);
    this.#pending.isReported = agreement.features.includes('progress');
    this.#connection.limitFrames(agreement.maxFrameBytes);
    this.#lifecycle.move('ready');
    this.#keepalive = lineKeepalive(this.#connection, this.#pending, this.#options, agreement.isStock, (silence) =>
      this.destroy(peerSilent(this.peer, silence)),
    );
  }

  #onResponse(head: Head, frame: FrameView): void {
    if (head.type !== 'invoke_result' && this.#streams?.takes(head, frame) === true) return;
    const request = this.#pending.take(frame.id);
    if (request === undefined) return;
    this.#latency.answered(request.sentAt);
    request.answered(head, frame, this.#agreement.codec);
    if (this.#isFull) this.#onDrained();
  }

  #hold(id: number, call: OutgoingCall): void {
    call.heldBy(() => this.#pending.drop(id));
    if (!call.hasStreams) return;
    this.#streams ??= new LineStreams(this.#connection, this.#pending, this.#options.streamWindow, this.#agreement);
    this.#streams.open(id, call);
  }

  /** Cancels go out before the calls are settled: the end of an upload lets items of others go, for which the Leader needs the room. */
  #tellOf(ids: readonly number[]): void {
    const takesCancel = this.#agreement.features.includes('cancel');
    for (const id of ids) if (takesCancel) this.#connection.send(REQUEST, id, 1, HEAD.cancel);
  }

  #onDrained(): void {
    this.#streams?.resume();
    if (!this.#isFull || this.#connection.isFull || this.#pending.size > this.#options.maxInFlight / 2) return;
    this.#isFull = false;
    this.#handler.onDrained?.();
  }

  #onRequest(head: Head, frame: FrameView): void {
    if (head.type === 'progress') return readProgressReports(frame, this.#agreement.codec, this.#pending);
    if (head.type === 'mailbox_state') return this.#handler.onMailBoxState?.(this, head);
    if (head.type === 'subscribe_result') {
      this.#acknowledgements?.add(frame.id, frame.timeout);
      return this.#handler.onPush?.(head.key, frame, this.#agreement.codec);
    }
    // The acknowledgement of a goaway follows all calls that were sent before: the Leader serves everything up to there.
    this.#acknowledgements?.send();
    this.#connection.send(RESPONSE, frame.id, frame.timeout, answerHead(head));
    if (head.type !== 'goaway' || this.#isGoingAway) return;
    this.#isGoingAway = true;
    this.#handler.onGoaway(this);
  }

  #onConnectionClosed(how: RpcError): void {
    const reason = this.#isGoingAway && how.code === RpcCode.ConnectionLost ? cutOff(this.peer, how) : how;
    this.#closeReason = reason;
    this.#lifecycle.move('closed');
    this.#keepalive?.stop();
    this.#frameWatch.stop();
    this.#acknowledgements?.stop();
    clearTimeout(this.#drainTimer);
    // The owner first: a call that is made again after a loss must find the owner without this line.
    if (this.#registration.isOver) this.#handler.onClosed(this, reason);
    this.#pending.loseAll(reason, this.#connection.handedFrames);
    this.#registration.lost(reason);
  }
}
