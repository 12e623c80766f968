import type { OutgoingCall } from '../call/outgoing-call.js';
import { RpcCode } from '../errors.js';
import type { Agreement } from './registration.js';

/** Beginning of the names of questions about a server. */
const QUESTIONS = '$mailstation.';

/**
 * Fails a question about a server that would go to a Leader of the package cluster-client, and returns true. cluster-client 3.7 has no such
 * questions, and does not answer them by an error. Source: cluster-client, lib/leader.js.
 */
export function refusesAtStock(call: OutgoingCall, { isStock }: Agreement): boolean {
  if (!isStock || !call.method.name.startsWith(QUESTIONS)) return false;
  const why =
    'the Leader there is of the package cluster-client, which answers no questions about itself; nothing was sent';
  call.fail(call.error(RpcCode.NoMethod, why, 'not-sent'));
  return true;
}
