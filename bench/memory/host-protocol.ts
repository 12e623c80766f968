import type { Memory } from '../stream-figures/host-protocol.js';

export type Kind = 'mailstation' | 'net';

/** Questions that a process of the memory figures answers, one at a time, in order. */
export interface MemoryQuestions {
  /** Start so many servers more. */
  serve: { question: { kind: Kind; count: number }; answer: { ports: number[] } };
  /** Connect to each port, by one client for all or by a client for each, and exchange 30 KB with each once. */
  connect: { question: { kind: Kind; ports: number[]; isOneClient: boolean }; answer: Record<string, never> };
  /** Make so many calls that nobody answers; resolves when all of them have arrived. */
  hold: { question: { calls: number }; answer: Record<string, never> };
  /** Memory of this process after a collection of all garbage: needs `--expose-gc`. */
  memory: { question: Record<string, never>; answer: Memory };
  close: { question: Record<string, never>; answer: Record<string, never> };
}
