import type { Latency } from '../../lib/latency-histogram.js';
import type { CallCounts, OutcomeCounts } from '../../lib/serving/call-stats.js';
import type { HealthReport } from '../../server/health.js';
import type { LoadReport, MethodStats, ServerIdentity } from '../../server/stats.js';

/** A set of servers at one moment: the answers of all of them, and what happened since the sample before. Plain data. */
export interface FleetSample {
  /** Number of the sample, from 1. */
  readonly round: number;
  /** Time at which the round was over, on the clock of this machine. Unit: ms since 1970 */
  readonly time: number;
  /** Duration of the round. Unit: ms */
  readonly took: number;
  /** Servers in the order of their ids. */
  readonly servers: readonly ServerSample[];
  /** Methods of all servers without the questions about servers, merged by name, in the order of the names. */
  readonly methods: readonly MethodSample[];
  /** Calls of all servers without those questions; null where no server has rates. */
  readonly rates: Rates | null;
}

/**
 * Answer of a server to the questions of a round:
 * - `answered`: the report is there.
 * - `refused`: the server is reachable, and does not answer the question: the version is one without `$mailstation`, or the caller may not ask.
 * - `not-admitted`: a process listens and does not let this end in: for want of a proof, a certificate or a common version, or since it is another one.
 * - `unreachable`: there is no connection.
 * - `late`: there is a connection, and no answer within the time of a question.
 */
export type AnswerState = 'answered' | 'refused' | 'not-admitted' | 'unreachable' | 'late';

/** Failure of a question, in the words of the error. */
export interface SampleFailure {
  /** Code of the error, as docs/errors.md lists them. */
  readonly code: string;
  readonly message: string;
}

/** The part of a server's report that is not about methods. */
interface ServerReport {
  /** Time of the report, on the clock of the server's machine. Unit: ms since 1970 */
  readonly time: number;
  readonly server: ServerIdentity;
  readonly load: LoadReport;
  /** False where the server does not count calls: there are no methods and no rates then. */
  readonly counting: boolean;
  /** Number of the last entry of `$mailstation.calls.recent`; undefined for a server of a version without that list. */
  readonly recent?: number | undefined;
  /** Calls of names that no method has, since the server was made. */
  readonly others: CallCounts | null;
}

/** One server in a sample. */
export interface ServerSample {
  readonly id: string;
  /** Empty where neither the roster nor the server has said a type. */
  readonly serverType: string;
  /** Place of the server: `tcp://127.0.0.1:3333`. */
  readonly url: string;
  readonly state: AnswerState;
  /** Reason for any state but `answered`; null otherwise. */
  readonly failure: SampleFailure | null;
  /** Null where the server did not answer. */
  readonly report: ServerReport | null;
  /** Health of the server and of all namespaces; null where the server did not answer the question. */
  readonly health: HealthReport | null;
  /** True where the server was made anew since the last report: another process, or counts that went back. */
  readonly isRestarted: boolean;
  /** Share of the time for which the event loop was busy since the last report: 0 to 1. Null without a report before. */
  readonly eventLoopUse: number | null;
  /** Calls of all methods but the questions about the server, and of names that no method has. Null without a report before, and without counting. */
  readonly rates: Rates | null;
  /** Methods that were called since the server was made, in the order of their names. */
  readonly methods: readonly MethodSample[];
}

/** One method in a sample: of one server, or merged over all of them. */
export interface MethodSample {
  /** Whole name. May hold any characters. */
  readonly name: string;
  /** Number of servers that have counted calls of the method. */
  readonly servers: number;
  /** Counts since the servers were made. */
  readonly total: MethodStats;
  /** Null without a report before. */
  readonly rates: Rates | null;
}

/** Calls between two reports. */
export interface Rates {
  /** Time between the reports; the longest one, where rates are merged. Unit: s */
  readonly seconds: number;
  /** Calls that ended in this time. */
  readonly ended: number;
  /** Calls among them with the outcome `left`: neither good nor failed. */
  readonly left: number;
  /** Calls that ended, a second. */
  readonly calls: number;
  /** Calls that ended with any other outcome than `ok` and `left`, a second. */
  readonly failures: number;
  /** Share of the ended calls with the outcome `ok`, without those that were `left`: 0 to 1. Null where there are none. */
  readonly success: number | null;
  /** Calls by outcome, a second. */
  readonly outcomes: OutcomeCounts;
  /** Calls by the code with which they ended, a second. Codes without calls are absent. */
  readonly codes: Readonly<Record<string, number>>;
  /** Latencies of the calls that ended in this time, to be merged. */
  readonly latency: Latency;
  /** Percentiles and the longest call of this time; null without answered calls. Unit: ms */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  /** Calls that have arrived and not ended, at the moment of the later report. */
  readonly open: number;
  /** Calls among the open ones that wait for their turn. */
  readonly queued: number;
  /** Streams among the open ones. */
  readonly streams: number;
}
