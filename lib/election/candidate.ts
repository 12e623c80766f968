import { debug } from '../diagnostics.js';
import { hasCode, RpcCode, RpcError, toError } from '../errors.js';
import type { Line, LineHandler } from '../follower/line.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { MAX_TIMEOUT_MS } from '../options.js';
import { delay } from '../timers.js';
import { Backoff } from '../transport/backoff.js';
import { LastLeader } from './last-leader.js';

export interface CandidateOptions {
  /**
   * Takes the port. Rejects with {@link RpcCode.AddressInUse} while another process holds the port. Undefined: the
   * candidate never leads, and waits for a Leader to follow.
   */
  readonly claim: (() => Promise<void>) | undefined;
  /** Releases the port. Called once where a claim succeeds after {@link Candidate.destroy}. */
  release?(): void | Promise<void>;
  /**
   * Connects to the holder of the port and registers on the channel. Resolves to undefined where a claim would now succeed. Undefined:
   * the candidate never follows, and a held port is an obstacle.
   */
  readonly follow: ((handler: LineHandler, signal: AbortSignal) => Promise<Line | undefined>) | undefined;
  /** Waits before the next attempt: for `ms`, or until another attempt is worth making, or `signal` aborts. @default for `ms` */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Called at each attempt that neither leads nor follows, unless {@link Candidate.compete} rejects with the error. */
  onObstacle(error: RpcError): void;
  /** Called in place of {@link onObstacle} while the holder is just releasing the port, which takes milliseconds. */
  onRefused?(error: RpcError): void;
  /** Called after each change of the state. */
  onMove(to: CandidateState): void;
}

/**
 * Attempts in a row (some ten seconds) at which the port was in use and yet refused connections. A holder that goes on
 * like this does not listen, and is an obstacle.
 */
const MAX_REFUSALS = 26;

/** Codes of a connection that a holder cut off, or never accepted, while releasing the port. */
const RELEASING: readonly string[] = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', RpcCode.ConnectionLost];

/**
 *                   took the port
 *   idle ──> competing ─────────> leading
 *               ^  │ another leads
 *  Leader gone  │  v
 *            following
 *
 *   competeAgain(): leading ──> competing, where the right to lead is lost
 *   destroy(): any ──> closed
 */
