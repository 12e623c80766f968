import { clearInterval, performance, setInterval } from '../../timers.js';

/** Time between two looks. Unit: ms */
const LOOK_MS = 1_000;
/** A connection that was silent for so long is asked for a sign of life. Shorter while a call waits for its answer. Unit: ms */
const QUIET_MS = 5_000;
const QUIET_IN_FLIGHT_MS = 1_000;
/** Longest wait for the answer. Unit: ms */
export const PULSE_TIMEOUT_MS = 2_000;

export interface PulseOptions {
  /** Number of calls that wait for an answer. */
  inFlight(): number;
  /** Asks for a sign of life, and resolves to whether one came within {@link PULSE_TIMEOUT_MS}. */
  ask(): Promise<boolean>;
  /** Called once. */
  onDead(): void;
}

/**
 * Decides that a connection is dead. A network that swallows everything ends no connection, and the pings of gRPC may not be sent often
 * enough to notice that in time. Any answer is a sign of life; only a silent connection is asked for one.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAt = performance.now();
  #isAsking = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Asks now: a call has waited for its answer in vain. */
  async check(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const isAlive = await this.#options.ask();
    this.#isAsking = false;
    if (!isAlive) this.#options.onDead();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const quiet = this.#options.inFlight() > 0 ? QUIET_IN_FLIGHT_MS : QUIET_MS;
    if (performance.now() - this.#heardAt >= quiet) void this.check();
  }
}
