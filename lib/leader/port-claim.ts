import { isIP } from 'node:net';
import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Listener } from '../transport/byte-stream.js';
import { type AnyListenOptions, listen } from '../transport/transports.js';

/** Names of this machine's loopback. All count as one address: otherwise a port could have a Leader on each of them. */
const LOOPBACK = new Set(['localhost', '::1', '127.0.0.1', '[::1]', '::ffff:127.0.0.1']);

export interface PortClaim extends AnyListenOptions {
  readonly endpoint: Endpoint;
  /** Allows a host beyond loopback, although nothing is encrypted. */
  readonly insecure: boolean;
}

/** Maps `localhost`, `::1` and `127.0.0.1` to one address, and returns other hosts unchanged. */
export function normalizeHost(host: string): string {
  return LOOPBACK.has(host.toLowerCase()) ? '127.0.0.1' : host;
}

export function isLoopback(host: string): boolean {
  const address = normalizeHost(host);
  return isIP(address) === 4 && address.startsWith('127.');
}

/**
 * Takes a port, which only one process can hold. Does not wait: resolves when listening, rejects with
 * {@link RpcCode.AddressInUse} where another process holds the port, with {@link RpcCode.Insecure} for a host beyond
 * loopback without `insecure`, and with {@link RpcCode.Listen} for any other reason. Only a held port means that another
 * process leads. Source: cluster-client, lib/server.js (`claimServer`).
 */
export async function claimPort(claim: PortClaim): Promise<Listener> {
  const host = normalizeHost(claim.endpoint.host);
  const endpoint: Endpoint = { ...claim.endpoint, host };
  if (!claim.insecure && !isLoopback(host)) {
    throw new RpcError(
      RpcCode.Insecure,
      `listening on ${host} is refused: every machine that reaches this address could call this process, unencrypted and unauthenticated; set \`insecure: true\` in a network that you trust, or listen on 127.0.0.1`,
    );
  }
  try {
    return await listen(endpoint, claim);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new RpcError(RpcCode.AddressInUse, `port ${endpoint.port} on ${host} is in use`, { cause: error });
    }
    const why = `cannot listen on ${describeEndpoint(endpoint)}: ${messageOf(error)}`;
    throw new RpcError(RpcCode.Listen, why, { cause: error });
  }
}
