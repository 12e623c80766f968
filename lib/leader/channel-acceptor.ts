import { debug } from '../diagnostics.js';
import type { Endpoint } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import { PACKAGE } from '../package.js';
import type { Codec } from '../protocol/codec.js';
import { chooseCodec } from '../protocol/codecs.js';
import { EXTENSION_VERSION, type Extension, FEATURES } from '../protocol/message.js';
import { RefusalCode } from '../protocol/refusal.js';
import { quoted } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import type { ConnectedPeer } from '../server-info.js';
import type { Channel } from '../serving/channel.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from '../serving/overload.js';
import type { ByteStream, Listener } from '../transport/byte-stream.js';
import { PendingRegistrations } from './pending-registrations.js';
import { claimPort, type PortClaim } from './port-claim.js';
import type { RegisterRequest } from './register-request.js';
import { Session, type SessionHost, type SessionOptions } from './session.js';
import { StalledFrames } from './stalled-frames.js';
import { type Admission, addressOf } from './whitelist.js';

/** How often unregistered and half-sent connections are looked for. */
const SWEEP_MS = 2_500;

export interface ChannelAcceptorOptions
  extends SessionOptions,
    ConcurrencyLimitOptions,
    Pick<PortClaim, 'endpoint' | 'insecure'> {
  /** Past it the oldest that has not registered gives way; where all have, the new one is closed at once. */
  readonly maxConnections: number;
  /** Connections that have not registered; past it the oldest of them gives way to a new one. */
  readonly maxUnregistered: number;
  /** How long a connection may take to register, and to send the rest of a frame that it has begun. ms */
  readonly handshakeTimeout: number;
  /** Undefined: everyone. */
  readonly admits: Admission | undefined;
  /** Of web pages that may connect over `ws`. */
  readonly allowedOrigins: readonly string[];
  /** A connection was let in. */
  onSession(peer: ConnectedPeer): void;
  /** Of one that was let in, once. */
  onSessionClosed(peer: ConnectedPeer, reason: RpcError): void;
  onError(error: Error): void;
}

/**
 * The process that holds a port, and with it all the channels on it: takes in connections, and brings each Follower
 * together with the Leader of the channel that it asks for.
 */
