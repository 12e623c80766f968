import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { PACKAGE } from '../package.js';
import { EXTENSION_VERSION, type Extension, type PortHolder } from '../protocol/message.js';
import { newGeneration } from '../protocol/new-generation.js';
import { RefusalCode } from '../protocol/refusal.js';
import type { NonEmpty } from '../server-info.js';
import type { Channel } from '../serving/channel.js';
import { ConcurrencyLimit, type ConcurrencyLimitOptions } from '../serving/overload.js';
import { clearTimeout, setTimeout } from '../timers.js';
import { type PortBytes, type PortBytesOptions, portBytes } from '../transport/byte-budget.js';
import type { ByteStream } from '../transport/byte-stream.js';
import type { Listener } from '../transport/transport.js';
import { abilitiesOf, codecFor, refuseLeaderless, refuseStarting, uploadsOf } from './channel-terms.js';
import type { ConnectionFacts } from './connection-facts.js';
import { DescriptorProbe } from './descriptor-probe.js';
import { closeDoors, type Door, openDoors } from './doors.js';
import type { EntranceRules } from './entrance-rules.js';
import { PendingRegistrations } from './pending-registrations.js';
import { claimPort, type PortClaim } from './port-claim.js';
import { RefusedStreams } from './refused-streams.js';
import type { RegisterRequest } from './register-request.js';
import { reloadFailed } from './reload-doors.js';
import { type DoorProtection, describeDoors } from './safe-door.js';
import type { ServerAcceptor } from './server-acceptor.js';
import { Session, type SessionHost, type SessionOptions } from './session.js';
import { SessionAdmission, type SessionAdmissionOptions } from './session-admission.js';

export interface ChannelAcceptorOptions
  extends SessionOptions,
    SessionAdmissionOptions,
    ConcurrencyLimitOptions,
    PortBytesOptions,
    Omit<DoorProtection, 'tls'> {
  /** Places to listen at, all of them or none. */
  readonly doors: NonEmpty<Door>;
  /**
   * Whether one channel is all that this port will have. Registrations on other channels are refused at once then, and not
   * when their time has passed: another channel may get its Leader later.
   * @default false
   */
  readonly hasOneChannel?: boolean;
  onError(error: Error): void;
}

/**
 *   idle ── listen() ──> listening ── drain() ──> draining ──> closed
 *
 *   destroy(): any ──> closed
 *
 * A `listen()` that fails leaves the acceptor idle, and can be repeated.
 */
