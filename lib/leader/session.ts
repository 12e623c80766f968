import { debug } from '../diagnostics.js';
import { type RpcError, toError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
import { type Extension, HEAD, type Head, type SubscribeHead } from '../protocol/message.js';
import { type FrameView, REQUEST, RESPONSE } from '../protocol/packet.js';
import { RefusalCode } from '../protocol/refusal.js';
import { quoted } from '../quoted.js';
import type { ConnectedPeer } from '../server-info.js';
import { AnswerWriter, type AnswerWriterOptions } from '../serving/answer-writer.js';
import type { Channel, RelayHandler } from '../serving/channel.js';
import type { ConcurrencyLimit } from '../serving/overload.js';
import { ProgressReporter } from '../serving/progress-reporter.js';
import { SessionCalls } from '../serving/session-calls.js';
import type { ByteStream } from '../transport/byte-stream.js';
import { Connection } from '../transport/connection.js';
import type { ConnectionOptions } from '../transport/connection-contract.js';
import { ControlRequest } from '../transport/control-request.js';
import { peerSilent, type Silence } from '../transport/heartbeat.js';
import { Keepalive } from '../transport/keepalive.js';
import { PendingCalls } from '../transport/pending-calls.js';
import type { RegisterRequest } from './register-request.js';
import { ConnectedSubscriber } from './subscriber.js';

/** A stock Follower pings every 20 s, and not while it waits for an answer. Source: cluster-client 3.7.0, tcp-base 3.2.0. */
const STOCK_LOOK_MS = 20_000;
const STOCK_MISSES = 3;
const MISSES = 2;
/** How long a goaway's acknowledgement is waited for where nothing else is unread: a live peer gives it within its tick. */
const GOAWAY_ANSWER_MS = 2_000;

export interface SessionOptions extends Omit<ConnectionOptions, 'pauseWhenBlocked'>, AnswerWriterOptions {
  /** ms between heartbeats toward a peer of our own kind. */
  readonly heartbeatInterval: number;
  /** ms between two looks whether a stock peer has sent anything. @default 20_000 — cluster-client */
  readonly stockHeartbeatInterval?: number;
  /** So many heartbeats, or looks, without a byte, and the peer is dead. @default 2, or 3 for a stock peer */
  readonly heartbeatMisses?: number;
}

/** What a session needs of the port that it came in on. */
export interface SessionHost {
  /** Of the port's own, over all its sessions. */
  readonly gate: ConcurrencyLimit;
  /** A Follower asks for a channel: accept or refuse it, now or later, with the session's own methods. */
  onRegister(session: Session, request: RegisterRequest): void;
  onClosed(session: Session, reason: RpcError): void;
}

const TRANSITIONS = {
  unregistered: ['registered', 'retiring', 'closed'],
  registered: ['retiring', 'closed'],
  retiring: ['closed'],
  closed: [],
} as const satisfies Transitions<'unregistered' | 'registered' | 'retiring' | 'closed'>;
type SessionState = keyof typeof TRANSITIONS;

/** The Leader's end of one connection: a Follower that registers on a channel, and the calls that it makes there. */
export class Session {
  readonly openedAt = performance.now();
  readonly #host: SessionHost;
  readonly #options: SessionOptions;
  readonly #connection: Connection;
  readonly #answers: AnswerWriter;
  readonly #pending = new PendingCalls();
  readonly #lifecycle = new Lifecycle<SessionState>('unregistered', TRANSITIONS, () => {});
  readonly #calls: SessionCalls;
  #keepalive: Keepalive | undefined;
  #channel: Channel | undefined;
  #channelName: string | undefined;
  #subscriber: ConnectedSubscriber | undefined;
  #relay: RelayHandler | undefined;
  #codec: Codec = STOCK_CODEC;
  #ext: Extension | undefined;
  #onIdle: (() => void) | undefined;
  #onClosed: (() => void) | undefined;

  constructor(stream: ByteStream, host: SessionHost, options: SessionOptions) {
    this.#host = host;
    this.#options = options;
    this.#connection = new Connection(
      stream,
      {
        onRequest: (head, frame) => this.#onRequest(head, frame),
        onResponse: (head, frame) => this.#pending.take(frame.id)?.answered(head, frame, this.#codec),
        onActivity: () => {
          this.#calls.arrived();
          this.#keepalive?.heard();
        },
        onDrained: () => {},
        onClosed: (reason) => this.#onConnectionClosed(reason),
      },
      { ...options, pauseWhenBlocked: true },
    );
    this.#answers = new AnswerWriter(this.#connection, options);
    this.#calls = new SessionCalls({
      connection: this.#connection,
      answers: this.#answers,
      gate: host.gate,
      logger: options.logger,
      onIdle: () => this.#onServed(),
    });
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get state(): SessionState {
    return this.#lifecycle.state;
  }

  /** Calls received and not yet answered. */
  get serving(): number {
    return this.#calls.serving;
  }

  /** Who it is, once it was let in. */
  set caller(caller: ConnectedPeer) {
    this.#calls.caller = caller;
  }

  /** The channel that it was accepted on. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  /** Frames received whole, whether one has begun since, and whether we read at all: see `pauseWhenBlocked`. */
  get progress(): { readonly frames: number; readonly isMidFrame: boolean; readonly isBlocked: boolean } {
    const { receivedFrames: frames, isMidFrame, isBlocked } = this.#connection;
    return { frames, isMidFrame, isBlocked };
  }

  accept(request: RegisterRequest, channel: Channel, codec: Codec | undefined, ext: Extension | undefined): void {
    if (!this.#lifecycle.move('registered')) return;
    this.#channel = channel;
    this.#channelName = request.channelName;
    this.#codec = codec ?? channel.codec ?? STOCK_CODEC;
    this.#ext = request.ext;
    if (channel.topics !== undefined)
      this.#subscriber = new ConnectedSubscriber(this.#connection, this.#pending, channel.topics, this.#codec);
    this.#answers.agree(this.#codec, request.ext);
    this.#connection.limitFrames(request.ext?.maxFrameBytes);
    const tellsLate = request.ext?.features.includes('progress') === true;
    const overdue = tellsLate ? new ProgressReporter(this.#connection, this.#codec) : undefined;
    this.#calls.begin(channel, this.#codec, overdue);
    this.#answers.registered(request.id, ext);
    this.#startHeartbeat();
    const [calls, connection, answers] = [this.#calls, this.#connection, this.#answers];
    this.#relay = channel.relay?.({ calls, connection, answers, codec: this.#codec });
    debug.leader('%s registered on %s', this.peer, quoted(request.channelName));
  }

  /** Refuses a registration; only for mailstation peers, since a stock peer dies of a refusal. */
  refuse(request: RegisterRequest, code: RefusalCode, message: string): void {
    this.#answers.refused(request.id, code, message);
  }

  /**
   * Lets the peer go: it is told to send nothing more, what it sent until it has acknowledged that is answered, and
   * then the connection ends. A stock peer cannot be told; it is served until it has no call in progress. Resolves when
   * it has ended: after `timeoutMs` at the latest, if with calls unanswered, or answers unread.
   */
  async retire(reason: RpcError, timeoutMs: number): Promise<void> {
    const late = setTimeout(() => this.destroy(reason), timeoutMs);
    this.#beginRetiring(reason, timeoutMs);
    await this.#whenClosed();
    clearTimeout(late);
  }

  #whenClosed(): Promise<void> {
    if (this.state === 'closed') return Promise.resolve();
    return new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  #beginRetiring(reason: RpcError, timeoutMs: number): void {
    const wasRegistered = this.state === 'registered';
    if (!this.#lifecycle.move('retiring')) return;
    const endAt = performance.now() + timeoutMs;
    const left = (): number => Math.max(1, endAt - performance.now());
    const endWhenIdle = (): void => {
      this.#onIdle = () => this.#connection.end(reason, left());
      if (this.serving === 0) this.#onIdle();
    };
    if (!wasRegistered || this.#ext?.features.includes('goaway') !== true) return endWhenIdle();
    // A peer that has not read its answers yet has not read this either.
    const timeout = Math.ceil(!this.#connection.isBlocked ? Math.min(left(), GOAWAY_ANSWER_MS) : left());
    const request = new ControlRequest('goaway', timeout, endWhenIdle, endWhenIdle);
    this.#connection.send(REQUEST, this.#pending.add(request), timeout, HEAD.goaway);
  }

  destroy(reason: RpcError): void {
    this.#connection.destroy(reason);
  }

  #onRequest(head: Head, frame: FrameView): void {
    switch (head.type) {
      case 'invoke':
        this.#calls.invoke(head, frame);
        break;
      case 'cancel':
        if (this.#relay === undefined) this.#calls.cancel(frame.id);
        else this.#relay.onCancel(frame.id);
        break;
      case 'heartbeat':
        this.#connection.send(RESPONSE, frame.id, frame.timeout, HEAD.heartbeatRes);
        break;
      case 'register_channel':
        this.#onRegister({ id: frame.id, timeout: frame.timeout, ...head });
        break;
      case 'relay':
      case 'open_mailbox':
      case 'close_mailbox':
        if (this.#relay === undefined) this.#calls.answerBadRequest(frame.id, 'nothing is relayed on this channel');
        else this.#relay.onRequest(head, frame);
        break;
      case 'invalid':
        this.#calls.answerBadRequest(frame.id, head.reason);
        break;
      case 'subscribe':
      case 'unSubscribe':
        this.#onSubscribe(head, frame);
        break;
      default:
        // An answer has a conn object, or a stock peer's parser throws.
        this.#connection.send(RESPONSE, frame.id, frame.timeout, HEAD.empty);
    }
  }

  /** A stock peer neither waits for an answer nor minds one. */
  #onSubscribe(head: SubscribeHead, { id, headStart, bodyStart }: FrameView): void {
    if (this.#subscriber === undefined)
      return this.#calls.answerBadRequest(id, 'nothing can be subscribed to on this connection');
    try {
      this.#subscriber.onRequest(head, bodyStart - headStart);
    } catch (error) {
      return this.#answers.failure(id, toError(error), undefined);
    }
    this.#answers.done(id);
  }

  #onRegister(request: RegisterRequest): void {
    if (this.state === 'unregistered') this.#host.onRegister(this, request);
    // A stock Follower that did not see its answer asks again.
    else if (request.channelName === this.#channelName) this.#answers.registered(request.id, undefined);
    else {
      const message = `this connection is registered on ${JSON.stringify(this.#channelName)} already`;
      this.refuse(request, RefusalCode.OtherChannel, message);
    }
  }

  #onServed(): void {
    // A stock Follower sends no heartbeat while it waits for an answer; its silence counts from here.
    if (this.#ext === undefined) this.#keepalive?.heard();
    if (this.#onIdle !== undefined) process.nextTick(this.#onIdle);
  }

  #startHeartbeat(): void {
    const isStock = this.#ext === undefined;
    const { heartbeatInterval, stockHeartbeatInterval = STOCK_LOOK_MS, heartbeatMisses } = this.#options;
    this.#keepalive = new Keepalive(this.#connection, this.#pending, {
      interval: isStock ? stockHeartbeatInterval : heartbeatInterval,
      misses: heartbeatMisses ?? (isStock ? STOCK_MISSES : MISSES),
      mute: isStock,
      countReading: true,
      onDead: (silence) => this.#onSilence(silence),
    });
  }

  #onSilence(silence: Silence): void {
    if (this.#ext === undefined && this.serving > 0) this.#keepalive?.restart();
    else this.destroy(peerSilent(this.peer, silence));
  }

  #onConnectionClosed(reason: RpcError): void {
    this.#lifecycle.move('closed');
    this.#keepalive?.stop();
    this.#subscriber?.leave(reason);
    this.#onIdle = undefined;
    this.#calls.end(reason);
    this.#relay?.onGone();
    this.#pending.loseAll(reason, this.#connection.handedFrames);
    this.#host.onClosed(this, reason);
    this.#onClosed?.();
  }
}
