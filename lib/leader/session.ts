import { debug } from '../diagnostics.js';
import type { RpcError } from '../errors.js';
import { isLoopback } from '../host.js';
import type { ProvenIdentity } from '../identity.js';
import { Lifecycle } from '../lifecycle.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
import { type Extension, HEAD, type Head, type SubscribeHead } from '../protocol/message.js';
import { type FrameView, MAX_REGISTRATION_BYTES, RESPONSE } from '../protocol/packet.js';
import { RefusalCode } from '../protocol/refusal.js';
import { quoted } from '../quoted.js';
import type { ConnectedPeer } from '../server-info.js';
import { AnswerWriter } from '../serving/answer-writer.js';
import type { Channel } from '../serving/channel.js';
import type { ConcurrencyLimit } from '../serving/overload.js';
import { SessionCalls } from '../serving/session-calls.js';
import { clearTimeout, nextTick, performance, setTimeout } from '../timers.js';
import type { PortBytes } from '../transport/byte-budget.js';
import type { ByteStream, StreamFacts } from '../transport/byte-stream.js';
import { Connection } from '../transport/connection.js';
import { peerSilent, type Silence } from '../transport/heartbeat.js';
import { PendingCalls } from '../transport/pending-calls.js';
import { type Entrance, provenByTransport } from './entrance.js';
import type { EntranceRules } from './entrance-rules.js';
import { GoawayDrain } from './goaway.js';
import type { Failed, RegisterRequest } from './register-request.js';
import { openEntrance } from './session-entrance.js';
import { sessionKeepalive } from './session-keepalive.js';
import type { Registered, SessionOptions } from './session-options.js';
import { SESSION_TRANSITIONS, type SessionState } from './session-state.js';
import { ConnectedSubscriber } from './subscriber.js';
import { canonicalAddress } from './whitelist.js';

export type { SessionOptions } from './session-options.js';

/** The port that a session belongs to. */
export interface SessionHost {
  /** Limit of the port, over all sessions. */
  readonly limit: ConcurrencyLimit;
  /** Bounds of the port for bytes that wait, over all sessions. */
  readonly portBytes?: PortBytes;
  /** Rules on who may register. Undefined: every peer that was admitted by its address. */
  readonly entrance?: EntranceRules | undefined;
  /** A Follower asks for a channel. The host accepts or refuses, now or later, by the session's own methods. */
  onRegister(session: Session, request: RegisterRequest): void;
  /** A peer was refused because it has not proven who it is. `why` is for the log. */
  onRefused?(session: Session, why: string): void;
  onClosed(session: Session, reason: RpcError): void;
}

/** The Leader's end of one connection: a Follower that registers on a channel, and the calls that the Follower makes. */
export class Session {
  readonly openedAt = performance.now();
  /** The peer is on this machine, or behind a proxy on this machine. */
  readonly isLocal: boolean;
  /** A stock peer that was refused stays connected, since it would redial at once. */
  isRefusedStock = false;
  readonly #host: SessionHost;
  readonly #options: SessionOptions;
  readonly #connection: Connection;
  readonly #answers: AnswerWriter;
  readonly #pending = new PendingCalls();
  readonly #lifecycle = new Lifecycle<SessionState>('unregistered', SESSION_TRANSITIONS, () => {});
  readonly #calls: SessionCalls;
  readonly #facts: StreamFacts | undefined;
  /** Undefined where a peer need prove nothing. */
  readonly #entrance: Entrance | undefined;
  #registered: Registered | undefined;
  /** Made when the session becomes `draining`. */
  #drain: GoawayDrain | undefined;

