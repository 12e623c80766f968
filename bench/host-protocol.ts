import type { Load, LoadCount, LoadResult } from './load.js';

/** What the harness asks of a process that runs one end of a peer; one question at a time, in order. */
export interface HostQuestions {
  /** Load the peer and start its server. */
  serve: { question: { peerUrl: string }; answer: { port: number } };
  /** Load the peer and connect its client. */
  connect: { question: { peerUrl: string; port: number }; answer: Record<string, never> };
  /** What this process has used so far, user and system together. */
  cpu: { question: Record<string, never>; answer: { us: number } };
  /** Client only. */
  load: { question: Load; answer: LoadResult };
  /** Client only: a fixed number of calls. */
  count: { question: LoadCount; answer: Record<string, never> };
  /** Collect all garbage: needs `--expose-gc`. Resolves with the young generation's bytes in use after it. */
  collect: { question: Record<string, never>; answer: { bytes: number } };
  /** Bytes in use of the young generation. Between two garbage collections they only grow, by what is allocated. */
  young: { question: Record<string, never>; answer: { bytes: number } };
  /** Close the peer's end. The harness then disconnects, and the process ends by itself. */
  close: { question: Record<string, never>; answer: Record<string, never> };
}

/** A table of questions, each with an answer. */
export type Questions<Asked> = {
  readonly [Name in keyof Asked]: { readonly question: object; readonly answer: object };
};

/** Message to a process: one of the questions of its program. */
export type RequestFor<Asked extends Questions<Asked>> = {
  [Name in keyof Asked]: { readonly name: Name; readonly question: Asked[Name]['question'] };
}[keyof Asked];

export type ReplyTo<Asked extends Questions<Asked>> =
  | { readonly ok: true; readonly answer: Asked[keyof Asked]['answer'] }
  | { readonly ok: false; readonly message: string };

export type HostRequest = RequestFor<HostQuestions>;

export type HostReply = ReplyTo<HostQuestions>;
