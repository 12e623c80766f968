import { type Endpoint, type HostTransport, hostEndpoint, ROOT_PATH } from './endpoint-forms.js';
import { endpointOfUrl, isEndpointUrl } from './endpoint-url.js';
import { SERVER_INFO_DEFAULTS as defaults, type NonEmpty, type ServerInfo, type TransportName } from './server-info.js';

export { type Endpoint, ROOT_PATH, unixEndpoint } from './endpoint-forms.js';

const NAMES: Readonly<Record<TransportName, true>> = { tcp: true, tls: true, unix: true, ws: true, wss: true };
/** Names of all transports. */
export const TRANSPORT_NAMES = Object.keys(NAMES) as TransportName[];
/** Names of the transports that a host and a port suffice for. */
export const HOST_TRANSPORTS = TRANSPORT_NAMES.filter((name): name is HostTransport => name !== 'unix');

type Where = Pick<ServerInfo, 'host' | 'port' | 'transport'> & { readonly url?: unknown };

/** The endpoint of a server, or of other options with a URL or with a host and a port. */
export function endpointOf({ host = defaults.host, port, transport = defaults.transport, url }: Where): Endpoint {
  if (isEndpointUrl(url)) return endpointOfUrl('url', url);
  return hostEndpoint(transport === 'unix' ? defaults.transport : transport, host, port);
}

/** The endpoint with another port, such as the port that the system chose where 0 was asked for. */
export function withPort(endpoint: Endpoint, port: number): Endpoint {
  return endpoint.transport === 'unix' ? endpoint : Object.freeze({ ...endpoint, port });
}

/** True for an endpoint whose port the system chooses, so that no second process can ask for the same. */
export function isChosenBySystem(endpoint: Endpoint): boolean {
  return endpoint.transport !== 'unix' && endpoint.port === 0;
}

/** The port of an endpoint; 0 for a unix socket, which has none. */
export function portOf(endpoint: Endpoint): number {
  return endpoint.transport === 'unix' ? 0 : endpoint.port;
}

/** The first of the endpoints that has a host and a port; where none has, the first. */
export function withHost([first, ...rest]: NonEmpty<Endpoint>): Endpoint {
  return [first, ...rest].find(({ transport }) => transport !== 'unix') ?? first;
}

/**
 * The endpoint as a part of a proof, where both ends have it in their options. '' for a unix socket: the processes of two containers
 * may have different paths to the same one.
 */
export function placeOfProof(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? '' : urlOf(endpoint);
}

/** The host of an endpoint; '' for a unix socket, which has none. */
export function hostOf(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? '' : endpoint.host;
}

/** The endpoint in a message: `127.0.0.1:3333`, `ws://127.0.0.1:3333`. */
export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'tcp' ? authority(endpoint) : urlOf(endpoint);
}

/** The endpoint with its transport in every case: `tcp://127.0.0.1:3333`, `ws://[::1]:3333/rpc`, `unix:/run/chat.sock`. */
export function urlOf(endpoint: Endpoint): string {
  if (endpoint.transport === 'unix') return `unix:${endpoint.path}`;
  return `${endpoint.transport}://${authority(endpoint)}${hasOwnPath(endpoint) ? endpoint.path : ''}`;
}

/** True for an endpoint that host, port and transport do not describe. */
export function needsUrl(endpoint: Endpoint): boolean {
  return endpoint.transport === 'unix' || hasOwnPath(endpoint);
}

/** True for an endpoint of a transport over TLS. */
export function isEncrypted({ transport }: Endpoint): boolean {
  return transport === 'tls' || transport === 'wss';
}

function hasOwnPath(endpoint: Endpoint): endpoint is Endpoint<'ws' | 'wss'> {
  return (endpoint.transport === 'ws' || endpoint.transport === 'wss') && endpoint.path !== ROOT_PATH;
}

/** The place that an endpoint takes on its machine, as part of a sentence: `port 7777`, `the socket /run/app.sock`. */
export function placeName(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? `the socket ${endpoint.path}` : `port ${endpoint.port}`;
}

/** True where connections to both endpoints lead to the same place. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return endpointKey(a) === endpointKey(b);
}

/** Key for maps: two endpoints have the same key where {@link sameEndpoint} holds. */
export function endpointKey(endpoint: Endpoint): string {
  return urlOf(endpoint);
}

function authority({ host, port }: Endpoint<HostTransport>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