const TRANSITIONS = {
  idle: ['competing', 'closed'],
  competing: ['leading', 'following', 'closed'],
  following: ['competing', 'closed'],
  leading: ['competing', 'closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'competing' | 'leading' | 'following' | 'closed'>;
export type CandidateState = keyof typeof TRANSITIONS;

/**
 * Competes for a port with other processes. The process that takes the port leads. Each other process holds a connection to
 * the Leader, learns from the end of that connection that the Leader is gone, and competes again at once.
 * Binding is atomic, so one process wins.
 *
 * A Leader that hangs keeps the port, and no process can take over. The silence of the Leader is an obstacle.
 * Source: cluster-client, lib/wrapper/cluster.js, which polls instead.
 */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #lifecycle = new Lifecycle<CandidateState>('idle', TRANSITIONS, (to, from, reason) => {
    debug.leader('candidate: %s -> %s %s', from, to, reason?.message ?? '');
    this.#options.onMove(to);
  });
  readonly #backoff = new Backoff();
  readonly #closing = new AbortController();
  /** The latest claim. */
  #claiming: Promise<void> | undefined;
  /** The line to the Leader, while following. */
  #line: Line | undefined;
  /** Set when the line to a Leader has ended. */
  #lastLeader: LastLeader | undefined;

  constructor(options: CandidateOptions) {
    this.#options = options;
  }

  get state(): CandidateState {
    return this.#lifecycle.state;
  }

  /**
   * Resolves on leading or following for the first time; the candidate then competes on by itself. Waits while the port
   * changes hands, which takes milliseconds. Rejects with {@link RpcCode.AddressInUse} where the holder of the port cannot
   * be followed, and with {@link RpcCode.Listen} where the port cannot be taken for another reason.
   */
  async compete(): Promise<void> {
    this.#lifecycle.move('competing');
    while (this.state === 'competing') {
      const obstacle = await this.#attempt();
      if (obstacle !== undefined) throw obstacle;
    }
  }

  /** Competes until {@link Candidate.destroy}: each obstacle is reported, and followed by another attempt. */
  persist(): void {
    if (this.#lifecycle.move('competing')) void this.#competeOn();
  }

  /** Competes again, where this candidate led and the right to lead is lost. */
  competeAgain(): void {
    if (this.state === 'leading') this.persist();
  }

  /**
   * Stops competing and destroys the line to the Leader. Resolves when no claim is pending any more, so that the port can
   * be bound again. Never rejects.
   */
  async destroy(reason: RpcError): Promise<void> {
    this.#lifecycle.move('closed');
    this.#closing.abort(reason);
    this.#line?.destroy(reason);
    await this.#claiming?.catch(() => {}); // reported by the attempt
  }

  /** Hands the line to its user: {@link Candidate.destroy} then leaves the line as it is. */
  releaseLine(): void {
    this.#line = undefined;
  }

  /** Undefined where the candidate leads, follows, is closed, or is to try again at once. */
  async #attempt(): Promise<RpcError | undefined> {
    const { claim, follow } = this.#options;
    let held = 'no Leader can be reached';
    if (claim !== undefined) {
      try {
        this.#claiming = this.#claim(claim);
        await this.#claiming;
        this.#lifecycle.move('leading');
        return undefined;
      } catch (error) {
        if (this.state !== 'competing') return undefined; // cut off by the end of the candidate
        const isHeld = error instanceof RpcError && error.code === RpcCode.AddressInUse;
        if (!isHeld || follow === undefined) return asListenError(error);
        held = error.message;
      }
    }
    if (this.state !== 'competing') return undefined;
    if (follow === undefined) return asListenError(new Error('the candidate can neither lead nor follow'));
    return this.#follow(follow, held);
  }

  async #claim(claim: () => Promise<void>): Promise<void> {
    await claim();
    if (this.state === 'closed') await this.#options.release?.();
  }

  /** `held`: the state of the port, for the error where its holder cannot be followed. */
  async #follow(follow: NonNullable<CandidateOptions['follow']>, held: string): Promise<RpcError | undefined> {
    const handler = {
      onGoaway: (line: Line) => this.#onLeaderGone(line),
      onClosed: (line: Line) => this.#onLeaderGone(line),
    };
    let line: Line | undefined;
    try {
      line = await follow(handler, this.#closing.signal);
      if (line === undefined) return undefined;
    } catch (error) {
      if (this.state !== 'competing') return undefined;
      return this.#unfollowed(error, held);
    }
    this.#line = line;
    this.#backoff.reset();
    if (!this.#lifecycle.move('following'))
      line.destroy(new RpcError(RpcCode.Closed, 'the candidate was closed while connecting to the Leader'));
    else if (line.isGoingAway || line.closeReason !== undefined) this.#onLeaderGone(line);
    return undefined;
  }

  /** Undefined while the holder is just releasing the port, or dying: both a claim and a connection are tried again then. */
  async #unfollowed(error: unknown, held: string): Promise<RpcError | undefined> {
    const what = this.#options.claim === undefined ? held : `${held}, and its holder cannot be followed`;
    const hung = this.#lastLeader?.whyUnanswered(error);
    const why = hung === undefined ? `${what}: ${toError(error).message}` : `${held}: ${hung}`;
    const obstacle = new RpcError(RpcCode.AddressInUse, why, { cause: error });
    if (!hasCode(error, RELEASING) || this.#backoff.attempts > MAX_REFUSALS) return obstacle;
    this.#options.onRefused?.(obstacle);
    await this.#pause();
    return undefined;
  }

  /** Ends early when the candidate is closed: the loop that waits reads the state next. */
  async #pause(): Promise<void> {
    const { signal } = this.#closing;
    const { pause = (ms) => delay(ms, undefined, { signal }) } = this.#options;
    await pause(this.#backoff.next(), signal).catch(() => {});
  }

  /** Calls in flight on the old line are still answered there, while this candidate competes again. */
  #onLeaderGone(line: Line): void {
    if (line !== this.#line) return;
    this.#line = undefined;
    this.#lastLeader = new LastLeader(line);
    line.drain(new RpcError(RpcCode.Closed, 'the Leader is gone'), MAX_TIMEOUT_MS);
    if (this.#lifecycle.move('competing')) void this.#competeOn();
  }

  async #competeOn(): Promise<void> {
    while (this.state === 'competing') {
      const obstacle = await this.#attempt();
      if (obstacle === undefined) continue;
      this.#options.onObstacle(obstacle);
      await this.#pause();
    }
  }
}

function asListenError(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(RpcCode.Listen, toError(error).message, { cause: error });
}
