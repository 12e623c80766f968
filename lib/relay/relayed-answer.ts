import type { ArgumentIssue } from '../argument-issue.js';
import type { OutgoingCall } from '../call/outgoing-call.js';
import { RpcCode, RpcError } from '../errors.js';
import { directRequestCodec, undecodable } from '../follower/request-codec.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { RelayFailureHead } from '../protocol/relay-message.js';
import { rebuildError, rpcCode } from '../wire-errors.js';

/** Reasons of this process for ending a line or a mailbox. The relay is still there then. */
const ENDED_HERE: readonly RpcCode[] = [RpcCode.Closed, RpcCode.ServerRemoved];

/**
 * Settles a call with the answer of a process that relays calls. That process is believed in its own failures, which a server is not.
 * `onReturned`: the call was not sent, and goes another way.
 */
export function readRelayedAnswer(
  call: OutgoingCall,
  head: Head,
  frame: FrameView,
  codec: Codec,
  onReturned: (call: OutgoingCall) => void,
): void {
  if (head.type !== 'relay_failure') return directRequestCodec.readAnswer(call, head, frame, codec);
  let failure: RelayFailure | undefined;
  try {
    failure = readRelayFailure(head, codec, frame);
  } catch (error) {
    return undecodable(call, error);
  }
  if (failure === undefined) return onReturned(call);
  const { code, message, cause, issues } = failure;
  call.fail(call.error(code, message, head.delivery, cause, undefined, { issues }));
}

/** The reason of a call whose line to the process that relays it has ended. */
export function whyRelayLost(reason: RpcError): string {
  if (ENDED_HERE.includes(reason.code)) return reason.message;
  return `the process that relayed the call is gone: ${reason.message}`;
}

/** Fails a call that came back: items were taken from the source, and the process that was to relay them has dropped them. */
export function cannotGoOn(call: OutgoingCall): void {
  const why = 'the process that relays the call is stopping, and an item of its stream was taken from the source';
  call.fail(call.error(RpcCode.Stopping, why, 'not-sent'));
}

interface RelayFailure {
  readonly code: RpcCode;
  readonly message: string;
  readonly cause: unknown;
  readonly issues: readonly ArgumentIssue[] | undefined;
}

/** Undefined: the relay is stopping and has not sent the call, which comes back. */
function readRelayFailure(
  { code, delivery }: RelayFailureHead,
  codec: Codec,
  { bytes, bodyStart, end }: FrameView,
): RelayFailure | undefined {
  if (code === RpcCode.Stopping && delivery === 'not-sent') return undefined;
  const error = rebuildError(codec.decode(bytes, bodyStart, end));
  const { message, cause } = error;
  const issues = error instanceof RpcError ? error.issues : undefined;
  return { code: rpcCode(code) ?? RpcCode.ConnectionLost, message, cause, issues };
}
