import type { CallTiming, StageTime } from './call-timing.js';

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
