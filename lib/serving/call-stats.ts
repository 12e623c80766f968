import type { CallOutcome } from '../call-outcome.js';
import { RpcCode } from '../errors.js';
import { type Latency, LatencyHistogram, mergedLatency } from '../latency-histogram.js';
import type { CallObserver, RefusedRequest } from './call-ends.js';
import { StreamedCall } from './streamed-call.js';

/** Number of calls by the way in which they ended; see {@link CallOutcome}. */
export type OutcomeCounts = Readonly<Record<CallOutcome, number>>;

/** Counts of the calls of one method since the server was made. */
export interface CallCounts {
  /** Calls that arrived and have not ended: those that run, and those that wait in the queue. */
  readonly open: number;
  /** Streams among them. */
  readonly streams: number;
  readonly outcomes: OutcomeCounts;
  /** Number of calls that ended with each code; none for `ok`, and none for `left`, since leaving is no failure. */
  readonly codes: Readonly<Record<string, number>>;
  /** Time from the arrival to the answer, of calls that were answered in time or late. Streams are not among them. */
  readonly latency: Latency;
}

/** Time from the arrival to the end of all calls of a method but streams, those that were refused or left included. */
interface CallDurations {
  readonly ok: Latency;
  readonly failed: ReadonlyMap<RpcCode, Latency>;
}

/** Calls of a method that have ended. */
export interface CallEndCounts {
  readonly outcomes: OutcomeCounts;
  readonly durations: CallDurations;
}

type Histograms = Map<RpcCode, LatencyHistogram>;

/** Counts of one method, as they grow. */
class MethodCounts implements CallEndCounts {
  open = 0;
  streams = 0;
  readonly outcomes: Record<CallOutcome, number> = { ok: 0, failed: 0, refused: 0, late: 0, left: 0, unanswered: 0 };
  readonly #codes = new Map<RpcCode, number>();
  readonly #ok = new LatencyHistogram();
  /** Latencies of failed and late calls, by code. */
  readonly #failed: Histograms = new Map();
  /** Durations of calls that were not answered: refused, left by their callers, or given up. By code. */
  readonly #unanswered: Histograms = new Map();

  ended(outcome: CallOutcome, code: RpcCode | undefined, micros: number, isStream: boolean): void {
    this.open -= 1;
    if (isStream) this.streams -= 1;
    else if (outcome === 'ok') this.#ok.record(micros);
    else this.#record(outcome, micros, code);
    this.count(outcome, code);
  }

  /** A request was refused on arrival. */
  refused(code: RpcCode, isStream: boolean): void {
    if (!isStream) this.#record('refused', 0, code);
    this.count('refused', code);
  }

  count(outcome: CallOutcome, code: RpcCode | undefined): void {
    this.outcomes[outcome] += 1;
    if (code !== undefined && outcome !== 'left') this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
  }

  get counts(): CallCounts {
    const { open, streams, outcomes } = this;
    return {
      open,
      streams,
      outcomes: { ...outcomes },
      codes: Object.fromEntries(this.#codes),
      latency: mergedLatency([this.#ok, ...this.#failed.values()].map(({ latency }) => latency)),
    };
  }

  get durations(): CallDurations {
    const durations = new Map<RpcCode, Latency>();
    for (const [code, { latency }] of [...this.#failed, ...this.#unanswered]) {
      const known = durations.get(code);
      durations.set(code, known === undefined ? latency : mergedLatency([latency, known]));
    }
    return { ok: this.#ok.latency, failed: durations };
  }

  // A one-way call whose method never answers has no code.
  #record(outcome: CallOutcome, micros: number, code: RpcCode = RpcCode.Timeout): void {
    const histograms = outcome === 'failed' || outcome === 'late' ? this.#failed : this.#unanswered;
    let histogram = histograms.get(code);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      histograms.set(code, histogram);
    }
    histogram.record(micros);
  }
}

/** Counts the calls of each method of a server. Names that no method has are counted together: callers can make them up. */
export class CallStats implements CallObserver {
  readonly isOn = true;
  readonly #isMethod: (name: string) => boolean;
  readonly #methods = new Map<string, MethodCounts>();
  #others: MethodCounts | undefined;

  /** `isMethod`: whether the server has a method of the name. */
  constructor(isMethod: (name: string) => boolean) {
    this.#isMethod = isMethod;
  }

  begun(call: { readonly method: string }): void {
    const counts = this.#of(call.method);
    counts.open += 1;
    if (call instanceof StreamedCall) counts.streams += 1;
  }

  ended(
    call: { readonly method: string },
    outcome: CallOutcome,
    code: RpcCode | undefined,
    _error: unknown,
    micros: number,
  ): void {
    this.#of(call.method).ended(outcome, code, micros, call instanceof StreamedCall);
  }

  refused({ method, stream }: Pick<RefusedRequest, 'method' | 'stream'>, _error: unknown, code: RpcCode): void {
    this.#of(method).refused(code, stream !== undefined);
  }

  /** Open streams of all methods. */
  get streams(): number {
    let streams = 0;
    for (const counts of this.#methods.values()) streams += counts.streams;
    return streams;
  }

  /** Names of the methods that were called, in the order of their first calls. */
  get names(): string[] {
    return [...this.#methods.keys()];
  }

  /** Undefined for a method that was not called. */
  of(name: string): CallCounts | undefined {
    return this.#methods.get(name)?.counts;
  }

  /** Ends of the calls of each method that was called, in the order of the first calls. Names that no method has come last, as undefined. */
  *ends(): Iterable<readonly [name: string | undefined, CallEndCounts]> {
    yield* this.#methods;
    if (this.#others !== undefined) yield [undefined, this.#others];
  }

  /** Counts of names that no method has. */
  get others(): CallCounts {
    return (this.#others ?? new MethodCounts()).counts;
  }

  #of(name: string): MethodCounts {
    return this.#methods.get(name) ?? this.#added(name);
  }

  #added(name: string): MethodCounts {
    if (!this.#isMethod(name)) {
      this.#others ??= new MethodCounts();
      return this.#others;
    }
    const counts = new MethodCounts();
    this.#methods.set(name, counts);
    return counts;
  }
}
