import { RpcCode, RpcError } from '../errors.js';
import { discardStream, isStreamable } from '../stream/stream-source.js';

/**
 * Ends a result that is a stream, and returns the error in its place, where the way to the caller carries single values. Undefined for any
 * other result. A custom acceptor would most likely send an empty object in the place of a stream.
 */
export function refusedStream(result: unknown): RpcError | undefined {
  if (!isStreamable(result)) return undefined;
  discardStream(result);
  const why = 'the method answers with a stream, which a custom acceptor cannot send; answer with a list, page by page';
  return new RpcError(RpcCode.NoStream, why);
}
