import type { OutgoingCall } from '../call/outgoing-call.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import type { Codec } from '../protocol/codec.js';
import { answerHead, HEAD, type Head, type PortHolder } from '../protocol/message.js';
import { type FrameView, REQUEST, RESPONSE } from '../protocol/packet.js';
import { type MailBoxStateHead, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS } from '../protocol/relay-message.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { Connection } from '../transport/connection.js';
import { ControlRequest, sendControl } from '../transport/control-request.js';
import { dialWithin } from '../transport/dial-within.js';
import { peerSilent } from '../transport/heartbeat.js';
import { Keepalive } from '../transport/keepalive.js';
import { PendingCalls } from '../transport/pending-calls.js';
import { readProgressReports } from '../transport/progress-reports.js';
import { Latency } from './latency.js';
import type { LineOptions } from './line-options.js';
import { type Agreement, NO_AGREEMENT, Registration, readRefusal } from './registration.js';
import { directRequestCodec } from './request-codec.js';

/** A stock Leader answers a heartbeat within its own 3 s. Source: cluster-client 3.7.0, `responseTimeout`. */
const STOCK_HEARTBEAT_INTERVAL_MS = 20_000;

export interface LineHandler {
  /** After {@link Line.isFull}: it takes calls again. */
  onDrained?(): void;
  /** A value of a key that was subscribed to; it lies in the frame's body. Must not throw. */
  onPush?(key: string, frame: FrameView, codec: Codec): void;
  /** News of a mailbox that the Leader shares. */
  onMailBoxState?(line: Line, head: MailBoxStateHead): void;
  /** The Leader is about to leave: send it nothing more. What was sent before is still answered. */
  onGoaway(line: Line): void;
  /** Exactly once for a line that was registered, just before the calls that wait on it are lost. */
  onClosed(line: Line, reason: RpcError): void;
}

