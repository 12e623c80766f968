import type { ArgumentIssue } from '../argument-issue.js';
import { type Delivery, RpcCode, RpcError } from '../errors.js';
import { noteFirst } from '../falsy-first.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeResultHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { rebuildError } from '../wire-errors.js';

/** Codes that a server may send for failures of its own. Another code from a server does not count as a code of this package. */
const FROM_SERVERS: readonly RpcCode[] = [
  RpcCode.NoMethod,
  RpcCode.Forbidden,
  RpcCode.Filter,
  RpcCode.NeedsCallback,
  RpcCode.NeedsStream,
  RpcCode.NoStream,
  RpcCode.BadRequest,
  RpcCode.Validation,
  RpcCode.Encode,
  RpcCode.FrameTooLarge,
  RpcCode.QueueFull,
  RpcCode.Timeout,
  RpcCode.Overloaded,
  RpcCode.StaleLeader,
];

/** Codes with which a server reports that the server did not start the call. */
const NOT_STARTED: readonly RpcCode[] = [
  RpcCode.Timeout,
  RpcCode.Overloaded,
  RpcCode.Forbidden,
  RpcCode.Filter,
  RpcCode.StaleLeader,
];

/** Failure of a call, as the answer describes the failure. */
export interface Failure {
  readonly code: RpcCode;
  readonly message: string;
  readonly delivery: Delivery;
  readonly cause: unknown;
  /** Issues of arguments that do not fit their schemas. */
  readonly issues?: readonly ArgumentIssue[] | undefined;
}

/** All results of an answer; a stock peer's answer has one result at most. */
export function decodeResults(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): unknown[] {
  if (head.results !== undefined) {
    const results = decodeList(codec, bytes, bodyStart, end, head.results);
    if (head.first !== undefined) noteFirst(results, head.first);
    return results;
  }
  return bodyStart === end ? [] : [codec.decode(bytes, bodyStart, end)];
}

/** Reads a failure of the method, or of the server, which may not have started the method. */
export function readFailure(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): Failure {
  const body = bodyStart === end ? undefined : codec.decode(bytes, bodyStart, end);
  const remote = rebuildError(body);
  const { message } = remote;
  if (head.code === undefined) return { code: RpcCode.Remote, message, delivery: 'answered', cause: remote };
  const code = FROM_SERVERS.find((known) => known === head.code) ?? RpcCode.Remote;
  const issues = remote instanceof RpcError && code === RpcCode.Validation ? remote.issues : undefined;
  return { code, message, delivery: NOT_STARTED.includes(code) ? 'not-sent' : 'answered', cause: remote.cause, issues };
}
