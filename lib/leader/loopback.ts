import { isIP } from 'node:net';
import { RpcCode, RpcError } from '../errors.js';

/** Names of this machine's loopback. All count as one address: otherwise a port could have a Leader on each of them. */
const LOOPBACK = new Set(['localhost', '::1', '127.0.0.1', '[::1]', '::ffff:127.0.0.1']);

/** Maps `localhost`, `::1` and `127.0.0.1` to one address, and returns other hosts unchanged. */
export function normalizeHost(host: string): string {
  return LOOPBACK.has(host.toLowerCase()) ? '127.0.0.1' : host;
}

export function isLoopback(host: string): boolean {
  const address = normalizeHost(host);
  return isIP(address) === 4 && address.startsWith('127.');
}

/** Throws {@link RpcCode.Insecure} for a host beyond loopback. */
export function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new RpcError(
    RpcCode.Insecure,
    `listening on ${host} is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; set \`insecure: true\` in a network that you trust, or listen on 127.0.0.1`,
  );
}
