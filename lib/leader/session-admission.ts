import { debug, type Logger } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { identityOf } from '../identity.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import type { ConnectedPeer } from '../server-info.js';
import { clearInterval, performance, setInterval } from '../timers.js';
import { AfterStall } from '../transport/after-stall.js';
import type { ByteStream } from '../transport/byte-stream.js';
import type { ConnectionFacts } from './connection-facts.js';
import type { EntranceRules } from './entrance-rules.js';
import type { Session } from './session.js';
import { StalledFrames } from './stalled-frames.js';
import { type AddressCheck, canonicalAddress } from './whitelist.js';

/** Interval between two searches for unregistered connections and half-sent frames. ms */
const SWEEP_MS = 2_500;
/** Reasons of connections whose peers speak another protocol, or stop in the middle of a registration. */
const UNREADABLE: readonly RpcCode[] = [RpcCode.Protocol, RpcCode.FrameTooLarge];

export interface SessionAdmissionOptions {
  /** Above this number the oldest unregistered connection is evicted; where all have registered, the new one is refused. */
  readonly maxConnections: number;
  /** Connections that have not registered. Above this number the oldest of them is evicted. */
  readonly maxUnregistered: number;
  /** Time for a connection to register, and to send the rest of a frame that has begun. ms */
  readonly handshakeTimeout: number;
  /** Undefined: all addresses may connect. */
  readonly admits: AddressCheck | undefined;
  readonly logger: Logger;
  /** Peers prove who they are at their registration. Connections are reported from then on, and not before. */
  readonly entrance?: EntranceRules | undefined;
  /** Called when a connection has been admitted. */
  onSession(peer: ConnectedPeer): void;
  /** Called once for each connection that was reported by {@link onSession}. */
  onSessionClosed(peer: ConnectedPeer, reason: RpcError): void;
}

/** Decides which connections may stay: by address, by number, and by what they send. */
export class SessionAdmission {
  readonly #options: SessionAdmissionOptions;
  /** Open connections. The peer is undefined until the connection is admitted, and nothing is read before that. */
  readonly #sessions = new Map<Session, ConnectedPeer | undefined>();
  /** Connections that have not registered on a channel, the oldest first. */
  readonly #unregistered = new Set<Session>();
  readonly #stalledFrames = new StalledFrames();
  readonly #log: RateLimitedLog;
  #sweeper: NodeJS.Timeout | undefined;
  #lastPeerId = 0;

  constructor(options: SessionAdmissionOptions) {
    this.#options = options;
    this.#log = new RateLimitedLog(options.logger);
  }

  get size(): number {
    return this.#sessions.size;
  }

