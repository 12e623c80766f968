import type { TransportName } from './server-info.js';

interface HostAndPort {
  readonly host: string;
  /** Range: 0 to 65535. 0 is only for listening: the system chooses the port. */
  readonly port: number;
}

interface WebSocketAddress extends HostAndPort {
  /** Path of the HTTP upgrade, with its query. `/` is the path of a server that does not share its port. */
  readonly path: string;
}

interface SocketPath {
  /** Absolute path of a unix socket. */
  readonly path: string;
}

/** The address that each transport needs. */
interface Addresses {
  readonly tcp: HostAndPort;
  readonly tls: HostAndPort;
  readonly unix: SocketPath;
  readonly ws: WebSocketAddress;
  readonly wss: WebSocketAddress;
}

/**
 * Place to connect to, or to listen at: a transport, and the address that this transport needs. A frozen value; the field
 * `transport` tells the shapes apart.
 */
export type Endpoint<Name extends TransportName = TransportName> = {
  readonly [K in Name]: { readonly transport: K } & Addresses[K];
}[Name];

/** Path of a WebSocket endpoint that names none. */
export const ROOT_PATH = '/';

/** Transports whose endpoints have a host and a port. */
export type HostTransport = Exclude<TransportName, 'unix'>;

/** The endpoint of a transport that needs a host and a port, and `path` where the transport has paths. */
export function hostEndpoint(
  transport: HostTransport,
  host: string,
  port: number,
  path = ROOT_PATH,
): Endpoint<HostTransport> {
  return Object.freeze(
    transport === 'ws' || transport === 'wss' ? { transport, host, port, path } : { transport, host, port },
  );
}

/** The endpoint of a unix socket. */
export function unixEndpoint(path: string): Endpoint<'unix'> {
  return Object.freeze({ transport: 'unix', path });
}