  constructor(stream: ByteStream, host: SessionHost, options: SessionOptions) {
    const ip = canonicalAddress(stream.address);
    this.isLocal = isLoopback(ip);
    this.#facts = stream.facts;
    this.#host = host;
    this.#options = options;
    this.#connection = new Connection(
      stream,
      {
        onRequest: (head, frame) => this.#onRequest(head, frame),
        onResponse: (head, frame) => {
          const request = this.#pending.take(frame.id);
          if (request === undefined) this.#registered?.subscriber?.onAcknowledged(frame.id);
          else request.answered(head, frame, this.#registered?.codec ?? STOCK_CODEC);
        },
        onActivity: () => {
          this.#calls.arrived();
          this.#registered?.keepalive.heard();
        },
        onDrained: () => (this.#registered?.relay ?? this.#calls).onDrained(),
        onClosed: (reason) => this.#onConnectionClosed(reason),
      },
      {
        ...options,
        pauseWhenBlocked: true,
        maxFirstFrameBytes: Math.min(MAX_REGISTRATION_BYTES, options.maxFrameBytes),
        portBytes: host.portBytes,
      },
    );
    this.#answers = new AnswerWriter(this.#connection, options, host.limit.log);
    const { authorization, maxStreams } = options;
    this.#calls = new SessionCalls({
      ...{ connection: this.#connection, answers: this.#answers, limit: host.limit, authorization, maxStreams },
      origin: stream.facts?.origin,
      onIdle: () => this.#onIdle(),
    });
    this.#entrance = openEntrance(host.entrance, {
      session: this,
      facts: stream.facts,
      ip,
      connection: this.#connection,
      onAdmitted: (request) => host.onRegister(this, request),
      onRefused: (why) => host.onRefused?.(this, why),
    });
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get state(): SessionState {
    return this.#lifecycle.state;
  }

  /** Facts about the peer that this end has verified. */
  get proven(): ProvenIdentity {
    return this.#entrance?.proven ?? provenByTransport(this.#facts);
  }

  /** Calls received and not yet answered, and the number of those that were taken in. */
  get calls(): Pick<SessionCalls, 'serving' | 'received'> {
    return this.#calls;
  }

  /** The peer, once admitted. */
  set caller(caller: ConnectedPeer) {
    this.#calls.caller = caller;
  }

  /** Terms of the registration; undefined before the registration. */
  get registered(): Pick<Registered, 'channel' | 'ext'> | undefined {
    return this.#registered;
  }

  /** Number of complete frames, whether another frame has begun, and whether reading is paused (`pauseWhenBlocked`). */
  get progress(): { readonly frames: number; readonly isMidFrame: boolean; readonly isBlocked: boolean } {
    const { receivedFrames: frames, isMidFrame, isBlocked } = this.#connection;
    return { frames, isMidFrame, isBlocked };
  }

  /** Accepts a registration. `ext` holds the chosen terms, for a mailstation peer. */
  accept(request: RegisterRequest, channel: Channel, chosen: Codec | undefined, ext: Extension | undefined): void {
    if (!this.#lifecycle.move('registered')) return;
    const [connection, answers, calls] = [this.#connection, this.#answers, this.#calls];
    const codec = chosen ?? channel.codec ?? STOCK_CODEC;
    answers.agree(codec, request.ext);
    connection.limitFrames(request.ext?.maxFrameBytes);
    const { clientId, stream: window, features } = request.ext ?? {};
    const readsReports = features?.includes('progress') === true;
    calls.begin({ channel, codec, window, readsReports, uploadWindow: ext?.stream });
    answers.registered(request.id, ext);
    this.#registered = {
      channel,
      channelName: request.channelName,
      codec,
      ext: request.ext,
      subscriber: channel.topics && new ConnectedSubscriber(connection, this.#pending, channel.topics, codec),
      relay: channel.relay?.({ calls, connection, answers, codec, clientId, window, uploadWindow: ext?.stream }),
      keepalive: sessionKeepalive(connection, this.#pending, this.#options, request.ext === undefined, (silence) =>
        this.#onSilence(silence),
      ),
    };
    debug.leader('%s registered on %s', this.peer, quoted(request.channelName));
  }

  /**
   * Refuses a registration. A stock peer does not try again after a refusal, and is refused only where the Leader has
   * `failed`. The peer gets that failure.
   */
  refuse(request: RegisterRequest, code: RefusalCode, message: string, failed: Failed = {}): void {
    const { failure, codec } = failed;
    if (request.ext !== undefined || failure === undefined) this.#answers.refused(request.id, code, message, failed);
    else this.#answers.refusedStock(request.id, failure, codec ?? STOCK_CODEC);
  }

  /**
   * Sends a goaway, answers the calls that the peer sent before the acknowledgement, and ends the connection. A stock peer
   * does not know goaway, and is served until no call is in progress. Resolves when closed: after `timeoutMs` at the latest,
   * even with calls unanswered or answers unread.
   */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    const late = setTimeout(() => this.destroy(reason), timeoutMs);
    this.#beginDrain(reason, timeoutMs);
    await this.#drain?.closed;
    clearTimeout(late);
  }

  destroy(reason: RpcError): void {
    this.#connection.destroy(reason);
  }

  #beginDrain(reason: RpcError, timeoutMs: number): void {
    const registered = this.state === 'registered' ? this.#registered : undefined;
    if (!this.#lifecycle.move('draining')) return;
    const [connection, pending] = [this.#connection, this.#pending];
    this.#drain = new GoawayDrain({ connection, pending, reason, timeoutMs, isIdle: () => this.#calls.serving === 0 });
    this.#drain.begin(registered?.ext?.features.includes('goaway') === true);
  }

  #onRequest(head: Head, frame: FrameView): void {
    const relay = this.#registered?.relay;
    switch (head.type) {
      case 'invoke':
        if (relay?.onCall === undefined) this.#calls.invoke(head, frame);
        else relay.onCall(head, frame);
        break;
      case 'cancel':
        if (relay === undefined) this.#calls.cancel(frame.id);
        else relay.onCancel(frame.id);
        break;
      case 'heartbeat':
        this.#connection.send(RESPONSE, frame.id, frame.timeout, HEAD.heartbeatRes);
        break;
      case 'register_channel':
        this.#onRegister({ id: frame.id, timeout: frame.timeout, ...head });
        break;
      case 'register_proof':
        if (this.#entrance === undefined) this.#calls.answerBadRequest(frame.id, 'no proof was asked for');
        else this.#entrance.onProof(frame.id, frame.timeout, head);
        break;
      case 'relay':
      case 'open_mailbox':
      case 'close_mailbox':
        if (relay === undefined) this.#calls.answerBadRequest(frame.id, 'this channel relays no calls');
        else relay.onRequest(head, frame);
        break;
      case 'invalid':
        this.#calls.answerBadRequest(frame.id, head.reason);
        break;
      case 'subscribe':
      case 'unSubscribe':
        this.#onSubscribe(head, frame);
        break;
      default:
        // An answer always has a head: a stock peer's parser throws on an empty one.
        if (!(relay ?? this.#calls).streamFrame(head, frame))
          this.#connection.send(RESPONSE, frame.id, frame.timeout, HEAD.empty);
    }
  }

  /** Answers every subscription. A stock peer waits for no answer, and ignores one. */
  #onSubscribe(head: SubscribeHead, { id, headStart, bodyStart }: FrameView): void {
    const subscriber = this.#registered?.subscriber;
    if (subscriber === undefined) return this.#calls.answerBadRequest(id, 'this channel has no subscriptions');
    subscriber.onRequest(head, bodyStart - headStart, (refusal) => {
      if (refusal === undefined) this.#answers.done(id);
      else this.#answers.failure(id, refusal, undefined);
    });
  }

  #onRegister(request: RegisterRequest): void {
    if (this.state === 'unregistered')
      return this.#entrance === undefined ? this.#host.onRegister(this, request) : this.#entrance.onRegister(request);
    const channelName = this.#registered?.channelName;
    // A stock Follower that did not read its answer in time repeats the request.
    if (request.channelName === channelName) return this.#answers.registered(request.id, undefined);
    const message = `this connection is registered on ${quoted(channelName ?? '')} already`;
    this.refuse(request, RefusalCode.OtherChannel, message);
  }

  /** The last call in progress is over. */
  #onIdle(): void {
    // A stock Follower sends no heartbeat while it waits for an answer. Its silence counts from here on.
    if (this.#registered?.ext === undefined) this.#registered?.keepalive.heard();
    if (this.state === 'draining') this.#endDrainLater();
  }

  /** A method of its own: its closure would cost each call in {@link #onIdle}. */
  #endDrainLater(): void {
    nextTick(() => this.#drain?.endIfIdle());
  }

  #onSilence(silence: Silence): void {
    if (this.#registered?.ext === undefined && this.#calls.serving > 0) this.#registered?.keepalive.restart();
    else this.destroy(peerSilent(this.peer, silence));
  }

  #onConnectionClosed(reason: RpcError): void {
    this.#lifecycle.move('closed');
    this.#entrance?.close();
    this.#registered?.keepalive.stop();
    this.#registered?.subscriber?.onClosed(reason);
    this.#calls.end(reason);
    this.#registered?.relay?.onGone();
    this.#pending.loseAll(reason, this.#connection.handedFrames);
    this.#host.onClosed(this, reason);
    this.#drain?.onClosed();
  }
}
