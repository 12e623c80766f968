import { RpcCode, RpcError } from '../errors.js';
import type { FrameView } from '../protocol/packet.js';
import { performance } from '../timers.js';
import { COUNT_BYTES, readCount } from './stream-body.js';

/**
 * Bytes that may be on their way in any case: as many as one stream may be ahead by default. Answers of calls wait behind them, at the
 * peer and in the buffers of the system.
 */
const LEAST_BYTES = 256 * 1024;

/** Time from a moment until the peer has received what was sent before. */
interface Probe {
  readonly startedAt: number;
  /** Bytes that were sent when the probe began. */
  readonly mark: number;
  /** Bytes that the peer had received. */
  readonly received: number;
}

/**
 * Bytes of items that were sent on a connection and that the peer has not received. The bound is what the peer receives within the
 * shortest round trip, and a little more: a way over a long distance is filled, and queues at its end stay short.
 */
export class SentBytes {
  readonly #least: number;
  #bound: number;
  #sent = 0;
  #received = 0;
  #probe: Probe | undefined;
  #shortestMs = Number.POSITIVE_INFINITY;

  /** `interval`: bytes after which the peer reports what it has received. Undefined: the peer reports nothing, and there is no bound. */
  constructor(interval: number | undefined) {
    this.#least = interval === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_BYTES, 2 * interval);
    this.#bound = this.#least;
  }

  /** As many bytes are on their way as may be. */
  get isFull(): boolean {
    return this.#sent - this.#received >= this.#bound;
  }

  /** Notes bytes that were sent, and returns them. */
  sent(bytes: number): number {
    this.#sent += bytes;
    return bytes;
  }

  /** Takes a report of the peer. Returns what is wrong with one that makes no sense. */
  takeReport({ bytes, bodyStart, end }: FrameView): string | undefined {
    if (end - bodyStart !== COUNT_BYTES) return 'a report of received bytes without its count';
    return this.received(readCount(bytes, bodyStart));
  }

  /** Takes a report of the peer. Throws {@link RpcCode.Protocol} for one that makes no sense: it ends the connection. */
  accept(report: FrameView): void {
    const wrong = this.takeReport(report);
    if (wrong !== undefined) throw new RpcError(RpcCode.Protocol, wrong);
  }

  /** The peer has received so many bytes since the beginning. Returns what is wrong with a count that makes no sense. */
  received(bytes: number): string | undefined {
    if (bytes < this.#received) return 'the count of received bytes went backwards';
    if (bytes > this.#sent) return 'the count of received bytes exceeds what was sent';
    this.#received = bytes;
    if (this.#probe !== undefined && bytes < this.#probe.mark) return undefined;
    const now = performance.now();
    if (this.#probe !== undefined) this.#measure(this.#probe, now);
    this.#probe = { startedAt: now, mark: this.#sent, received: bytes };
    return undefined;
  }

  #measure({ startedAt, received }: Probe, now: number): void {
    const ms = now - startedAt;
    if (ms <= 0) return;
    this.#shortestMs = Math.min(this.#shortestMs, ms);
    this.#bound = this.#least + (this.#received - received) * (this.#shortestMs / ms);
  }
}
