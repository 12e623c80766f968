import { RpcCode, RpcError } from '../errors.js';
import { isLoopback } from '../host.js';

/** Throws {@link RpcCode.Insecure} for a host beyond loopback. */
export function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new RpcError(
    RpcCode.Insecure,
    `listening on ${host} is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; set \`insecure: true\` in a network that you trust, or listen on 127.0.0.1`,
  );
}