  get sessions(): readonly Session[] {
    return [...this.#sessions.keys()];
  }

  /** Connections of callers that have registered, by their numbers. */
  get registeredOnes(): ReadonlyMap<string, ConnectionFacts> {
    const facts = new Map<string, ConnectionFacts>();
    const now = performance.now();
    for (const [{ registered, openedAt, calls }, peer] of this.#sessions) {
      if (registered === undefined || peer === undefined) continue;
      const { received, serving } = calls;
      facts.set(peer.id, {
        peer,
        process: registered.ext?.process,
        age: now - openedAt,
        calls: received,
        open: serving,
      });
    }
    return facts;
  }

  isAdmitted(session: Session): boolean {
    return this.#sessions.get(session) !== undefined;
  }

  /**
   * Searches for idle strangers from now on. `mayWait` says which unregistered connections wait for a Leader. `onSweep` is
   * called at each search.
   */
  start(mayWait: (session: Session) => boolean, onSweep: () => void): void {
    const interval = Math.min(SWEEP_MS, this.#options.handshakeTimeout);
    // After a stall of this process the registrations of the connections may lie unread in their sockets.
    const sweep = new AfterStall(() => this.#sweep(mayWait), false);
    let dueAt = performance.now() + interval;
    this.#sweeper = setInterval(() => {
      sweep.run(dueAt);
      dueAt = performance.now() + interval;
      onSweep();
    }, interval).unref();
  }

  /** Ends the search, and writes the log lines that are still held back. */
  stop(): void {
    clearInterval(this.#sweeper);
    this.#log.close();
  }

  /** Admits, refuses or suspends a new connection. `refusal` is set where no connection is admitted any more. */
  add(session: Session, stream: ByteStream, refusal: string | undefined): void {
    this.#sessions.set(session, undefined);
    this.#unregistered.add(session);
    if (refusal !== undefined) return this.#refuse(session, refusal);
    const [oldest = session] = this.#unregistered;
    const full = this.#whyFull();
    if (full !== undefined && oldest === session) return this.#refuse(session, full);
    const ip = canonicalAddress(stream.address);
    const isAllowed = this.#options.admits?.(ip) ?? true;
    if (full !== undefined && isAllowed !== false) this.#evict(oldest, full);
    if (typeof isAllowed === 'boolean') return this.#decide(session, ip, isAllowed);
    // `maxUnregistered` and `handshakeTimeout` bound how many connections wait here, and for how long.
    stream.pause();
    void isAllowed.then((isAllowedNow) => {
      if (!this.#sessions.has(session)) return; // closed meanwhile
      if (isAllowedNow) stream.resume();
      this.#decide(session, ip, isAllowedNow);
    });
  }

  /** `clientId`: name that the caller gave itself. */
  registered(session: Session, clientId: string | undefined): void {
    const isFirst = this.#unregistered.delete(session);
    const admitted = this.#sessions.get(session);
    if (admitted === undefined || !isFirst) return;
    const peer = { ...admitted, identity: identityOf(session.proven, clientId) };
    this.#sessions.set(session, peer);
    session.caller = { ...peer, id: clientId ?? peer.id, connectionId: peer.id };
    if (this.#options.entrance !== undefined) this.#options.onSession(peer);
  }

  /** The connection has ended. */
  remove(session: Session, reason: RpcError): void {
    const peer = this.#sessions.get(session);
    this.#sessions.delete(session);
    const isStranger = this.#unregistered.delete(session);
    if (isStranger && UNREADABLE.includes(reason.code)) this.logRefusal(session.peer, reason.message);
    const isReported = this.#options.entrance === undefined || !isStranger;
    if (peer !== undefined && isReported) this.#options.onSessionClosed(peer, reason);
  }

  /** Logs that a connection was refused, at most one line a second. */
  logRefusal(peer: string, why: string): void {
    this.#log.warn(`mailstation: refused a connection from ${peer}: ${why}`);
  }

  /** Logs that a connection was ended for a bound over all connections, at most one line a second. */
  logEviction(peer: string, why: string): void {
    this.#log.warn(`mailstation: disconnected ${peer}: ${why}`);
  }

  #decide(session: Session, ip: string, isAllowed: boolean): void {
    if (!isAllowed) return this.#refuse(session, `${ip} is not in the whitelist`);
    this.#lastPeerId += 1;
    const peer: ConnectedPeer = { id: String(this.#lastPeerId), ip, peer: session.peer };
    this.#sessions.set(session, peer);
    session.caller = peer;
    if (this.#options.entrance === undefined) this.#options.onSession(peer);
  }

  #refuse(session: Session, why: string): void {
    this.logRefusal(session.peer, why);
    session.destroy(new RpcError(RpcCode.Closed, why));
  }

  #whyFull(): string | undefined {
    const { maxConnections, maxUnregistered } = this.#options;
    if (this.#sessions.size > maxConnections) return `${maxConnections} connections are open (maxConnections)`;
    if (this.#unregistered.size > maxUnregistered)
      return `${maxUnregistered} connections have not registered (maxUnregistered)`;
    return undefined;
  }

  /** Makes room for a newer connection. Otherwise a few silent sockets would lock all callers out. */
  #evict(oldest: Session, full: string): void {
    const ms = Math.round(performance.now() - oldest.openedAt);
    const why = `the connection had not registered in ${ms} ms and was evicted for a newer one; ${full}`;
    this.#log.warn(`mailstation: dropped the connection from ${oldest.peer}: ${why}`);
    oldest.destroy(new RpcError(RpcCode.Closed, `${oldest.peer} was dropped: ${why}`));
  }

  /** Ends connections that do not register, and connections that do not complete a frame. */
  #sweep(mayWait: (session: Session) => boolean): void {
    const { handshakeTimeout } = this.#options;
    const tooLate = performance.now() - handshakeTimeout;
    for (const session of [...this.#unregistered]) {
      if (session.openedAt < tooLate && !mayWait(session))
        this.#drop(session, `the connection did not register in ${handshakeTimeout} ms (handshakeTimeout)`);
    }
    for (const session of this.#stalledFrames.find(this.#sessions.keys(), handshakeTimeout))
      this.#drop(session, `a frame was begun and not continued for ${handshakeTimeout} ms (handshakeTimeout)`);
  }

  #drop(session: Session, why: string): void {
    debug.leader('%s dropped: %s', session.peer, why);
    session.destroy(new RpcError(RpcCode.Protocol, why));
  }
}
