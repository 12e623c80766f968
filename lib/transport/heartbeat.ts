import { RpcCode, RpcError } from '../errors.js';
import { eventLoop } from '../event-loop.js';
import { clearInterval, performance, setInterval } from '../timers.js';

/** The parts of a connection that a heartbeat uses. */
export interface Watched {
  /** Sends a heartbeat, which the peer answers. */
  ping(): void;
  /**
   * Bytes that the peer has read so far, while the stream is blocked; undefined otherwise. A blocked answering end reads
   * nothing, so the only proof that the peer is alive is that the peer reads.
   */
  readBytes?(): number | undefined;
  /** Called once, when the peer counts as dead. */
  dead(silence: Silence): void;
}

/** Measurements of a silence that ended a connection. */
export interface Silence {
  /** Time since the last byte arrived. Unit: ms */
  readonly silentMs: number;
  /** Longest delay of the heartbeat's timer in that time: how long this process's own event loop was blocked. Unit: ms */
  readonly stallMs: number;
}

export interface HeartbeatOptions {
  /** Time between two samples. Unit: ms. @default 10_000, as pomelo-rpc's `keepalive` */
  readonly interval: number;
  /** Number of samples in a row without a byte after which the peer counts as dead. Each sample but the last sends a ping. @default 2 */
  readonly misses?: number;
  /** Pings at every sample, even when bytes arrived: a stock Leader counts only requests as life. @default false */
  readonly always?: boolean;
  /** Never pings. For a stock Follower, which would not answer. @default false */
  readonly mute?: boolean;
  /** Current time, from any fixed point. Unit: ms */
  readonly now?: () => number;
}

/**
 * Detects a peer that fell silent without closing the connection. Any byte counts as life.
 *
 * Silence is counted in samples, not in ms, and a sample that comes late does not count: while this process's event loop
 * was blocked, the peer's answer lay unread in the socket. A process that was stopped for a minute does not take that
 * minute for the death of its peers.
 */
export class Heartbeat {
  readonly #watched: Watched;
  readonly #options: Required<HeartbeatOptions>;
  #timer: NodeJS.Timeout | undefined;
  #heard = false;
  #missed = 0;
  #heardAt: number;
  #sampledAt: number;
  #stallMs = 0;
  /** Bytes read by the peer, at the last sample. */
  #readBytes: number | undefined;

  constructor(watched: Watched, options: HeartbeatOptions) {
    this.#watched = watched;
    this.#options = { misses: 2, always: false, mute: false, now: () => performance.now(), ...options };
    this.#heardAt = this.#sampledAt = this.#options.now();
  }

  /** Starts counting from zero, also after a silence that was excused. */
  start(): void {
    this.stop();
    this.#heard = false;
    this.#missed = 0;
    this.#stallMs = 0;
    this.#heardAt = this.#sampledAt = this.#options.now();
    // The socket keeps the process alive where the user wants that; a heartbeat alone must not.
    this.#timer = setInterval(() => this.#sample(), this.#options.interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Notes that bytes arrived. Cheap enough for every chunk: the clock is read at the next sample only. */
  heard(): void {
    this.#heard = true;
  }

  #hasRead(): boolean {
    const readBytes = this.#watched.readBytes?.();
    const hasRead = readBytes !== undefined && this.#readBytes !== undefined && readBytes > this.#readBytes;
    this.#readBytes = readBytes;
    return hasRead;
  }

  #sample(): void {
    const now = this.#options.now();
    const lateMs = now - this.#sampledAt - this.#options.interval;
    this.#stallMs = Math.max(this.#stallMs, lateMs);
    this.#sampledAt = now;
    if (this.#heard || this.#hasRead()) {
      this.#heard = false;
      this.#missed = 0;
      this.#heardAt = now;
      this.#stallMs = 0;
      if (this.#options.always) this.#watched.ping();
      return;
    }
    if (lateMs < this.#options.interval / 2) this.#missed += 1;
    if (this.#missed >= this.#options.misses) {
      this.stop();
      this.#watched.dead({
        silentMs: Math.round(now - this.#heardAt),
        stallMs: Math.max(0, Math.round(this.#stallMs)),
      });
      return;
    }
    if (!this.#options.mute) this.#watched.ping();
  }
}

/** Error of a silent peer: how long the peer was silent, and how long this process's own event loop was blocked meanwhile. */
export function peerSilent(peer: string, { silentMs, stallMs }: Silence): RpcError {
  // The heartbeat sees only delays of its own timer. The event loop watch knows shorter stalls, where calls waited.
  const longestMs = Math.max(stallMs, eventLoop.longestStall(performance.now() - silentMs));
  return new RpcError(
    RpcCode.PeerSilent,
    `${peer} sent nothing for ${silentMs} ms and did not answer heartbeats; the longest stall of this process's own event loop in that time was ${longestMs} ms`,
  );
}
