/**
 * Time that a call spent in each stage, for a call that timed out, could not be connected, or lost its connection. All
 * times are whole ms. A stage that took no time, or was not reached, is 0. The stages add up to the total.
 */
export interface CallTiming {
  /** From the call to its end; more than `timeout` where this process was too busy to notice the deadline. */
  readonly totalMs: number;
  /** The router, and whatever else ran in the call's own tick when the call did not leave at once. */
  readonly routingMs: number;
  /** Before filters. */
  readonly beforeFiltersMs: number;
  /** Waiting for a connection. */
  readonly connectingMs: number;
  /** Waiting for room on an established connection: `maxInFlight`, `maxQueuedBytes`. */
  readonly pendingMs: number;
  /** Sent, and without an answer: the network both ways, and the server. */
  readonly unansweredMs: number;
  /** After filters. */
  readonly afterFiltersMs: number;
  /** Earlier attempts and the waits between them, in a `failMode` that retries. */
  readonly earlierMs: number;
  /** Longest stall of the event loop of this process during the call; accurate to 20 ms. */
  readonly stallMs: number;
  /** Attempts to connect that failed since the last connection. */
  readonly connectAttempts: number;
  /** Report of the server about the call, shortly before the deadline; undefined without a report. */
  readonly server: ServerTiming | undefined;
}

/** Report of a server about a call that is not answered yet. */
export interface ServerTiming {
  /** Time between the call and the arrival of the report. Unit: ms. */
  readonly saidAfterMs: number;
  /** Time between the arrival of the call at the server and the report. Unit: ms. */
  readonly heldMs: number;
  /** True when the method had been called; false while the call waited for its turn. */
  readonly isRunning: boolean;
  /**
   * True where the method had returned a value, or a promise of nothing, and had not called its callback; absent otherwise.
   * Such a value is no answer of a method that takes a callback.
   */
  readonly hasReturned?: boolean;
  /** Rest of the time until the report arrived: the network both ways, and delays at both ends. Unit: ms. */
  readonly wireMs: number;
  /** Longest stall of the event loop of the server in that time. Unit: ms. */
  readonly stallMs: number;
}

/** Stages of the time of a call, in the order in which a call goes through them. */
export type StageTime = Extract<
  keyof CallTiming,
  'routingMs' | 'beforeFiltersMs' | 'connectingMs' | 'pendingMs' | 'unansweredMs' | 'afterFiltersMs' | 'earlierMs'
>;
