import type { CallOutcome } from '../lib/call-outcome.js';
import { messageOf, RpcCode } from '../lib/errors.js';
import { fieldsOf, integer } from '../lib/options.js';
import type { ConnectedPeer } from '../lib/server-info.js';
import type { CallObserver, RefusedRequest } from '../lib/serving/call-ends.js';
import { callerOf, type IncomingCall, microseconds } from '../lib/serving/incoming-call.js';
import { StreamedCall } from '../lib/serving/streamed-call.js';
import { performance, timeOfDay } from '../lib/timers.js';

/** A call that has failed, or that took long. Never its arguments or results. Later versions may add fields. */
export interface RecentCall {
  /** Number of the entry, which stays. */
  readonly id: number;
  /** Number of the last change of the entry; at first that of the entry. A later change has a higher number. */
  readonly seq: number;
  /** Time of the end, on the clock of the server's machine. Unit: ms since 1970 */
  readonly time: number;
  /** Name of the method as the caller wrote it, cut to 200 characters. */
  readonly method: string;
  /** Outcome, as in the event `callEnded`. */
  readonly outcome: CallOutcome;
  /** Code with which the call ended; null for `ok`. */
  readonly code: string | null;
  /** Message of the error, cut to 500 characters; null without one. */
  readonly message: string | null;
  /** Time from the arrival to the end; 0 for a call that was refused on arrival. Unit: ms */
  readonly duration: number;
  /** Part of the duration for which the call waited in the queue. Unit: ms */
  readonly queued: number;
  readonly oneway: boolean;
  readonly stream: boolean;
  /** Number of the caller's connection, as `$mailstation.connections.list` has it; null where not known. */
  readonly connection: string | null;
  /** Name that the caller gave itself, or the number of the connection; null where neither is known. */
  readonly caller: string | null;
  /** Failures of the same method, code and message that came within a second after each other and have no entry of their own. */
  readonly more: number;
}

/** Last calls of a server that failed or took long, as `$mailstation.calls.recent` answers. Later versions may add fields. */
export interface RecentCallsReport {
  /** Form of the report. */
  readonly format: 1;
  /** Time of the report, on the clock of the server's machine. Unit: ms since 1970 */
  readonly time: number;
  /** False where the server does not count calls (`callStats: false`): then both lists are empty. */
  readonly counting: boolean;
  /** Number of the last entry; the argument `after` of the next question. */
  readonly seq: number;
  /** Duration from which a call counts as slow. Unit: ms */
  readonly slowCall: number;
  /** Calls with any other outcome than `ok` and `left`, the oldest first; 100 at most. */
  readonly failed: readonly RecentCall[];
  /** Calls that took at least `slowCall`, streams not among them; the oldest first, 100 at most. */
  readonly slow: readonly RecentCall[];
}

/** Argument of `$mailstation.calls.recent`. */
export interface RecentCallsRequest {
  /** Number of the last entry that is known: `seq` of the answer before. Only newer entries are in the answer. @default 0 */
  readonly after?: number | undefined;
}

const MAX_CALLS = 100;
const MAX_METHOD = 200;
const MAX_MESSAGE = 500;
/** Failures that are compared with a new one. */
const COMPARED = 8;
const SAME_WITHIN_MS = 1_000;

type Writable<Entry> = { -readonly [Field in keyof Entry]: Entry[Field] };

/** Notes the last calls that failed or took long, within bounds. A call that did neither costs two comparisons. */
export class RecentCalls implements CallObserver {
  readonly isOn = true;
  readonly #slowCall: number;
  readonly #failed: Writable<RecentCall>[] = [];
  readonly #slow: RecentCall[] = [];
  /** Times at which calls were started that had waited for their turn; see {@link microseconds}. */
  readonly #started = new WeakMap<IncomingCall, number>();
  #seq = 0;

  /** `slowCall`: duration from which a call counts as slow. Unit: ms */
  constructor(slowCall: number) {
    this.#slowCall = slowCall;
  }

  begun(): void {}

  started(call: IncomingCall): void {
    this.#started.set(call, microseconds(performance.now()));
  }

  ended(
    call: IncomingCall,
    outcome: CallOutcome,
    code: RpcCode | undefined,
    error: Error | undefined,
    micros: number,
    peer: ConnectedPeer | undefined,
  ): void {
    const isSlow = micros >= this.#slowCall * 1_000;
    if (!isSlow && outcome === 'ok') return;
    this.#note(call, outcome, code, error, micros, peer, isSlow);
  }

