import { type Delivery, messageOf, RpcCode } from '../errors.js';
import { decodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeResultHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';

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
  const remote = remoteError(bodyStart === end ? undefined : codec.decode(bytes, bodyStart, end));
  const { message } = remote;
  if (head.code === undefined) return { code: RpcCode.Remote, message, delivery: 'answered', cause: remote };
  const code = FROM_SERVERS.find((known) => known === head.code) ?? RpcCode.Remote;
  return { code, message, delivery: NOT_STARTED.includes(code) ? 'not-sent' : 'answered', cause: remote.cause };
}

/** The method's own error. Rebuilt from listed fields: copying whatever the wire says onto an Error would let a peer replace its prototype. */
function remoteError(body: unknown): Error {
  const { name, message, code, stack } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const error = new Error(
    typeof message === 'string' ? message : messageOf(body ?? 'the method failed without saying why'),
  );
  if (typeof name === 'string')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  // Ours would point into the decoder; theirs is sent only where the server was told to expose it.
  error.stack = typeof stack === 'string' ? stack : `${error.name}: ${error.message}`;
  return error;
}
