import type { Endpoint } from '../endpoint.js';
import { RpcCode, RpcError } from '../errors.js';
import { isLoopback } from '../host.js';
import { findOpenFolder } from '../transport/socket-owner.js';

/**
 * Throws {@link RpcCode.Insecure} for a host beyond loopback, and for a unix socket in a folder where every user of the machine
 * may replace files.
 */
export function requireSafePlace(endpoint: Endpoint): void {
  if (endpoint.transport !== 'unix') return requireLoopback(endpoint.host);
  const folder = findOpenFolder(endpoint.path);
  if (folder === undefined) return;
  throw new RpcError(
    RpcCode.Insecure,
    `listening at ${endpoint.path} is refused: every user of this machine may replace files in the folder ${folder}; choose a folder that this process's user alone may write, or set \`insecure: true\` on a server`,
  );
}

function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new RpcError(
    RpcCode.Insecure,
    `listening on ${host} is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; set \`insecure: true\` in a network that you trust, or listen on 127.0.0.1`,
  );
}
