import { jsonText } from './json-text.js';
import { SERVER_INFO_DEFAULTS as defaults, type ServerInfo, type TransportName } from './server-info.js';

interface HostAndPort {
  readonly host: string;
  /** Range: 0 to 65535. 0 is only for listening: the system chooses the port. */
  readonly port: number;
}

/** The address that each transport needs. */
interface Addresses {
  readonly tcp: HostAndPort;
  readonly ws: HostAndPort;
}

/**
 * Place to connect to, or to listen at: a transport, and the address that this transport needs. A frozen value; the field
 * `transport` tells the shapes apart.
 */
export type Endpoint<Name extends TransportName = TransportName> = {
  readonly [K in Name]: { readonly transport: K } & Addresses[K];
}[Name];

const NAMES: Readonly<Record<TransportName, true>> = { tcp: true, ws: true };
/** Names of all transports. */
export const TRANSPORT_NAMES = Object.keys(NAMES) as TransportName[];

/** The endpoint of a server, or of other options with a host and a port. */
export function endpointOf({
  host = defaults.host,
  port,
  transport = defaults.transport,
}: Pick<ServerInfo, 'host' | 'port' | 'transport'>): Endpoint {
  return Object.freeze({ transport, host, port });
}

/** The endpoint with another port, such as the port that the system chose where 0 was asked for. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  return Object.freeze({ ...endpoint, port });
}

/** The endpoint in a message: `127.0.0.1:3333`, `ws://127.0.0.1:3333`. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'tcp' ? authority(endpoint) : urlOf(endpoint);
}

/** The endpoint with its transport in every case: `tcp://127.0.0.1:3333`, `ws://[::1]:3333`. */
export function urlOf(endpoint: Endpoint): string {
  return `${endpoint.transport}://${authority(endpoint)}`;
}

/** True where connections to both endpoints lead to the same place. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.transport === b.transport && a.host === b.host && a.port === b.port;
}

/** Key for maps: two endpoints have the same key where {@link sameEndpoint} holds. */
export function endpointKey({ transport, host, port }: Endpoint): string {
  return jsonText([transport, host, port]);
}

function authority({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