const TRANSITIONS = {
  idle: ['listening', 'draining', 'closed'],
  listening: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'listening' | 'draining' | 'closed'>;
type AcceptorState = keyof typeof TRANSITIONS;

/** Holds a port with all channels on it, and brings each Follower together with the Leader of its channel. */
export class ChannelAcceptor implements ServerAcceptor, SessionHost {
  readonly canStandBy = true;
  readonly limit: ConcurrencyLimit;
  readonly portBytes: PortBytes;
  readonly #options: ChannelAcceptorOptions;
  readonly #generation = newGeneration();
  readonly #claim: (claim: PortClaim) => Promise<Listener>;
  readonly #admission: SessionAdmission;
  readonly #channels = new Map<string | undefined, Channel>();
  /** Last errors of the channels that wait for their real clients, by the channel's name. */
  readonly #starting = new Map<string, () => Error | undefined>();
  readonly #pending = new PendingRegistrations((session, request) => this.#refuseWithoutLeader(session, request));
  readonly #refused = new RefusedStreams((peer, why) => this.#admission.logRefusal(peer, why));
  readonly #lifecycle = new Lifecycle<AcceptorState>('idle', TRANSITIONS, () => {});
  #listeners: readonly Listener[] = [];
  #claimed: Endpoint | undefined;
  /** Made with the listeners. */
  #probe: DescriptorProbe | undefined;
  #drained = Promise.resolve();
  /** Set while a drain waits for the last connection. */
  #onEmpty: (() => void) | undefined;

  /** `claim` takes the port; tests give a function without sockets. */
  constructor(options: ChannelAcceptorOptions, claim = claimPort) {
    this.#options = options;
    this.#claim = claim;
    this.limit = new ConcurrencyLimit(options);
    this.#admission = new SessionAdmission(options);
    this.portBytes = portBytes(options, (peer, why) => this.#admission.logEviction(peer, why));
  }

  /** Rules on who may register; undefined where a peer need prove nothing. */
  get entrance(): EntranceRules | undefined {
    return this.#options.entrance;
  }

  get endpoints(): NonEmpty<Endpoint> {
    const [first, ...rest] = this.#listeners.length > 0 ? this.#listeners : this.#options.doors;
    return first === undefined
      ? [this.#options.doors[0].endpoint]
      : [first.endpoint, ...rest.map((door) => door.endpoint)];
  }

  get claimed(): Endpoint {
    return this.#claimed ?? this.#options.doors[0].endpoint;
  }

  get description(): string {
    const { doors } = this.#options;
    return describeDoors(this.endpoints.map((endpoint, at) => [endpoint, { ...this.#options, ...doors[at] }]));
  }

  get connections(): number {
    return this.#admission.size;
  }

  get callers(): ReadonlyMap<string, ConnectionFacts> {
    return this.#admission.registeredOnes;
  }

  /** Opens all doors. Rejects as {@link claimPort} does, and with {@link RpcCode.Closed} after the end. */
  async listen(): Promise<void> {
    const listeners = await openDoors(this.#options.doors, (door) => this.#open(door)).catch((error: RpcError) => {
      for (const session of this.#admission.sessions) session.destroy(error); // those of the doors that had been opened
      throw error;
    });
    if (!this.#lifecycle.move('listening')) {
      await closeDoors(listeners);
      const why = `${describeEndpoint(this.claimed)} was freed again: the acceptor was closed while it began to listen`;
      throw new RpcError(RpcCode.Closed, why);
    }
    this.#listeners = listeners;
    const probe = new DescriptorProbe(this.#options.logger, describeEndpoint(listeners[0].endpoint));
    this.#probe = probe;
    this.#admission.start(
      (session) => this.#pending.has(session) || session.isRefusedStock,
      () => probe.probe(),
    );
  }

  /** Notes that the holder of the channel waits for its real client, or does so no more. */
  starting(name: string, lastError: (() => Error | undefined) | undefined): void {
    if (lastError === undefined) this.#starting.delete(name);
    else this.#starting.set(name, lastError);
  }

  /** Gives a channel its Leader, and accepts the Followers that wait for the channel. */
  lead(channel: Channel): void {
    this.#channels.set(channel.name, channel);
    if (channel.name !== undefined) this.#starting.delete(channel.name);
    this.#pending.settle((session, request) => {
      const found = this.#channelOf(request.channelName);
      if (found !== undefined) this.#accept(session, request, found);
      return found !== undefined;
    });
  }

  /**
   * Takes a channel's Leader away, keeps the port, and drains the channel's Followers. Followers that come back wait for
   * another Leader. Resolves when all connections are closed: after `timeoutMs` at the latest.
   */
  async drainChannel(channel: Channel, reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name);
    const followers = this.#admission.sessions.filter((session) => session.registered?.channel === channel);
    await Promise.all(followers.map((session) => session.drain(reason, timeoutMs)));
  }

  drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#lifecycle.move('draining')) this.#drained = this.#drainAll(reason, timeoutMs);
    return this.#drained;
  }

  destroy(reason: RpcError): void {
    this.#lifecycle.move('closed');
    void this.#close();
    for (const session of this.#admission.sessions) session.destroy(reason);
    this.limit.stop();
  }

  onRegister(session: Session, request: RegisterRequest): void {
    const channel = this.#channelOf(request.channelName);
    if (channel !== undefined) this.#accept(session, request, channel);
    else if (this.#isWrongChannel(request)) this.#refuseWithoutLeader(session, request);
    else this.#pending.add(session, request);
  }

  onRefused({ peer }: Session, why: string): void {
    this.#admission.logRefusal(peer, why);
  }

  onClosed(session: Session, reason: RpcError): void {
    this.#pending.remove(session);
    this.#admission.remove(session, reason);
    if (this.#admission.size === 0) this.#onEmpty?.();
  }

  async #drainAll(reason: RpcError, timeoutMs: number): Promise<void> {
    await this.#close();
    for (const session of this.#admission.sessions) {
      if (this.#admission.isAdmitted(session)) void session.drain(reason, timeoutMs);
      else session.destroy(reason);
    }
    if (this.#admission.size > 0) {
      const late = setTimeout(() => this.destroy(reason), timeoutMs);
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
      clearTimeout(late);
    }
    this.limit.stop();
    this.#lifecycle.move('closed');
  }

  /** Frees the port. Resolves when the port is free. */
  async #close(): Promise<void> {
    this.#refused.destroy();
    this.#admission.stop();
    this.limit.close();
    this.#pending.clear();
    await closeDoors(this.#listeners);
  }

  #open(door: Door): Promise<Listener> {
    const { maxConnections, maxUnregistered } = this.#options;
    this.#claimed = door.endpoint;
    return this.#claim({
      ...this.#options,
      ...door,
      maxHandshakes: Math.min(maxConnections, maxUnregistered),
      onStream: (stream) => this.#onStream(stream),
      onRefused: (peer, why) => this.#admission.logRefusal(peer, why),
      onReloadFailed: (error) => this.#options.logger.error(reloadFailed(error)),
    });
  }

  #onStream(stream: ByteStream): void {
    if (this.#refused.take(stream)) return;
    const session = new Session(stream, this, this.#options);
    this.#probe?.probeSoon();
    const { state } = this.#lifecycle;
    const isStopping = state === 'draining' || state === 'closed';
    this.#admission.add(session, stream, isStopping ? 'the server is stopping' : undefined);
  }

  #channelOf(name: string): Channel | undefined {
    return this.#channels.get(name) ?? this.#channels.get(undefined);
  }

  #accept(session: Session, request: RegisterRequest, channel: Channel): void {
    if (channel.refusal !== undefined)
      return session.refuse(request, RefusalCode.LeaderFailed, channel.refusal, channel);
    if (request.ext === undefined) return this.#register(session, request, channel, undefined, undefined);
    const codec = codecFor(channel, request.ext.codecs);
    if (codec === undefined) {
      const offered = request.ext.codecs.join(', ') || 'none';
      return session.refuse(request, RefusalCode.NoCodec, `no codec in common: the Follower offers ${offered}`);
    }
    const ext: Extension = {
      ...{ version: EXTENSION_VERSION, codecs: [codec.name] },
      ...abilitiesOf(channel),
      maxFrameBytes: this.#options.maxFrameBytes,
      generation: this.#generation,
      ...uploadsOf(request, channel, this.#options.streamWindow),
      ...(session.isLocal && { holder: this.#holder }),
    };
    this.#register(session, request, channel, codec, ext);
  }

  #register(session: Session, ...terms: Parameters<Session['accept']>): void {
    session.accept(...terms);
    this.#admission.registered(session, terms[0].ext?.clientId);
  }

  /** A stock peer is not refused, which would end it for good. */
  #isWrongChannel({ ext }: RegisterRequest): boolean {
    return this.#options.hasOneChannel === true && this.#channels.size > 0 && ext !== undefined;
  }

  get #holder(): PortHolder {
    const channels = [...this.#channels.keys()].map((name) => name ?? '*');
    return { ...PACKAGE, pid: process.pid, channels };
  }

  #refuseWithoutLeader(session: Session, request: RegisterRequest): void {
    const starting = this.#starting.get(request.channelName);
    if (starting !== undefined) return refuseStarting(session, request, starting());
    refuseLeaderless(session, request, this.#holder);
  }
}
