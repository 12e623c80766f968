import type { RpcError } from '../errors.js';
import { HEAD } from '../protocol/message.js';
import { REQUEST } from '../protocol/packet.js';
import { performance } from '../timers.js';
import type { Connection } from '../transport/connection.js';
import { ControlRequest } from '../transport/control-request.js';
import type { PendingCalls } from '../transport/pending-calls.js';

/** Time for the acknowledgement of a goaway where the peer reads its answers: a live peer acknowledges in the same tick. */
const GOAWAY_ANSWER_MS = 2_000;

export interface GoawayDrainOptions {
  readonly connection: Connection;
  readonly pending: PendingCalls;
  readonly reason: RpcError;
  readonly timeoutMs: number;
  /** True while no received call waits for its answer. */
  isIdle(): boolean;
}

/** A drain of one connection: a goaway, the acknowledgement, the last answers, then the end. */
export class GoawayDrain {
  /** Resolved when the connection is closed. */
  readonly closed: Promise<void>;
  readonly #options: GoawayDrainOptions;
  /** Time at which the connection is cut off, on the clock of `performance.now()`. */
  readonly #endAt: number;
  /** False while calls may arrive that the peer sent before it read the goaway. */
  #isQuiet = false;
  #resolve = (): void => {};

  constructor(options: GoawayDrainOptions) {
    this.#options = options;
    this.#endAt = performance.now() + options.timeoutMs;
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** `knowsGoaway` is false for stock peers, and for connections that have not registered. */
  begin(knowsGoaway: boolean): void {
    if (knowsGoaway) this.#sendGoaway();
    else this.#onQuiet();
  }

  /** Called in the tick after the last call in progress was answered. Ends the connection if no further call can arrive. */
  endIfIdle(): void {
    const { connection, reason, isIdle } = this.#options;
    if (this.#isQuiet && isIdle()) connection.end(reason, Math.max(1, this.#endAt - performance.now()));
  }

  onClosed(): void {
    this.#resolve();
  }

  #sendGoaway(): void {
    const { connection, pending, timeoutMs } = this.#options;
    // A peer that has not read its answers yet has not read the goaway either.
    const limit = connection.isBlocked ? timeoutMs : Math.min(timeoutMs, GOAWAY_ANSWER_MS);
    const timeout = Math.ceil(Math.max(1, limit));
    const onEnd = (): void => this.#onQuiet();
    const request = new ControlRequest('goaway', timeout, onEnd, onEnd);
    connection.send(REQUEST, pending.add(request), timeout, HEAD.goaway);
  }

  #onQuiet(): void {
    this.#isQuiet = true;
    this.endIfIdle();
  }
}
