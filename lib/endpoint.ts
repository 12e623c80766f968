import { type Endpoint, hostEndpoint, ROOT_PATH } from './endpoint-forms.js';
import { endpointOfUrl, isEndpointUrl } from './endpoint-url.js';
import { SERVER_INFO_DEFAULTS as defaults, type ServerInfo, type TransportName } from './server-info.js';

export { type Endpoint, ROOT_PATH } from './endpoint-forms.js';

const NAMES: Readonly<Record<TransportName, true>> = { tcp: true, ws: true };
/** Names of all transports. */
export const TRANSPORT_NAMES = Object.keys(NAMES) as TransportName[];

type Where = Pick<ServerInfo, 'host' | 'port' | 'transport'> & { readonly url?: unknown };

/** The endpoint of a server, or of other options with a URL or with a host and a port. */
export function endpointOf({ host = defaults.host, port, transport = defaults.transport, url }: Where): Endpoint {
  return isEndpointUrl(url) ? endpointOfUrl('url', url) : hostEndpoint(transport, host, port);
}

/** The endpoint with another port, such as the port that the system chose where 0 was asked for. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  return Object.freeze({ ...endpoint, port });
}

/** The endpoint in a message: `127.0.0.1:3333`, `ws://127.0.0.1:3333`. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'tcp' ? authority(endpoint) : urlOf(endpoint);
}

/** The endpoint with its transport in every case: `tcp://127.0.0.1:3333`, `ws://[::1]:3333/rpc`. */
export function urlOf(endpoint: Endpoint): string {
  return `${endpoint.transport}://${authority(endpoint)}${hasPath(endpoint) ? endpoint.path : ''}`;
}

/** True for an endpoint that host, port and transport do not describe. */
export function hasPath(endpoint: Endpoint): endpoint is Endpoint<'ws'> {
  return endpoint.transport === 'ws' && endpoint.path !== ROOT_PATH;
}

/** True where connections to both endpoints lead to the same place. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return endpointKey(a) === endpointKey(b);
}

/** Key for maps: two endpoints have the same key where {@link sameEndpoint} holds. */
export function endpointKey(endpoint: Endpoint): string {
  return urlOf(endpoint);
}

function authority({ host, port }: Pick<Endpoint, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
