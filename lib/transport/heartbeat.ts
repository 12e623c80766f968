import { RpcCode, RpcError } from '../errors.js';
import { eventLoop } from '../event-loop.js';

/** What a heartbeat needs of the connection that it watches. */
export interface Watched {
  /** Asks the peer for a sign of life. */
  ping(): void;
  /**
   * Bytes that a peer whose answers have piled up has read so far; undefined where nothing has piled up. While we read
   * nothing from it because it does not read enough from us, its reading is its life.
   */
  readBytes?(): number | undefined;
  dead(death: Silence): void;
}

/** How a peer was found dead. */
export interface Silence {
  /** ms since the last byte came. */
  readonly silentMs: number;
  /** The longest that our own event loop kept the heartbeat's timer waiting in that time, ms: was it us? */
  readonly stallMs: number;
}

export interface HeartbeatOptions {
  /** ms between two looks. @default 10_000, as pomelo-rpc's `keepalive` */
  readonly interval: number;
  /** So many looks in a row without a byte, and the peer is dead; at each before the last it was pinged. @default 2 */
  readonly misses?: number;
  /** Ping at every look, whatever came in: a stock Leader counts only requests as life. @default false */
  readonly always?: boolean;
  /** Only watch; never ping. For a stock Follower, which would not answer. @default false */
  readonly mute?: boolean;
  /** The time, ms, from any fixed point. */
  readonly now?: () => number;
}

/**
 * Notices a peer that fell silent without closing. Any byte counts as life.
 *
 * Silence is counted in looks, not in ms, and a look that comes late does not count: while our own event loop was
 * blocked, the peer's answer lay unread in the socket. A process that was stopped for a minute does not take that
 * minute for its peers' death.
 */
export class Heartbeat {
  readonly #watched: Watched;
  readonly #options: Required<HeartbeatOptions>;
  #timer: NodeJS.Timeout | undefined;
  #heard = false;
  #missed = 0;
  #heardAt: number;
  #lookedAt: number;
  #stallMs = 0;
  /** At the last look. */
  #readBytes: number | undefined;

  constructor(watched: Watched, options: HeartbeatOptions) {
    this.#watched = watched;
    this.#options = { misses: 2, always: false, mute: false, now: () => performance.now(), ...options };
    this.#heardAt = this.#lookedAt = this.#options.now();
  }

  /** Starts counting anew, also after a death that was excused. */
  start(): void {
    this.stop();
    this.#heard = false;
    this.#missed = 0;
    this.#stallMs = 0;
    this.#heardAt = this.#lookedAt = this.#options.now();
    // The socket keeps the process alive where that is wanted; a heartbeat alone must not.
    this.#timer = setInterval(() => this.#look(), this.#options.interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Bytes came. Cheap enough for every chunk: the time is read at the next look. */
  heard(): void {
    this.#heard = true;
  }

  #hasRead(): boolean {
    const readBytes = this.#watched.readBytes?.();
    const hasRead = readBytes !== undefined && this.#readBytes !== undefined && readBytes > this.#readBytes;
    this.#readBytes = readBytes;
    return hasRead;
  }

  #look(): void {
    const now = this.#options.now();
    const lateMs = now - this.#lookedAt - this.#options.interval;
    this.#stallMs = Math.max(this.#stallMs, lateMs);
    this.#lookedAt = now;
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

/** A peer's death as an error: how long it was silent, and whether that may have been us. */
export function peerSilent(peer: string, { silentMs, stallMs }: Silence): RpcError {
  // The heartbeat sees only what kept its own timer waiting; of shorter stalls the watch knows, where calls waited.
  const longestMs = Math.max(stallMs, eventLoop.longestStall(performance.now() - silentMs));
  return new RpcError(
    RpcCode.PeerSilent,
    `${peer} sent nothing for ${silentMs} ms and did not answer heartbeats; in that time our own event loop was blocked for ${longestMs} ms at the longest`,
  );
}
