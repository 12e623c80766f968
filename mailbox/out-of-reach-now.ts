import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { RpcError } from '../lib/errors.js';
import { connectAdvice } from './connect-advice.js';

/**
 * Error of a call that has waited in vain for one of several servers: with the last failure to connect to each, since `error`, at
 * which the call left a server, is old by then. `error` itself where no failure is known.
 */
export function outOfReachNow(
  call: OutgoingCall,
  error: RpcError,
  serverIds: Iterable<string>,
  lastFailure?: (serverId: string) => RpcError | undefined,
): RpcError {
  const failures = [...serverIds].flatMap((id) => lastFailure?.(id) ?? []);
  if (failures.length === 0) return error;
  const parts = new Set([...failures.map(({ message }) => `; ${message}`), ...failures.map(connectAdvice)]);
  return call.error(error.code, `not connected: ${[...parts].join('').slice(2)}`, 'not-sent', failures.at(-1));
}
