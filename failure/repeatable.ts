import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { RpcCode, type RpcError } from '../lib/errors.js';

/** Codes of failures that another attempt would not change: a method's own error, for one, is an answer. */
const FINAL: readonly RpcCode[] = [
  RpcCode.Remote,
  RpcCode.InvalidArgument,
  RpcCode.NotStarted,
  RpcCode.Route,
  RpcCode.Filter,
  RpcCode.Encode,
  RpcCode.FrameTooLarge,
  RpcCode.NoMethod,
  RpcCode.Forbidden,
  RpcCode.NeedsCallback,
  RpcCode.NeedsStream,
  RpcCode.NoStream,
  RpcCode.Upload,
  RpcCode.Validation,
  RpcCode.Cancelled,
];

/** Codes of lost connections: a call that was not sent then has reached no server. */
const LOST: readonly RpcCode[] = [RpcCode.ConnectionLost, RpcCode.Closed, RpcCode.ServerRemoved, RpcCode.Stopping];

/** Another attempt would fail in the same way, in any mode. */
export function isFinal(error: RpcError): boolean {
  return FINAL.includes(error.code);
}

/** At most once: a call that may have run is repeated only where its caller has said that it may run twice. */
export function mayRunTwice(error: RpcError, call: OutgoingCall): boolean {
  if (error.delivery === 'not-sent') return true;
  return call.options.idempotent === true && !call.oneway;
}

/**
 * The attempt never left this process, so that trying another server adds no load. A server that refused a call was asked:
 * its refusal is "not-sent" too, since the server did not start the call.
 */
export function neverLeft(error: RpcError, attempt: OutgoingCall): boolean {
  return error.delivery === 'not-sent' && (attempt.lastState !== 'sent' || LOST.includes(error.code));
}
