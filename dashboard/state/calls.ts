import type { CallTiming } from '../../lib/call-timing.js';
import type { CallMessage } from '../../lib/channels.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { isOfServices } from '../../observe/fleet/index.js';
import type { RecentCall } from '../../server/recent-calls.js';
import { explained } from '../explanations.js';
import type { FailedCall, SlowCall, Stage } from '../snapshot.js';
import type { ObservedServer } from '../watch.js';
import { connectionKey } from './callers.js';
import { FailedCalls } from './failed-calls.js';
import { ascendingKey, rounded } from './keys.js';

const MAX_SLOW = 100;
const MAX_MESSAGE = 500;

/** Names of the stages of a caller, in the order of time. */
const CALLER_STAGES: readonly (readonly [keyof CallTiming, string])[] = [
  ['earlierMs', 'earlier attempts'],
  ['routingMs', 'routing'],
  ['beforeFiltersMs', 'before filters'],
  ['connectingMs', 'waiting for a connection'],
  ['pendingMs', 'waiting for room on the connection'],
  ['unansweredMs', 'sent and unanswered'],
  ['afterFiltersMs', 'after filters'],
];

/** Last calls that failed or took long, over all servers and callers, within bounds. */
export class Calls {
  readonly slow = new Map<string, SlowCall>();
  readonly #failed: FailedCalls;
  #last = 0;

  /** `interval`: time between two states. Unit: ms */
  constructor(interval: number) {
    this.#failed = new FailedCalls(interval);
  }

  get errors(): ReadonlyMap<string, FailedCall> {
    return this.#failed.entries;
  }

  /** Takes the new entries of a server. `byConnection`: keys of the callers. `offset`: the clock of the dashboard less that of the server. */
  take({ sample, recent }: ObservedServer, byConnection: ReadonlyMap<string, string>, offset: number): void {
    if (recent === undefined) return;
    const serverType = sample.report?.server.serverType ?? sample.serverType;
    const place = { server: sample.id, serverType };
    const callerOf = ({ connection }: RecentCall): string | null =>
      connection === null ? null : (byConnection.get(connectionKey(sample.id, connection)) ?? null);
    const pid = sample.report?.server.pid ?? 0;
    // Servers of earlier versions list callers who left among the failures.
    for (const call of recent.failed)
      if (call.outcome !== 'left' && isOfServices({ name: call.method }))
        this.#failedCall(call, { ...place, pid, client: callerOf(call), offset });
    for (const call of recent.slow)
      if (isOfServices({ name: call.method })) this.#slowCall(call, { ...place, client: callerOf(call), offset });
  }

  /** Takes a call that has failed at a client of this process. */
  takeOwn(message: CallMessage, client: string | null, time: number): void {
    const { error, serverId = null, serverType, method, delivery = null, duration = null } = message;
    if (error === undefined || !isOfServices({ name: method })) return;
    this.#failed.fromClient({
      ...{ time, by: 'client', server: serverId, serverType, method, client, caller: null },
      ...{ outcome: null, delivery, more: 0 },
      ...errorParts(error),
      duration: rounded(duration),
    });
  }

  #failedCall(call: RecentCall, of: Place & { readonly pid: number }): void {
    const { server, serverType, client, offset, pid } = of;
    const { method, caller, outcome, message, duration, more } = call;
    const code = call.code ?? RpcCode.Timeout;
    this.#failed.fromServer(`${server} ${pid} ${call.id}`, {
      ...{ time: Math.round(call.time + offset), by: 'server', server, serverType, method, client, caller, code },
      outcome: outcome === 'ok' ? 'failed' : outcome,
      ...{ delivery: null, message: message ?? wordsOf(outcome), explained: explained(code) },
      ...{ duration: rounded(duration), stages: stagesOf(call), timing: [], more },
    });
  }

  #slowCall(call: RecentCall, { server, serverType, client, offset }: Place): void {
    const { method, caller, outcome, code, duration } = call;
    this.#last += 1;
    const key = ascendingKey(this.#last);
    this.slow.set(key, {
      ...{ key, time: Math.round(call.time + offset), server, serverType, method, client, caller, outcome, code },
      ...{ duration: rounded(duration), stages: stagesOf(call) },
    });
    const [oldest] = this.slow.keys();
    if (this.slow.size > MAX_SLOW && oldest !== undefined) this.slow.delete(oldest);
  }
}

interface Place {
  readonly server: string;
  readonly serverType: string;
  readonly client: string | null;
  readonly offset: number;
}

/** Parts of an entry that an error has. */
export function errorParts(
  error: Error,
): Pick<FailedCall, 'code' | 'message' | 'explained' | 'duration' | 'stages' | 'timing'> {
  const code = error instanceof RpcError ? error.code : RpcCode.Remote;
  const timing = error instanceof RpcError ? error.timing : undefined;
  return {
    ...{ code, message: error.message.slice(0, MAX_MESSAGE), explained: explained(code) },
    duration: timing?.totalMs ?? null,
    stages: timing === undefined ? [] : callerStages(timing),
    timing: timing === undefined ? [] : timingWords(timing),
  };
}

function stagesOf({ queued, duration }: RecentCall): Stage[] {
  const run = rounded(duration - queued);
  const stages: Stage[] = [
    { name: 'in the queue of the server', end: 'server', ms: rounded(queued) },
    { name: 'filters and method', end: 'server', ms: run },
  ];
  return stages.filter(({ ms }) => ms > 0);
}

function callerStages(timing: CallTiming): Stage[] {
  return CALLER_STAGES.flatMap(([field, name]) => {
    const ms = timing[field];
    return typeof ms === 'number' && ms > 0 ? [{ name, end: 'client', ms }] : [];
  });
}

function timingWords({ server, stallMs, connectAttempts }: CallTiming): string[] {
  const words: string[] = [];
  if (connectAttempts > 0) words.push(`attempts to connect that failed: ${connectAttempts}`);
  if (stallMs > 0) words.push(`the event loop of the caller was blocked for up to ${stallMs} ms`);
  if (server === undefined) return words;
  const state = server.isRunning ? 'the method was running' : 'the call waited for its turn';
  words.push(`the server reported after ${server.saidAfterMs} ms: received ${server.heldMs} ms before, ${state}`);
  if (server.hasReturned === true) words.push('the method had returned and had not called its callback');
  if (server.stallMs > 0) words.push(`the event loop of the server was blocked for up to ${server.stallMs} ms`);
  return words;
}

/** Words for an end without an error. */
function wordsOf(outcome: RecentCall['outcome']): string {
  if (outcome === 'late') return 'the method answered after the deadline of the caller';
  if (outcome === 'left') return 'the caller left before the method answered';
  if (outcome === 'unanswered') return 'the method has not answered, and the server waits no longer';
  return 'no message';
}
