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

const STAGES: Readonly<Record<StageTime, string>> = {
  earlierMs: 'in earlier attempts',
  routingMs: 'in routing',
  beforeFiltersMs: 'in before filters',
  connectingMs: 'waiting for a connection',
  pendingMs: 'waiting for room on its connection',
  unansweredMs: 'unanswered',
  afterFiltersMs: 'in after filters',
};

const RETURNED =
  'still running: the method has returned and has not called its callback; a method that takes a callback answers ' +
  'through the callback';

/** Delay up to which a late timeout is not mentioned: ms, and as a share of the timeout. */
const LATE_MS = 10;
const LATE_SHARE = 0.1;

/** Further facts about a call, for {@link explain}. */
export interface Explained {
  /** Stage and time that the message names already, so that they are not repeated. */
  readonly said?: { readonly stage: StageTime; readonly ms: number };
  /** True when the server should have reported by now, and has not. */
  readonly isServerSilent?: boolean;
  /** True when the message mentions the stall of our own event loop already. */
  readonly isStallSaid?: boolean;
}

/**
 * Puts the timing into words, for the end of a message: ` (2 ms waiting for a connection, 498 ms unanswered; ...)`, or
 * the empty string.
 */
export function explain(timing: CallTiming, about: Explained = {}): string {
  const words = [stagesOf(timing, about), serverOf(timing, about), stallsOf(timing, about)].filter(
    (part) => part !== '',
  );
  return words.length === 0 ? '' : ` (${words.join('; ')})`;
}

function stagesOf(timing: CallTiming, { said }: Explained): string {
  const stages = (Object.keys(STAGES) as StageTime[]).filter((stage) => timing[stage] > 0);
  if (said !== undefined && stages.length === 1 && stages[0] === said.stage && isAbout(timing.totalMs, said.ms))
    return '';
  return stages.map((stage) => `${timing[stage]} ms ${STAGES[stage]}`).join(', ');
}

function isAbout(ms: number, expectedMs: number): boolean {
  return Math.abs(ms - expectedMs) <= Math.max(LATE_MS, expectedMs * LATE_SHARE);
}

function serverOf({ server, stallMs, unansweredMs }: CallTiming, { isServerSilent = false }: Explained): string {
  if (server !== undefined) {
    const { saidAfterMs, heldMs, isRunning, hasReturned, wireMs } = server;
    const running = hasReturned ? RETURNED : 'still running';
    const state = isRunning ? running : 'not started yet';
    const wire = wireMs > 0 ? `, ${wireMs} ms on the wire` : '';
    return `the server reported after ${saidAfterMs} ms: received ${heldMs} ms before, ${state}${wire}`;
  }
  if (!isServerSilent) return '';
  // While this process was blocked, a report may have lain unread in the socket.
  if (stallMs > unansweredMs * LATE_SHARE) return 'no report of the server was read';
  return 'the server sent no report: its event loop is blocked, or the request or the answer is still on the way';
}

function stallsOf({ stallMs, server }: CallTiming, { isStallSaid = false }: Explained): string {
  const ours = stallMs > 0 && !isStallSaid ? [`ours ${stallMs} ms`] : [];
  const theirs = server !== undefined && server.stallMs > 0 ? [`the server's ${server.stallMs} ms`] : [];
  const stalls = [...ours, ...theirs].join(', ');
  return stalls === '' ? '' : `longest event loop stall: ${stalls}`;
}
