import type { CallOptions } from '../lib/call/call-contract.js';
import type { RemoteMethod } from '../lib/call/remote-method.js';
import { RpcCode, RpcError } from '../lib/errors.js';
import { unfit } from '../lib/options.js';
import { isStreamable } from '../lib/stream/stream-source.js';

/** Checks the option `stream` of a call. Throws {@link RpcCode.InvalidArgument}. */
export function checkUpload({ stream }: CallOptions): void {
  if (stream === undefined || isStreamable(stream)) return;
  throw unfit('stream', 'an AsyncIterable, such as an async generator, or a ReadableStream', stream);
}

/** Error of a call that has a stream and no one method that reads the stream; undefined for a call without a stream. */
export function unreadUpload(
  { stream }: CallOptions,
  { name: method }: RemoteMethod,
  what: string,
): RpcError | undefined {
  if (stream === undefined) return undefined;
  const why = `${method}: ${what} cannot send a stream; call one server, and wait for its answer`;
  return new RpcError(RpcCode.InvalidArgument, why, { method, delivery: 'not-sent' });
}
