import { codeOf } from '../../lib/error-parts.js';
import type { RpcError } from '../../lib/errors.js';
import { type Latency, LatencyHistogram } from '../../lib/latency-histogram.js';

/** A kind of failure, with the first error of the kind. */
export interface FailureKind {
  readonly code: string;
  readonly count: number;
  readonly first: RpcError;
}

/** Counts the calls of a load. */
export class Tally {
  /** Calls that were started. */
  started = 0;
  /** Calls that were answered well. */
  ok = 0;
  /** Calls that failed. */
  failed = 0;
  /** Calls whose end nobody waited for: the run was interrupted. */
  left = 0;
  /** Calls that ended within the time of the run. */
  inTime = 0;
  /** Time from the moment at which a call was due to its end. */
  readonly #latency = new LatencyHistogram();
  /** Time from the moment at which a call was made to its end. */
  readonly #service = new LatencyHistogram();
  readonly #failures = new Map<string, { count: number; readonly first: RpcError }>();

  get ended(): number {
    return this.ok + this.failed;
  }

  /** Calls in flight. */
  get open(): number {
    return this.started - this.ended - this.left;
  }

  get latency(): Latency {
    return this.#latency.latency;
  }

  get service(): Latency {
    return this.#service.latency;
  }

  /** Kinds of failures, the most frequent first. */
  get failures(): FailureKind[] {
    const kinds = [...this.#failures].map(([code, { count, first }]) => ({ code, count, first }));
    return kinds.sort((a, b) => b.count - a.count);
  }

  /** Counts a call that was answered. `late`: time by which the call was made later than it was due. Unit: ms */
  succeeded(took: number, late: number): void {
    this.ok += 1;
    this.#record(took, late);
  }

  /** Counts a call that failed. A call that was not sent has no latency: a server that refuses connections would look fast. */
  failedWith(error: RpcError, took: number, late: number): void {
    this.failed += 1;
    const code = String(codeOf(error) ?? error.name);
    const kind = this.#failures.get(code);
    if (kind === undefined) this.#failures.set(code, { count: 1, first: error });
    else kind.count += 1;
    if (error.delivery !== 'not-sent') this.#record(took, late);
  }

  #record(took: number, late: number): void {
    this.#latency.record(Math.max(0, Math.round((took + late) * 1_000)));
    this.#service.record(Math.max(0, Math.round(took * 1_000)));
  }
}
