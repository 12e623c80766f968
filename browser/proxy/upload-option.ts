import type { CallOptions } from '../../lib/call/call-contract.js';
import type { RemoteMethod } from '../../lib/call/remote-method.js';
import type { RpcError } from '../../lib/errors.js';
import { invalid } from '../../lib/options.js';
import { isStreamable } from '../lib/stream/stream-source.js';

/** Checks the option `stream` of a call. */
export function checkUpload({ stream }: CallOptions): void {
  if (stream !== undefined && !isStreamable(stream))
    throw invalid('stream must be an AsyncIterable or a ReadableStream');
}

/** Error of a call that has a stream and no one method that reads the stream. */
export function unreadUpload({ stream }: CallOptions, { name }: RemoteMethod, what: string): RpcError | undefined {
  return stream === undefined ? undefined : invalid(`${name}: ${what} cannot send a stream`);
}
