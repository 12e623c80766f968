import type { LoadResult } from '../load.js';
import type { Limits } from './ends.js';

/** Values of the calls: the small object of the other figures, or texts or bytes of a size. */
export type Values = { readonly form: 'object' } | { readonly form: 'text' | 'bytes'; readonly bytes: number };

/** Questions that a process of the growth figures answers, one at a time, in order. `url`: module of the ends. */
export interface GrowthQuestions {
  serve: { question: { url: string; number: number; limits: Limits }; answer: { port: number } };
  connect: {
    question: { url: string; ports: readonly number[]; clients: number; limits: Limits };
    answer: Record<string, never>;
  };
  /** A closed loop. The callers are divided among the clients of this process. */
  load: { question: { values: Values; inFlight: number; seconds: number }; answer: LoadResult };
  /** Make so many calls that wait; resolves when all of them have arrived. */
  hold: { question: { calls: number }; answer: Record<string, never> };
  /** Have the calls that wait answered, and check each answer. */
  release: { question: Record<string, never>; answer: Record<string, never> };
  /** CPU time of this process so far, user and system together. */
  cpu: { question: Record<string, never>; answer: { us: number } };
  close: { question: Record<string, never>; answer: Record<string, never> };
}
