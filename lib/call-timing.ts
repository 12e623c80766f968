/**
 * Where the time of a call went that timed out or lost its connection. All in ms, whole ones; a stage that took none, or
 * was not reached, is 0. The stages add up to the total.
 */
export interface CallTiming {
  /** From the call to its end; more than its `timeout` where our own event loop was too busy to notice. */
  readonly totalMs: number;
  /** The router, and whatever else ran in the call's own tick where it did not leave at once. */
  readonly routingMs: number;
  readonly beforeFiltersMs: number;
  /** Waiting for a connection to be made. */
  readonly connectingMs: number;
  /** Waiting for room on a connection that stood: `maxInFlight`, `maxQueuedBytes`. */
  readonly pendingMs: number;
  /** Sent, and without an answer: the network both ways, and the server. */
  readonly unansweredMs: number;
  readonly afterFiltersMs: number;
  /** In a `failMode` that tries again: earlier attempts, and the waits between them. */
  readonly earlierMs: number;
  /** The longest in that time that this process's event loop was kept from going round: 20 ms more or less. */
  readonly stallMs: number;
  /** Attempts to connect that did not come to a connection, since the last one that did. */
  readonly connectAttempts: number;
  /** What the server said of the call, shortly before its deadline; undefined where it said nothing. */
  readonly server: ServerTiming | undefined;
}

/** A call that is not answered yet over there, in the server's own words. */
export interface ServerTiming {
  /** When its word came: ms after the call was made. */
  readonly saidAfterMs: number;
  /** ms from its receiving the call to its saying so. */
  readonly heldMs: number;
  /** The method had been called. False: the call still waited for its turn. */
  readonly isRunning: boolean;
  /** What is left of the time until its word came: the network, both ways, and whatever held the bytes up at both ends. */
  readonly wireMs: number;
  /** The longest that its event loop was kept in that time. */
  readonly stallMs: number;
}

/** The stages of a call's time, in the order in which it goes through them. */
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

/** A timeout that was noticed no later than so, in ms and as a share of it, is not worth a word. */
const LATE_MS = 10;
const LATE_SHARE = 0.1;

/** What else is known of a call, for {@link explain}. */
export interface Explained {
  /** The stage and the time that the message names already: there is no more to say where all went there. */
  readonly said?: { readonly stage: StageTime; readonly ms: number };
  /** Its server would have said something of it by now, and has not. */
  readonly isServerSilent?: boolean;
  /** The message says already how our own event loop fared. */
  readonly isStallSaid?: boolean;
}

/** The same in words, for the end of a message: ` (2 ms waiting for a connection, 498 ms unanswered; ...)`, or nothing. */
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
    const { saidAfterMs, heldMs, isRunning, wireMs } = server;
    const state = isRunning ? 'still running' : 'not begun yet';
    const wire = wireMs > 0 ? `, ${wireMs} ms on the wire` : '';
    return `the server said after ${saidAfterMs} ms: received ${heldMs} ms before, ${state}${wire}`;
  }
  if (!isServerSilent) return '';
  // While we were kept, what the server said may have lain unread.
  if (stallMs > unansweredMs * LATE_SHARE) return 'nothing was heard of the server';
  return 'the server said nothing of it: its event loop is blocked, or the request or its answer is still on the way';
}

function stallsOf({ stallMs, server }: CallTiming, { isStallSaid = false }: Explained): string {
  const ours = stallMs > 0 && !isStallSaid ? [`ours ${stallMs} ms`] : [];
  const theirs = server !== undefined && server.stallMs > 0 ? [`the server's ${server.stallMs} ms`] : [];
  const stalls = [...ours, ...theirs].join(', ');
  return stalls === '' ? '' : `longest event loop stall: ${stalls}`;
}