/** `registering -> ready -> draining -> closed`, each of them able to go straight to closed. */
const TRANSITIONS = {
  registering: ['ready', 'closed'],
  ready: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'registering' | 'ready' | 'draining' | 'closed'>;
type LineState = keyof typeof TRANSITIONS;

/**
 * A Follower's end of one connection to a Leader: dialled, registered on a channel, kept alive, with the calls that
 * wait on it. It has one life; whoever wants another connection opens another line.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #handler: LineHandler;
  readonly #connection: Connection;
  readonly #registration: Registration;
  readonly #pending = new PendingCalls({ onExpired: (calls) => this.#onExpired(calls) });
  readonly #latency = new Latency();
  readonly #lifecycle = new Lifecycle<LineState>('registering', TRANSITIONS, () => {});
  #keepalive: Keepalive | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #isGoingAway = false;
  #isFull = false;
  #closeReason: RpcError | undefined;
  #agreement = NO_AGREEMENT;

  /**
   * Dials and registers. Blocks for `connectTimeout` at the most, or until `signal` aborts. Rejects with
   * {@link RpcCode.Connect} (nobody reachable; `cause` is the system's error) or {@link RpcCode.Register} (the Leader
   * refused, or did not answer).
   */
  static async open(options: LineOptions, handler: LineHandler, signal: AbortSignal, dial = dialWithin): Promise<Line> {
    const { endpoint, connectTimeout, maxFrameBytes } = options;
    const giveUpAt = performance.now() + connectTimeout;
    const stream = await dial(connectTimeout, endpoint, { maxFrameBytes }, signal);
    const line = new Line(stream, options, handler);
    const left = Math.max(1, Math.ceil(giveUpAt - performance.now()));
    await line.#registration.begin(line.#connection, line.#pending, left, signal);
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
        onActivity: () => this.#keepalive?.heard(),
        onDrained: () => this.#onDrained(),
        onClosed: (reason) => this.#onConnectionClosed(reason),
      },
      { ...options, pauseWhenBlocked: false },
    );
  }

  get state(): LineState {
    return this.#lifecycle.state;
  }

  /** Calls sent and not yet answered. */
  get inFlight(): number {
    return this.#pending.size - (this.#keepalive?.unanswered ?? 0);
  }

  /**
   * No more calls for now: `maxQueuedBytes` wait to be written, or `maxInFlight` calls for their answers. Stays so until
   * {@link LineHandler.onDrained}, so that a call which is held back is not overtaken.
   */
  get isFull(): boolean {
    if (!this.#isFull) this.#isFull = this.#connection.isFull || this.#pending.size >= this.#options.maxInFlight;
    return this.#isFull;
  }

  /** The Leader has said goaway. Its word may come in one piece with the registration's answer, before `open` resolves. */
  get isGoingAway(): boolean {
    return this.#isGoingAway;
  }

  /** Set once the line is closed, which may likewise be before `open` resolves. */
  get closeReason(): RpcError | undefined {
    return this.#closeReason;
  }

  /** Recent latency, ms; undefined where nothing is known. */
  get latency(): number | undefined {
    return this.#latency.ms;
  }

  /** Something beyond the registration was answered on it. */
  get hasAnswered(): boolean {
    return this.#latency.answers > 1;
  }

  /** What the Leader takes beyond cluster-client's own. */
  get features(): readonly string[] {
    return this.#agreement.features;
  }

  /** Who holds the port; undefined for a stock Leader. */
  get holder(): PortHolder | undefined {
    return this.#agreement.holder;
  }

  get peer(): string {
    return this.#connection.peer;
  }

  /** Sends a call, or fails it; only while `ready`. The call settles with its answer, its deadline, or this line's end. */
  invoke(call: OutgoingCall): void {
    const connection = this.#connection;
    const { oneway } = call;
    const meta = call.hasMeta && this.#agreement.features.includes('meta');
    call.requestCodec ??= directRequestCodec;
    const head = call.requestCodec.head(call, meta);
    const left = call.hasWaited ? Math.ceil(call.deadline - performance.now()) : call.timeout;
    if (left <= 0) return call.expire();
    call.move('sent');
    const id = oneway ? this.#pending.nextId() : this.#pending.add(call);
    try {
      const out = connection.begin(REQUEST, id, left, head);
      try {
        call.requestCodec.writeBody(call, out, this.#agreement.codec, meta);
        connection.commit();
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      this.#pending.take(id);
      const code = error instanceof RpcError ? error.code : RpcCode.Encode;
      call.fail(call.error(code, `its arguments cannot be sent: ${messageOf(error)}`, 'not-sent', error));
      return;
    }
    call.frameNumber = connection.committedFrames;
    call.onSent?.();
    if (oneway) call.succeed([]);
    else if (call.isCancellable) call.heldBy(() => this.#abandon(id));
  }

  /**
   * Asks for a key's values, or for no more of them; they come by {@link LineHandler.onPush}. `onRefused` is told why the
   * Leader will not have it. A stock Leader never says, nor that it has understood.
   */
  control(what: string, head: Uint8Array, timeoutMs: number, onRefused: (error: RpcError) => void): void {
    if (this.#agreement.isStock) return this.#connection.send(REQUEST, this.#pending.nextId(), timeoutMs, head);
    const onAnswer = (answer: Head, frame: FrameView): void => {
      const refusal = readRefusal(what, answer, frame, this.#agreement.codec);
      if (refusal !== undefined) onRefused(refusal);
    };
    // A connection that ends first is told of elsewhere.
    const onFailure = (error: RpcError): void => {
      if (error.code === RpcCode.Timeout) onRefused(error);
    };
    const request = new ControlRequest(what, timeoutMs, onAnswer, onFailure);
    sendControl(request, this.#connection, this.#pending, head);
  }

  /** Sends what nobody answers; nothing once the line is closed. */
  tell(head: Uint8Array): void {
    this.#connection.send(REQUEST, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS, head);
  }

  /** No new calls; ends in order when the last answer is in, and at the latest after `timeoutMs`. */
  drain(reason: RpcError, timeoutMs: number): void {
    if (!this.#lifecycle.move('draining')) return;
    this.#drainTimer = setTimeout(() => this.destroy(reason), timeoutMs);
    const endAt = performance.now() + timeoutMs;
    this.#pending.whenIdle(() => this.#connection.end(reason, Math.max(0, endAt - performance.now())));
  }

  /** Ends at once; what waits is lost, for this reason. */
  destroy(reason: RpcError): void {
    this.#connection.destroy(reason);
  }

  #onRegistered(agreement: Agreement): void {
    this.#agreement = agreement;
    this.#pending.isReported = agreement.features.includes('progress');
    this.#connection.limitFrames(agreement.maxFrameBytes);
    this.#lifecycle.move('ready');
    this.#startHeartbeat();
  }

  #startHeartbeat(): void {
    const { heartbeatInterval, stockHeartbeatInterval = STOCK_HEARTBEAT_INTERVAL_MS } = this.#options;
    const { isStock } = this.#agreement;
    this.#keepalive = new Keepalive(this.#connection, this.#pending, {
      interval: isStock ? stockHeartbeatInterval : heartbeatInterval,
      always: isStock,
      onDead: (silence) => this.destroy(peerSilent(this.peer, silence)),
    });
  }

  #onResponse(head: Head, frame: FrameView): void {
    const request = this.#pending.take(frame.id);
    if (request === undefined) return;
    this.#latency.answered(request.sentAt);
    request.answered(head, frame, this.#agreement.codec);
    if (this.#isFull) this.#onDrained();
  }

  /** Nobody waits for this answer any more, and the Leader is told so. */
  #abandon(id: number): void {
    if (this.#pending.take(id) === undefined) return;
    this.#sendCancel(id);
    this.#onDrained();
  }

  #onExpired(calls: readonly number[]): void {
    for (const id of calls) this.#sendCancel(id);
    this.#onDrained();
  }

  #sendCancel(id: number): void {
    if (this.#agreement.features.includes('cancel')) this.#connection.send(REQUEST, id, 1, HEAD.cancel);
  }

  #onDrained(): void {
    if (!this.#isFull || this.#connection.isFull || this.#pending.size > this.#options.maxInFlight / 2) return;
    this.#isFull = false;
    this.#handler.onDrained?.();
  }

  #onRequest(head: Head, frame: FrameView): void {
    if (head.type === 'progress') return readProgressReports(frame, this.#agreement.codec, this.#pending);
    const { id, timeout } = frame;
    if (head.type === 'mailbox_state') return this.#handler.onMailBoxState?.(this, head);
    // The acknowledgement of a goaway is behind all that was sent before it: the Leader serves everything up to there.
    this.#connection.send(RESPONSE, id, timeout, answerHead(head));
    if (head.type === 'subscribe_result') this.#handler.onPush?.(head.key, frame, this.#agreement.codec);
    if (head.type !== 'goaway' || this.#isGoingAway) return;
    this.#isGoingAway = true;
    this.#handler.onGoaway(this);
  }

  #onConnectionClosed(how: RpcError): void {
    const reason = this.#isGoingAway && how.code === RpcCode.ConnectionLost ? cutOff(this.peer, how) : how;
    this.#closeReason = reason;
    this.#lifecycle.move('closed');
    this.#keepalive?.stop();
    clearTimeout(this.#drainTimer);
    // Its owner first: a call that is made in answer to a lost one must find it on its way to another line.
    if (this.#registration.isOver) this.#handler.onClosed(this, reason);
    this.#pending.loseAll(reason, this.#connection.handedFrames);
    this.#registration.lost(reason);
  }
}

/** A connection that ends after a goaway with calls unanswered was not lost: the server would wait no longer. */
function cutOff(peer: string, cause: RpcError): RpcError {
  return new RpcError(RpcCode.Stopping, `${peer} stopped before it had answered`, { cause });
}
