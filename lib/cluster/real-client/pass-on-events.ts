/** Events that concern only the emitter's own listeners. */
const NOT_PASSED_ON = new Set(['newListener', 'removeListener']);

/**
 * Reports every event of an emitter, after the emitter's own listeners. Source: cluster-client, `delegateEvents`.
 * An `error` then has a listener, and sdk-base does not log the error: sdk-base has a listener of its own, which logs an
 * `error` that no other listener gets.
 */
export function passOnEvents(from: object, onEvent: (event: string, args: unknown[]) => void): void {
  const { emit, on, listeners } = from as Record<string, unknown>;
  if (typeof emit !== 'function') return;
  const passOn = (event: unknown, ...args: unknown[]): unknown => {
    const isHeard: unknown = emit.call(from, event, ...args);
    if (typeof event === 'string' && !NOT_PASSED_ON.has(event)) onEvent(event, args);
    return isHeard;
  };
  Object.defineProperty(from, 'emit', { value: passOn, configurable: true, writable: true });
  if (typeof on !== 'function' || typeof listeners !== 'function') return;
  const heard: unknown = listeners.call(from, 'error');
  if (Array.isArray(heard) && heard.length <= 1) on.call(from, 'error', () => {});
}
