import { messageOf, RpcCode, RpcError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { encodeItem, encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
import {
  EXTENSION_VERSION,
  type Extension,
  FEATURES,
  HEAD,
  type Head,
  type PortHolder,
  registerHead,
} from '../protocol/message.js';
import { type FrameView, REQUEST, RESPONSE } from '../protocol/packet.js';
import type { ByteStream } from './byte-stream.js';
import { Connection } from './connection.js';
import { ControlRequest } from './control-request.js';
import { abortReason, dialWithin } from './endpoint.js';
import { Heartbeat, peerSilent, type Silence } from './heartbeat.js';
import { Latency } from './latency.js';
import type { LineOptions } from './line-options.js';
import type { OutgoingCall } from './outgoing-call.js';
import { PendingCalls } from './pending-calls.js';
import { readRegistration, refused } from './registration.js';

/** How long a heartbeat's answer is worth waiting for; it only keeps the table tidy, silence is judged elsewhere. */
const HEARTBEAT_ANSWER_MS = 60_000;
/** A stock Leader answers a heartbeat within its own 3 s. Source: cluster-client 3.7.0, `responseTimeout`. */
const STOCK_HEARTBEAT_INTERVAL_MS = 20_000;

export interface LineHandler {
  /** After {@link Line.isFull}: it takes calls again. */
  onDrained?(): void;
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
  readonly #pending = new PendingCalls({ onExpired: () => this.#onDrained() });
  readonly #latency = new Latency();
  readonly #lifecycle = new Lifecycle<LineState>('registering', TRANSITIONS, () => {});
  #heartbeat: Heartbeat | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #isGoingAway = false;
  #isFull = false;
  /** Heartbeats sent and not yet answered. */
  #pings = 0;
  #closeReason: RpcError | undefined;
  #codec: Codec = STOCK_CODEC;
  #features: readonly string[] = [];
  #holder: PortHolder | undefined;
  #onRegistered: ((error: RpcError | undefined) => void) | undefined;

  /**
   * Dials and registers. Blocks for `connectTimeout` at the most, or until `signal` aborts. Rejects with
   * {@link RpcCode.Connect} (nobody reachable; `cause` is the system's error) or {@link RpcCode.Register} (the Leader
   * refused, or did not answer).
   */
  static async open(options: LineOptions, handler: LineHandler, signal: AbortSignal): Promise<Line> {
    const { connectTimeout } = options;
    const giveUpAt = performance.now() + connectTimeout;
    const stream = await dialWithin(connectTimeout, options, signal);
    const line = new Line(stream, options, handler);
    await line.#register(Math.max(1, Math.ceil(giveUpAt - performance.now())), signal);
    return line;
  }

  private constructor(stream: ByteStream, options: LineOptions, handler: LineHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#connection = new Connection(
      stream,
      {
        onRequest: (head, frame) => this.#onRequest(head, frame),
        onResponse: (head, frame) => this.#onResponse(head, frame),
        onActivity: () => this.#heartbeat?.heard(),
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
    return this.#pending.size - this.#pings;
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

  /** Who holds the port; undefined for a stock Leader. */
  get holder(): PortHolder | undefined {
    return this.#holder;
  }

  get peer(): string {
    return this.#connection.peer;
  }

  /** Sends a call, or fails it; only while `ready`. The call settles with its answer, its deadline, or this line's end. */
  invoke(call: OutgoingCall): void {
    const connection = this.#connection;
    const { args, oneway } = call;
    const meta = call.options.meta !== undefined && this.#features.includes('meta');
    const head = call.method.head(meta ? args.length + 1 : args.length, oneway, meta);
    const left = call.hasWaited ? Math.ceil(call.deadline - performance.now()) : call.timeout;
    if (left <= 0) return call.expire();
    call.stage = 'waiting for the answer';
    const id = oneway ? this.#pending.nextId() : this.#pending.add(call);
    try {
      const out = connection.begin(REQUEST, id, left, head);
      try {
        if (meta) encodeItem(out, this.#codec, call.options.meta);
        encodeList(out, this.#codec, args, 'args');
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

  #register(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.destroy(abortReason(signal));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#onRegistered = (error) => {
        this.#onRegistered = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      if (signal.aborted) return onAbort(); // within the tick in which the stream opened
      const { channel, codecs, maxFrameBytes } = this.#options;
      const request = new ControlRequest(
        'register_channel',
        timeoutMs,
        (head, frame) => this.#onRegisterAnswer(head, frame),
        (error) => this.destroy(refused(this.#options, error.message, error)),
      );
      const id = this.#pending.add(request);
      const ext = { version: EXTENSION_VERSION, codecs, features: FEATURES, maxFrameBytes };
      try {
        this.#connection.send(REQUEST, id, timeoutMs, registerHead(channel, ext));
      } catch (error) {
        this.destroy(refused(this.#options, messageOf(error), error));
      }
    });
  }

  #onRegisterAnswer(head: Head, frame: FrameView): void {
    let leader: Extension | undefined;
    try {
      ({ codec: this.#codec, leader } = readRegistration(head, frame, this.#options));
    } catch (error) {
      return this.destroy(error as RpcError);
    }
    this.#features = leader?.features ?? [];
    this.#holder = leader?.holder;
    this.#connection.limitFrames(leader?.maxFrameBytes);
    this.#lifecycle.move('ready');
    this.#startHeartbeat(leader === undefined);
    this.#onRegistered?.(undefined);
  }

  #startHeartbeat(isStock: boolean): void {
    const interval = isStock ? STOCK_HEARTBEAT_INTERVAL_MS : this.#options.heartbeatInterval;
    const watched = {
      ping: () => this.#ping(),
      dead: (silence: Silence) => this.destroy(peerSilent(this.peer, silence)),
    };
    this.#heartbeat = new Heartbeat(watched, { interval, always: isStock });
    this.#heartbeat.start();
  }

  #ping(): void {
    const done = (): void => {
      this.#pings -= 1;
    };
    this.#pings += 1;
    const request = new ControlRequest('a heartbeat', HEARTBEAT_ANSWER_MS, done, done);
    this.#connection.send(REQUEST, this.#pending.add(request), HEARTBEAT_ANSWER_MS, HEAD.heartbeat);
  }

  #onResponse(head: Head, frame: FrameView): void {
    const request = this.#pending.take(frame.id);
    if (request === undefined) return;
    this.#latency.answered(request.sentAt);
    request.answered(head, frame, this.#codec);
    if (this.#isFull) this.#onDrained();
  }

  #onDrained(): void {
    if (!this.#isFull || this.#connection.isFull || this.#pending.size > this.#options.maxInFlight / 2) return;
    this.#isFull = false;
    this.#handler.onDrained?.();
  }

  #onRequest(head: Head, { id, timeout }: FrameView): void {
    const answer = head.type === 'heartbeat' ? HEAD.heartbeatRes : head.type === 'goaway' ? HEAD.goawayRes : HEAD.empty;
    // The acknowledgement of a goaway is behind all that was sent before it: the Leader serves everything up to there.
    this.#connection.send(RESPONSE, id, timeout, answer);
    if (head.type !== 'goaway' || this.#isGoingAway) return;
    this.#isGoingAway = true;
    this.#handler.onGoaway(this);
  }

  #onConnectionClosed(how: RpcError): void {
    const wasOpen = this.#onRegistered === undefined;
    const reason = this.#isGoingAway && how.code === RpcCode.ConnectionLost ? cutOff(this.peer, how) : how;
    this.#closeReason = reason;
    this.#lifecycle.move('closed');
    this.#heartbeat?.stop();
    clearTimeout(this.#drainTimer);
    // Its owner first: a call that is made in answer to a lost one must find it on its way to another line.
    if (wasOpen) this.#handler.onClosed(this, reason);
    this.#pending.loseAll(reason, this.#connection.handedFrames);
    this.#onRegistered?.(
      reason.code === RpcCode.ConnectionLost ? refused(this.#options, reason.message, reason) : reason,
    );
  }
}

/** A connection that ends after a goaway with calls unanswered was not lost: the server would wait no longer. */
function cutOff(peer: string, cause: RpcError): RpcError {
  return new RpcError(RpcCode.Stopping, `${peer} stopped before it had answered`, { cause });
}
