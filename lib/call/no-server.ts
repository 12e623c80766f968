import { RpcCode, RpcError } from '../errors.js';

/**
 * Error of a call to a type that has no server. `method`: `namespace.module.method`. `uncallable`: a server of the type that
 * is known and cannot be called.
 */
export function noServerOfType(
  method: string,
  serverType: string,
  uncallable?: { readonly id: string; readonly why: string },
): RpcError {
  if (uncallable !== undefined) {
    const why = `no server of type '${serverType}' can be called: ${whyUncallable(uncallable)}`;
    return new RpcError(RpcCode.NoServer, `${method}: ${why}`, { method, delivery: 'not-sent' });
  }
  const advice = 'Add one with client.addServer() before the call, or correct the serverType of the proxy';
  const message = `${method}: no server of type '${serverType}' is known. ${advice}`;
  return new RpcError(RpcCode.NoServer, message, { method, delivery: 'not-sent' });
}

/** Reason and cure for a server that is known and cannot be called. */
export function whyUncallable({ id, why }: { readonly id: string; readonly why: string }): string {
  return `server ${id} is known, but ${why}; add the server again with a complete entry { id, serverType, host, port }`;
}
