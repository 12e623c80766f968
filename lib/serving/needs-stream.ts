import { RpcCode, RpcError } from '../errors.js';

/** Failure of a call that asks for no stream, of a method that answers with one. `method`: whole name of the method. */
export function needsStream(method: string): RpcError {
  const name = method.slice(method.lastIndexOf('.') + 1);
  const why = `the method answers with a stream; call ${name}.stream(...), and read the items with for await`;
  return new RpcError(RpcCode.NeedsStream, why);
}
