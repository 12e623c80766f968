import { setTimeout } from 'node:timers/promises';
import { debug } from '../diagnostics.js';
import { hasCode, RpcCode, RpcError, toError } from '../errors.js';
import type { Line, LineHandler } from '../follower/line.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { MAX_TIMEOUT_MS } from '../options.js';
import { Backoff } from '../transport/backoff.js';

export interface CandidateOptions {
  /**
   * Takes the port; rejects with {@link RpcCode.AddressInUse} when somebody else has it. Undefined: this one only
   * follows, and waits until somebody leads.
   */
  readonly claim: (() => Promise<void>) | undefined;
  /** Connects to whoever has the port, and registers on the channel that is competed for. */
  follow(handler: LineHandler, signal: AbortSignal): Promise<Line>;
  /** Nobody leads whom this one could follow: told at each attempt that {@link Candidate.compete} did not report itself. */
  onObstacle(error: RpcError): void;
  /** As {@link onObstacle}, of one that passes by itself as a rule: whoever had the port is just letting go of it. */
  onRefused?(error: RpcError): void;
  /** The standing changed. */
  onMove(to: CandidateState): void;
}

/** In use and refused at the same time, so often in a row: some ten seconds. Whoever has the port does not listen on it. */
const MAX_REFUSALS = 26;

/**
 *                     took the port
 *   idle ──> competing ─────────────> leading
 *               ^  │ somebody leads it
 *    it is gone │  v
 *            following
 *
 *   close(): any ──> closed
 */
const TRANSITIONS = {
  idle: ['competing', 'closed'],
  competing: ['leading', 'following', 'closed'],
  following: ['competing', 'closed'],
  leading: ['closed'],
  closed: [],
} as const satisfies Transitions<'idle' | 'competing' | 'leading' | 'following' | 'closed'>;
export type CandidateState = keyof typeof TRANSITIONS;

/**
 * One of several processes that compete for a port. The one that gets it leads; the others each hold a connection to
 * it, learn of its end by that closing, and compete again at once: binding is atomic, so one of them wins.
 *
 * A Leader that hangs keeps its port, and nothing can take over from it; its silence is reported as an obstacle.
 * Source: cluster-client, lib/wrapper/cluster.js; but it polls.
 */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #lifecycle = new Lifecycle<CandidateState>('idle', TRANSITIONS, (to, from, reason) => {
    debug.leader('candidate: %s -> %s %s', from, to, reason?.message ?? '');
    this.#options.onMove(to);
  });
  readonly #backoff = new Backoff();
  readonly #closing = new AbortController();
  #line: Line | undefined;

  constructor(options: CandidateOptions) {
    this.#options = options;
  }

  get state(): CandidateState {
    return this.#lifecycle.state;
  }

  /**
   * Resolves when leading or following for the first time; competes on by itself after that. Blocks while the port
   * changes hands, which takes milliseconds. Rejects with {@link RpcCode.AddressInUse} when the port is held by
   * somebody who does not lead the channel, and with {@link RpcCode.Listen} when it cannot be had at all.
   */
  async compete(): Promise<void> {
    this.#lifecycle.move('competing');
    while (this.state === 'competing') {
      const obstacle = await this.#attempt();
      if (obstacle !== undefined) throw obstacle;
    }
  }

  /** As {@link compete}, but whatever is in its way is reported as an obstacle, and tried again: only `close` ends it. */
  persist(): void {
    if (this.#lifecycle.move('competing')) void this.#competeOn();
  }

  close(reason: RpcError): void {
    this.#lifecycle.move('closed');
    this.#closing.abort(reason);
    this.#line?.destroy(reason);
  }

  /** As {@link close}, but the line to the Leader is left as it is, to whoever has it. */
  leave(reason: RpcError): void {
    this.#line = undefined;
    this.close(reason);
  }

  /** Undefined: it leads, or follows, or should try again at once. */
  async #attempt(): Promise<RpcError | undefined> {
    const { claim } = this.#options;
    try {
      if (claim !== undefined) {
        await claim();
        this.#lifecycle.move('leading');
        return undefined;
      }
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== RpcCode.AddressInUse) return asListenError(error);
    }
    try {
      const handler = {
        onGoaway: (line: Line) => this.#onLeaderGone(line),
        onClosed: (line: Line) => this.#onLeaderGone(line),
      };
      const line = await this.#options.follow(handler, this.#closing.signal);
      this.#line = line;
      this.#backoff.reset();
      if (!this.#lifecycle.move('following')) line.destroy(new RpcError(RpcCode.Closed, 'closed meanwhile'));
      else if (line.isGoingAway || line.closeReason !== undefined) this.#onLeaderGone(line);
      return undefined;
    } catch (error) {
      if (this.state !== 'competing') return undefined;
      const why = claim === undefined ? 'nobody leads' : 'the port is in use, by somebody else';
      const obstacle = new RpcError(RpcCode.AddressInUse, `${why}: ${toError(error).message}`, { cause: error });
      // In use, and yet refused or cut off: its holder is just letting go of it, or dying. Try both again.
      if (!hasCode(error, LETTING_GO) || this.#backoff.attempts > MAX_REFUSALS) return obstacle;
      this.#options.onRefused?.(obstacle);
      return this.#pause();
    }
  }

  async #pause(): Promise<undefined> {
    const { signal } = this.#closing;
    await setTimeout(this.#backoff.next(), undefined, { signal }).catch(() => {}); // closed: whoever waits looks at the state
    return undefined;
  }

  /** What was sent on a line that is going away is answered there, while this one is already competing. */
  #onLeaderGone(line: Line): void {
    if (line !== this.#line) return;
    this.#line = undefined;
    line.drain(new RpcError(RpcCode.Closed, 'the Leader is gone'), MAX_TIMEOUT_MS);
    if (this.#lifecycle.move('competing')) void this.#competeOn();
  }

  /** Nobody waits for this; it goes on until it leads, follows, or is closed. */
  async #competeOn(): Promise<void> {
    while (this.state === 'competing') {
      const obstacle = await this.#attempt();
      if (obstacle === undefined) continue;
      this.#options.onObstacle(obstacle);
      await this.#pause();
    }
  }
}

/** Its holder is going: nobody listens any more, or what it had not accepted yet, or not answered, was cut off. */
const LETTING_GO: readonly string[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', RpcCode.ConnectionLost];

function asListenError(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(RpcCode.Listen, toError(error).message, { cause: error });
}