export class ChannelAcceptor implements SessionHost {
  readonly gate: ConcurrencyLimit;
  readonly #options: ChannelAcceptorOptions;
  readonly #channels = new Map<string | undefined, Channel>();
  /** And who they are; undefined for one that was not let in, or not yet: such a one is not read from. */
  readonly #sessions = new Map<Session, ConnectedPeer | undefined>();
  /** Those that have not been accepted on a channel, the oldest first. */
  readonly #unregistered = new Set<Session>();
  readonly #refusals: RateLimitedLog;
  #lastPeerId = 0;
  readonly #waiting = new PendingRegistrations((session, request) => this.#refuse(session, request));
  readonly #frameWatch = new StalledFrames();
  #sweeper: NodeJS.Timeout | undefined;
  #listener: Listener | undefined;
  #isRetiring = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: ChannelAcceptorOptions) {
    this.#options = options;
    this.gate = new ConcurrencyLimit(options);
    this.#refusals = new RateLimitedLog(options.logger);
  }

  /** The endpoint that it listens on; before that, the one that was asked for. */
  get endpoint(): Endpoint {
    return this.#listener?.endpoint ?? this.#options.endpoint;
  }

  get connections(): number {
    return this.#sessions.size;
  }

  /** Takes the port. Rejects as {@link claimPort} does. */
  async listen(): Promise<void> {
    const { endpoint, insecure, handshakeTimeout, allowedOrigins, maxFrameBytes, onError } = this.#options;
    this.#listener = await claimPort({
      endpoint,
      insecure,
      handshakeTimeout,
      maxHandshakes: Math.min(this.#options.maxConnections, this.#options.maxUnregistered),
      allowedOrigins,
      maxFrameBytes,
      onError,
      onStream: (stream) => this.#onStream(stream),
      onRefused: (peer, why) => this.#refusals.warn(refusalOf(peer, why)),
    });
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(SWEEP_MS, handshakeTimeout)).unref();
  }

  /** From now on the channel has a Leader; Followers that waited for it are answered. */
  lead(channel: Channel): void {
    this.#channels.set(channel.name, channel);
    this.#waiting.callIn((session, request) => {
      const found = this.#channelOf(request.channelName);
      if (found !== undefined) this.#accept(session, request, found);
      return found !== undefined;
    });
  }

  /**
   * The channel has no Leader any more, while the port is kept: its Followers are let go as {@link retire} does. Those that
   * come back wait for another Leader. Resolves when all have gone: after `timeoutMs` at the latest.
   */
  async withdraw(channel: Channel, reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name);
    const left = [...this.#sessions.keys()].filter((session) => session.channel === channel);
    await Promise.all(left.map((session) => session.retire(reason, timeoutMs)));
  }

  /**
   * Lets go of the port at once, then of the connections, each when what it sent has been answered. Resolves when
   * all are closed: after `timeoutMs` at the latest.
   */
  async retire(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#isRetiring = true;
    await this.#listener?.close();
    clearInterval(this.#sweeper);
    this.#refusals.close();
    this.gate.close();
    this.#waiting.clear();
    for (const [session, peer] of [...this.#sessions]) {
      if (peer === undefined) session.destroy(reason);
      else void session.retire(reason, timeoutMs);
    }
    if (this.#sessions.size === 0) return;
    const late = setTimeout(() => this.destroy(reason), timeoutMs);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    clearTimeout(late);
  }

  /** Lets go of everything at once. */
  destroy(reason: RpcError): void {
    this.#isRetiring = true;
    void this.#listener?.close();
    clearInterval(this.#sweeper);
    this.#refusals.close();
    this.gate.close();
    this.#waiting.clear();
    for (const session of [...this.#sessions.keys()]) session.destroy(reason);
  }

  onRegister(session: Session, request: RegisterRequest): void {
    const channel = this.#channelOf(request.channelName);
    if (channel !== undefined) return this.#accept(session, request, channel);
    this.#waiting.add(session, request); // it may get its Leader yet
  }

  onClosed(session: Session, reason: RpcError): void {
    const peer = this.#sessions.get(session);
    this.#sessions.delete(session);
    this.#unregistered.delete(session);
    this.#waiting.remove(session);
    if (peer !== undefined) this.#options.onSessionClosed(peer, reason);
    if (this.#sessions.size === 0) this.#onEmpty?.();
  }

  #onStream(stream: ByteStream): void {
    const session = new Session(stream, this, this.#options);
    this.#sessions.set(session, undefined);
    this.#unregistered.add(session);
    const [oldest = session] = this.#unregistered;
    const full = this.#isRetiring ? 'the server is stopping' : this.#whyFull();
    if (full !== undefined && (this.#isRetiring || oldest === session)) return this.#turnAway(session, full);
    const ip = addressOf(stream.peer);
    const isAdmitted = this.#options.admits?.(ip) ?? true;
    if (full !== undefined && isAdmitted !== false) this.#giveWay(oldest, full);
    if (typeof isAdmitted === 'boolean') return this.#answerTheDoor(session, ip, isAdmitted);
    // How many wait here, and for how long, is bounded by `maxUnregistered` and `handshakeTimeout`.
    stream.pause();
    void isAdmitted.then((isAdmittedNow) => {
      if (!this.#sessions.has(session)) return; // it has gone meanwhile
      if (isAdmittedNow) stream.resume();
      this.#answerTheDoor(session, ip, isAdmittedNow);
    });
  }

  #answerTheDoor(session: Session, ip: string, isAdmitted: boolean): void {
    if (!isAdmitted) return this.#turnAway(session, `the whitelist does not have ${ip}`);
    this.#lastPeerId += 1;
    const peer: ConnectedPeer = { id: String(this.#lastPeerId), ip, peer: session.peer };
    this.#sessions.set(session, peer);
    session.caller = peer;
    this.#options.onSession(peer);
  }

  #turnAway(session: Session, why: string): void {
    this.#refusals.warn(refusalOf(session.peer, why));
    session.destroy(new RpcError(RpcCode.Closed, why));
  }

  #whyFull(): string | undefined {
    const { maxConnections, maxUnregistered } = this.#options;
    if (this.#sessions.size > maxConnections) return `maxConnections is ${maxConnections}`;
    if (this.#unregistered.size > maxUnregistered) return `maxUnregistered is ${maxUnregistered}`;
    return undefined;
  }

  /** To a newer connection: were that refused instead, a few sockets that say nothing would keep everyone out. */
  #giveWay(oldest: Session, full: string): void {
    const ms = Math.round(performance.now() - oldest.openedAt);
    const why = `it had not registered in ${ms} ms and gave way to a newer one; ${full}`;
    this.#refusals.warn(`mailstation: dropped the connection from ${oldest.peer}: ${why}`);
    oldest.destroy(new RpcError(RpcCode.Closed, `${oldest.peer} was dropped: ${why}`));
  }

  #channelOf(name: string): Channel | undefined {
    return this.#channels.get(name) ?? this.#channels.get(undefined);
  }

  #accept(session: Session, request: RegisterRequest, channel: Channel): void {
    if (channel.refusal !== undefined) return session.refuse(request, RefusalCode.LeaderFailed, channel.refusal);
    if (request.ext === undefined) return this.#register(session, request, channel, undefined, undefined);
    const codec = codecFor(channel, request.ext.codecs);
    if (codec === undefined) {
      const message = `no codec in common: it offers ${request.ext.codecs.join(', ') || 'none'}`;
      return session.refuse(request, RefusalCode.NoCodec, message);
    }
    const ext: Extension = {
      version: EXTENSION_VERSION,
      codecs: [codec.name],
      features: channel.features ?? FEATURES,
      maxFrameBytes: this.#options.maxFrameBytes,
      holder: { ...PACKAGE, pid: process.pid, channels: this.#channelNames() },
    };
    this.#register(session, request, channel, codec, ext);
  }

  #register(session: Session, ...terms: Parameters<Session['accept']>): void {
    session.accept(...terms);
    this.#unregistered.delete(session);
  }

  #channelNames(): string[] {
    return [...this.#channels.keys()].map((name) => name ?? '*');
  }

  #refuse(session: Session, request: RegisterRequest): void {
    const led =
      this.#channelNames()
        .map((name) => JSON.stringify(name))
        .join(', ') || 'none';
    const holder = `process ${process.pid} (${PACKAGE.name} ${PACKAGE.version}) holds it and leads ${led}`;
    const why = `nobody leads the channel ${quoted(request.channelName)} on this port; ${holder}`;
    session.refuse(request, RefusalCode.NoLeader, why);
  }

  /** Ends connections that neither register nor get on with the frame that they have begun. */
  #sweep(): void {
    const { handshakeTimeout } = this.#options;
    const tooLate = performance.now() - handshakeTimeout;
    for (const session of [...this.#unregistered]) {
      if (session.openedAt < tooLate && !this.#waiting.has(session))
        this.#drop(session, `it did not register in ${handshakeTimeout} ms`);
    }
    for (const session of this.#frameWatch.look(this.#sessions.keys(), handshakeTimeout))
      this.#drop(session, `it sent half a frame and nothing more for ${handshakeTimeout} ms`);
  }

  #drop(session: Session, why: string): void {
    debug.leader('%s dropped: %s', session.peer, why);
    session.destroy(new RpcError(RpcCode.Protocol, `${session.peer} was dropped: ${why}`));
  }
}

/** A user's own codec is the only one on its channel. */
function codecFor({ codec }: Channel, offered: readonly string[]): Codec | undefined {
  if (codec === undefined) return chooseCodec(offered);
  return offered.includes(codec.name) ? codec : undefined;
}

function refusalOf(peer: string, why: string): string {
  return `mailstation: refused a connection from ${peer}: ${why}`;
}
