import type { ClientOptions, ServerOptions } from 'mailstation';
import type { Bucket } from './buckets.js';
import type { Phase } from './phase.js';

/** Work of a call: a millisecond of the processor, or ten with one of 16 places. */
export type Work = 'burn' | 'hold';

/** Sample of the server's process. */
export interface Sample {
  /** Time of day. Unit: ms */
  readonly at: number;
  readonly rss: number;
  readonly heap: number;
  /** Methods that were started so far. */
  readonly started: number;
}

/** Questions that a process of the overload figures answers, one at a time, in order. */
export interface OverloadQuestions {
  serve: { question: { options: Partial<ServerOptions> }; answer: { port: number } };
  connect: {
    question: { port: number; clients: number; work: Work; options: ClientOptions };
    answer: Record<string, never>;
  };
  /** A closed loop; resolves with the answers a second. */
  capacity: { question: { callers: number; seconds: number }; answer: { callsPerSecond: number } };
  /** Calls that are due at the rates of the phases; the last phase ends early once the latency is back. */
  run: { question: { phases: readonly Phase[] }; answer: { startedAt: number; buckets: Bucket[]; lateMs: number } };
  samples: { question: Record<string, never>; answer: { samples: Sample[]; maxRss: number } };
  close: { question: Record<string, never>; answer: Record<string, never> };
}
