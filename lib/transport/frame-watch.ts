import { RpcCode, RpcError } from '../errors.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import { AfterStall } from './after-stall.js';

/** The parts of a connection that the watch uses. */
export interface FramesInParts {
  readonly peer: string;
  readonly isMidFrame: boolean;
  /** Number of frames received whole. */
  readonly receivedFrames: number;
}

/**
 * Ends the connection to a peer that sends a frame too slowly, such as a byte at a time. Each byte counts as life for
 * heartbeats, and no other frame can pass. A frame has between once and twice the time: one timer looks for all frames of a
 * connection, so that traffic sets and clears no timers.
 */
export class FrameWatch {
  readonly #connection: FramesInParts;
  readonly #timeoutMs: number;
  readonly #onStalled: (reason: RpcError) => void;
  readonly #afterStall = new AfterStall(() => this.#search(), false);
  #timer: NodeJS.Timeout | undefined;
  #frames = 0;

  constructor(connection: FramesInParts, timeoutMs: number, onStalled: (reason: RpcError) => void) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#onStalled = onStalled;
  }

  /** Notes that bytes arrived. */
  heard(): void {
    if (this.#timer !== undefined || !this.#connection.isMidFrame) return;
    this.#frames = this.#connection.receivedFrames;
    const dueAt = performance.now() + this.#timeoutMs;
    this.#timer = setTimeout(() => this.#afterStall.run(dueAt), this.#timeoutMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#afterStall.cancel();
  }

  #search(): void {
    this.#timer = undefined;
    const { peer, isMidFrame, receivedFrames } = this.#connection;
    if (!isMidFrame || receivedFrames !== this.#frames) return;
    const why = `${peer} began a frame and did not complete it in ${this.#timeoutMs} ms (frameTimeout)`;
    const advice = 'the server or the network is too slow for frames of this size, or the server is hostile';
    this.#onStalled(new RpcError(RpcCode.PeerSilent, `${why}; ${advice}`));
  }
}
