import { RpcCode, RpcError } from '../errors.js';

/** Error of a call to a type that has no server. `method`: `namespace.module.method`. */
export function noServerOfType(method: string, serverType: string): RpcError {
  const advice = 'Add one with client.addServer() before the call, or correct the serverType of the proxy';
  const message = `${method}: no server of type '${serverType}' is known. ${advice}`;
  return new RpcError(RpcCode.NoServer, message, { method, delivery: 'not-sent' });
}