  refused({ method, oneway, caller, stream }: RefusedRequest, error: Error, code: RpcCode, peer?: ConnectedPeer): void {
    const isStream = stream !== undefined;
    const ended = { method, outcome: 'refused', code, message: textOf(error), duration: 0, queued: 0 } as const;
    this.#fail(this.#entry({ ...ended, oneway, stream: isStream }, callerOf(peer, caller)));
  }

  /** Throws {@link RpcCode.InvalidArgument} where the request is out of shape. */
  report(request?: RecentCallsRequest): RecentCallsReport {
    const after = readAfter(request);
    const newer = (calls: readonly RecentCall[]): RecentCall[] =>
      calls.filter(({ seq }) => seq > after).map((call) => ({ ...call }));
    const [failed, slow] = [newer(this.#failed), newer(this.#slow)];
    const [seq, slowCall] = [this.#seq, this.#slowCall];
    return { format: 1, time: timeOfDay(), counting: true, seq, slowCall, failed, slow };
  }

  /** Number of the last entry. */
  get seq(): number {
    return this.#seq;
  }

  /** A method of its own: most calls are neither failed nor slow, and make nothing. */
  #note(
    call: IncomingCall,
    outcome: CallOutcome,
    code: RpcCode | undefined,
    error: Error | undefined,
    micros: number,
    peer: ConnectedPeer | undefined,
    isSlow: boolean,
  ): void {
    const { method, oneway, callerId } = call;
    const stream = call instanceof StreamedCall;
    // A reader who leaves a stream has what it wants: such ends would push the failures out.
    const isFailed = outcome !== 'ok' && outcome !== 'left';
    if (!isFailed && (stream || !isSlow)) return;
    const duration = micros / 1_000;
    const queued = Math.min(duration, this.#queuedOf(call, code, duration));
    const ended = { method, outcome, code: code ?? null, message: textOf(error), duration, queued, oneway, stream };
    const entry = this.#entry(ended, callerOf(peer, callerId));
    if (isFailed) this.#fail(entry);
    if (isSlow && !stream) keep(this.#slow, { ...entry });
  }

  /** A call that waited and whose turn never came has waited all the time. */
  #queuedOf(call: IncomingCall, code: RpcCode | undefined, duration: number): number {
    const started = this.#started.get(call);
    if (started !== undefined) return ((started - call.arrivedMicros) >>> 0) / 1_000;
    return code === RpcCode.Timeout && !call.isRunning ? duration : 0;
  }

  #entry(
    ended: Pick<RecentCall, 'method' | 'outcome' | 'code' | 'message' | 'duration' | 'queued' | 'oneway' | 'stream'>,
    caller: ConnectedPeer | undefined,
  ): Writable<RecentCall> {
    this.#seq += 1;
    return {
      ...{ id: this.#seq, seq: this.#seq, time: timeOfDay() },
      ...ended,
      method: ended.method.slice(0, MAX_METHOD),
      ...{ connection: caller?.connectionId ?? null, caller: caller?.id ?? null, more: 0 },
    };
  }

  #fail(entry: Writable<RecentCall>): void {
    const same = this.#failed.slice(-COMPARED).find((each) => isSame(each, entry));
    if (same === undefined) return keep(this.#failed, entry);
    same.more += 1;
    same.seq = entry.seq;
    same.time = entry.time;
  }
}

/** Report of a server that does not count calls. */
export function noRecentCalls(slowCall: number, request?: RecentCallsRequest): RecentCallsReport {
  readAfter(request);
  return { format: 1, time: timeOfDay(), counting: false, seq: 0, slowCall, failed: [], slow: [] };
}

function isSame(one: RecentCall, other: RecentCall): boolean {
  if (other.time - one.time > SAME_WITHIN_MS || one.method !== other.method) return false;
  return one.code === other.code && one.message === other.message && one.outcome === other.outcome;
}

function keep<Entry>(list: Entry[], entry: Entry): void {
  list.push(entry);
  if (list.length > MAX_CALLS) list.shift();
}

function textOf(error: Error | undefined): string | null {
  return error === undefined ? null : messageOf(error).slice(0, MAX_MESSAGE);
}

function readAfter(given: unknown): number {
  if (given === undefined || given === null) return 0;
  fieldsOf('the argument', given, 'an object { after }');
  return integer('after', (given as RecentCallsRequest).after, 0, 0);
}
