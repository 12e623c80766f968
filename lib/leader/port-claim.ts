import { isIP } from 'node:net';
import { describeEndpoint, type Endpoint } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Listener } from '../transport/byte-stream.js';
import { type AnyListenOptions, listen } from '../transport/transports.js';

/** All the names of this machine's own loopback; were they not made one, a port could have a Leader on each. */
const LOOPBACK = new Set(['localhost', '::1', '127.0.0.1', '[::1]', '::ffff:127.0.0.1']);

export interface PortClaim extends AnyListenOptions {
  readonly endpoint: Endpoint;
  /** Allows a host beyond loopback. */
  readonly insecure: boolean;
}

/** `localhost`, `::1` and `127.0.0.1` as one address; others as they are. */
export function normalizeHost(host: string): string {
  return LOOPBACK.has(host.toLowerCase()) ? '127.0.0.1' : host;
}

export function isLoopback(host: string): boolean {
  const address = normalizeHost(host);
  return isIP(address) === 4 && address.startsWith('127.');
}

/**
 * Takes a port, alone: whoever has it leads. Does not wait: resolves when listening, rejects with
 * {@link RpcCode.AddressInUse} when somebody else has it, with {@link RpcCode.Listen} for any other reason (only a
 * held port means that somebody leads), and with {@link RpcCode.Insecure} for an address beyond loopback that was not
 * asked for as such. Source: cluster-client, lib/server.js (`claimServer`).
 */
export async function claimPort(claim: PortClaim): Promise<Listener> {
  const host = normalizeHost(claim.endpoint.host);
  const endpoint: Endpoint = { ...claim.endpoint, host };
  if (!claim.insecure && !isLoopback(host)) {
    throw new RpcError(
      RpcCode.Insecure,
      `listening on ${host} lets every machine that reaches it call this process, unencrypted and unasked; say \`insecure: true\` if the network is yours alone, or listen on 127.0.0.1`,
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
