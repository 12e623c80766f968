import { type Delivery, RpcCode } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeResultHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { rebuildError } from '../wire-errors.js';

/** What a server may say of itself. Any other code from it is not to be taken for one of our own. */
const FROM_SERVERS: readonly RpcCode[] = [
  RpcCode.NoMethod,
  RpcCode.NeedsCallback,
  RpcCode.BadRequest,
  RpcCode.Encode,
  RpcCode.FrameTooLarge,
  RpcCode.Timeout,
  RpcCode.Overloaded,
];

/** Of those, the ones with which it says that it did not start the call. */
const NOT_STARTED: readonly RpcCode[] = [RpcCode.Timeout, RpcCode.Overloaded];

/** What an answer says that is none. */
export interface Failure {
  readonly code: RpcCode;
  readonly message: string;
  readonly delivery: Delivery;
  readonly cause: unknown;
}

/** All the results of an answer: of a stock peer's, the one. */
export function decodeResults(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): unknown[] {
  if (head.results !== undefined) return decodeList(codec, bytes, bodyStart, end, head.results);
  return bodyStart === end ? [] : [codec.decode(bytes, bodyStart, end)];
}

/** The method's own failure, or the server's, which may not have started it. */
export function readFailure(head: InvokeResultHead, codec: Codec, { bytes, bodyStart, end }: FrameView): Failure {
  const remote = rebuildError(bodyStart === end ? undefined : codec.decode(bytes, bodyStart, end));
  const { message } = remote;
  if (head.code === undefined) return { code: RpcCode.Remote, message, delivery: 'answered', cause: remote };
  const code = FROM_SERVERS.find((known) => known === head.code) ?? RpcCode.Remote;
  return { code, message, delivery: NOT_STARTED.includes(code) ? 'not-sent' : 'answered', cause: remote.cause };
}
