/** A browser gives no reason for a failed attempt, so that a later failure says no more than the first. */
export function outOfReachNow<E>(_call: unknown, error: E, _serverIds: unknown, _lastFailure: unknown): E {
  return error;
}
