/** Questions that a process with one end of the figures of streams answers, one at a time, in order. */
export interface FigureQuestions {
  /** Start the server. */
  serve: { question: Record<string, never>; answer: { port: number } };
  /** Connect the client. */
  connect: { question: { port: number }; answer: Record<string, never> };
  /** Client only: plain calls for so long, beside so many streams of large items. `itemsMeanwhile`: items that came during each call. */
  calls: {
    question: { streams: number; ms: number };
    answer: { latenciesMs: number[]; itemsMeanwhile: number[]; items: number };
  };
  /** Client only: so many streams, each ended by a `break` after its first item. */
  breaks: { question: { count: number }; answer: { untilFinallyMs: number[] } };
  /** Client only: so many large items through one stream, to a reader that is slow. */
  slow: { question: { items: number }; answer: { bytes: number; seconds: number; peak: Memory } };
  /** Memory of this process after a collection of all garbage: needs `--expose-gc`. */
  memory: { question: Record<string, never>; answer: Memory };
  /** Close this end. The harness then disconnects, and the process ends by itself. */
  close: { question: Record<string, never>; answer: Record<string, never> };
}

/** Memory of a process. Unit: bytes */
export interface Memory {
  /** Heap and buffers that are in use after a collection. */
  readonly live: number;
  /** Resident memory, before the collection. */
  readonly rss: number;
}
