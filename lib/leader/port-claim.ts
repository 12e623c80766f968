import { describeEndpoint, type Endpoint, placeName } from '../endpoint.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { listeningHost } from '../host.js';
import type { Listener, ListenOptions } from '../transport/transport.js';
import { listen } from '../transport/transports.js';
import { type DoorProtection, requireSafeDoor } from './safe-door.js';

export interface PortClaim extends ListenOptions, Omit<DoorProtection, 'tls'> {
  readonly endpoint: Endpoint;
}

/**
 * Takes a port or a socket's path, which only one process can hold. Does not wait: resolves when listening, rejects with
 * {@link RpcCode.AddressInUse} where another process holds the port, with {@link RpcCode.Insecure} for a door that is open to
 * strangers, with {@link RpcCode.Certificate} for a certificate that is not valid now, and with {@link RpcCode.Listen} for any other
 * reason. Only a held port means that another process leads. Source: cluster-client, lib/server.js (`claimServer`).
 */
export async function claimPort(claim: PortClaim): Promise<Listener> {
  const endpoint = listeningEndpoint(claim.endpoint);
  requireSafeDoor(endpoint, claim);
  try {
    return await listen(endpoint, claim);
  } catch (error) {
    if (error instanceof RpcError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new RpcError(RpcCode.AddressInUse, `${placeOf(endpoint, claim)} is in use`, { cause: error });
    const why = `cannot listen on ${describeEndpoint(endpoint)}: ${messageOf(error)}`;
    throw new RpcError(RpcCode.Listen, why, { cause: error });
  }
}

function listeningEndpoint(endpoint: Endpoint): Endpoint {
  return endpoint.transport === 'unix' ? endpoint : { ...endpoint, host: listeningHost(endpoint.host) };
}

function placeOf(endpoint: Endpoint, { httpServer }: ListenOptions): string {
  if (httpServer !== undefined) return `the path of ${describeEndpoint(endpoint)} at this HTTP server`;
  return endpoint.transport === 'unix' ? placeName(endpoint) : `${placeName(endpoint)} on ${endpoint.host}`;
}
