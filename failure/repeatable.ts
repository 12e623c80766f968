import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../lib/errors.js';

/** They would be the same again, or are somebody's decision: a method's own error is an answer. */
const FINAL: readonly RpcCode[] = [
  RpcCode.Remote,
  RpcCode.InvalidArgument,
  RpcCode.NotStarted,
  RpcCode.Route,
  RpcCode.Filter,
  RpcCode.Encode,
  RpcCode.FrameTooLarge,
  RpcCode.NoMethod,
  RpcCode.NeedsCallback,
  RpcCode.Cancelled,
];

/** The connection went, or was taken away: whatever was not sent on it then has reached nobody. */
const LOST: readonly RpcCode[] = [RpcCode.ConnectionLost, RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Stopping];

/** No attempt of whatever mode would change it. */
export function isFinal(error: RpcError): boolean {
  return FINAL.includes(error.code);
}

/** At most once: what may have run is repeated only where the caller has said that it may run twice. */
export function mayRunTwice(error: RpcError, call: OutgoingCall): boolean {
  if (error.delivery === 'not-sent') return true;
  return call.options.idempotent === true && !call.oneway;
}

/**
 * It never left this process, so that trying it elsewhere puts no load on anybody. A server that refused it ("not-sent"
 * too, since it did not start it) was asked.
 */
export function neverLeft(error: RpcError, attempt: OutgoingCall): boolean {
  return error.delivery === 'not-sent' && (attempt.stage !== 'waiting for the answer' || LOST.includes(error.code));
}
