/** Arguments with which a custom acceptor calls back, in one form. */
export interface PassedRequest {
  readonly msg: unknown;
  /** Undefined for a request that wants no answer. */
  readonly answer: ((error: Error | null, ...results: unknown[]) => void) | undefined;
}

/**
 * Reads `(tracer, msg, answer)` as in pomelo-rpc and pinus-rpc, `(msg, answer)` as in pomelo-rpc's README, and both without
 * `answer`. An Error alone is the acceptor's own failure.
 */
export function readPassed(passed: readonly unknown[]): PassedRequest | Error {
  const [first, second] = passed;
  if (passed.length === 1 && first instanceof Error) return first;
  const isMessageFirst = passed.length < 3 && (passed.length === 1 || second == null || typeof second === 'function');
  const [msg, answer] = isMessageFirst ? passed : passed.slice(1);
  return { msg, answer: typeof answer === 'function' ? (answer as PassedRequest['answer']) : undefined };
}
