import type { ItemKind } from './items.js';

/** A round: `streams` at once, of `items` items each. */
export interface StreamLoad {
  readonly kind: ItemKind;
  readonly streams: number;
  readonly items: number;
}

/** Questions that a process with one end of a stream peer answers, one at a time, in order. */
export interface StreamQuestions {
  /** Load the peer and start its server. */
  serve: { question: { peerUrl: string }; answer: { port: number } };
  /** Load the peer and connect its client. */
  connect: { question: { peerUrl: string; port: number }; answer: Record<string, never> };
  /** CPU time of this process so far, user and system together. */
  cpu: { question: Record<string, never>; answer: { us: number } };
  /** Client only. `seconds` is the time from the first opening to the end of the last stream. */
  receive: { question: StreamLoad; answer: { seconds: number } };
  /** Close the peer's end. The harness then disconnects, and the process ends by itself. */
  close: { question: Record<string, never>; answer: Record<string, never> };
}
