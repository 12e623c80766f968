import { type Endpoint, type HostTransport, hostEndpoint, ROOT_PATH, unixEndpoint } from './endpoint-forms.js';
import { hostOption } from './host.js';
import { invalid, nonEmptyString } from './options.js';
import { quoted } from './quoted.js';
import { unixPath } from './unix-path.js';

/** A scheme with a host: whether its URL may have a path, and the port that a URL without a port means. */
interface Scheme {
  readonly hasPath: boolean;
  readonly defaultPort: number | undefined;
}

const SCHEMES: Readonly<Record<HostTransport, Scheme>> = {
  tcp: { hasPath: false, defaultPort: undefined },
  tls: { hasPath: false, defaultPort: undefined },
  ws: { hasPath: true, defaultPort: 80 },
  wss: { hasPath: true, defaultPort: 443 },
};
/** Scheme of a unix socket. Its URL is the path as it is, without escapes. Source: gRPC. */
const UNIX = 'unix';
const KNOWN = [...Object.keys(SCHEMES).map((scheme) => `${scheme}://host`), `${UNIX}:/path`].join(', ');

/** Schemes that are written by mistake, and the one that was meant. */
const MEANT: Readonly<Record<string, string>> = { http: 'ws', https: 'wss', ssl: 'tls', tcps: 'tls' };

/** Scheme, user and password, host in brackets or without, port, and the rest. */
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d*))?([/?#].*)?$/is;
/** Everything up to the last `@`: a password that is not escaped may hold a slash, and a mistyped URL may lack one. */
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/*)?.*@/is;
/** Printable ASCII without a space: what may stand in the first line of an HTTP request. */
const REQUEST_TARGET = /^[!-~]+$/;

/** Bounds of the port in a URL. A Leader may have port 0. */
export interface UrlUse {
  /** @default 1 */
  readonly minPort?: number;
}

/** True for text that begins with the scheme of one of the transports. */
export function isEndpointUrl(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const scheme = schemeOf(value);
  return scheme === UNIX || isScheme(scheme);
}

/** True for the URL of an endpoint that a peer sent. */
export function isReadableUrl(value: unknown): value is string {
  try {
    return isEndpointUrl(value) && endpointOfUrl('url', value) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Reads the URL of an endpoint: `tcp://10.0.0.7:3333`, `ws://chat.internal/rpc`. Throws {@link RpcCode.InvalidArgument}, without
 * the user and the password that the URL may hold.
 */
export function endpointOfUrl(name: string, value: unknown, { minPort = 1 }: UrlUse = {}): Endpoint {
  const url = nonEmptyString(name, value);
  const scheme = schemeOf(url);
  const refuse = (what: string, cure: string): Error =>
    invalid(`${name} ${what}, got ${quoted(scheme === UNIX ? url : url.replace(CREDENTIALS, '$1'))}: ${cure}`);
  if (scheme === UNIX) return unixEndpoint(pathOfUnixUrl(name, url, refuse));
  if (!isScheme(scheme)) throw refuse('must be a URL of a known scheme', cureOfScheme(url, scheme));
  const [, , user, host, port = '', rest = ''] = PARTS.exec(url) ?? [];
  if (host === undefined) throw refuse('must be a URL', `write ${scheme}://host:port`);
  if (user !== undefined) throw refuse('must not hold a user or a password', 'leave the part in front of "@" out');
  if (host === '') throw refuse('must name a host', `write ${scheme}://host:port`);
  const { hasPath, defaultPort } = SCHEMES[scheme];
  const [path, fragment] = rest.split('#', 2);
  if (fragment !== undefined) throw refuse('must not have a fragment', 'leave the part from "#" on out');
  if (!hasPath && rest !== '' && rest !== ROOT_PATH)
    throw refuse('must end with the port', `a URL of ${scheme} has no path`);
  return hostEndpoint(
    scheme,
    hostOption(`the host of ${name}`, host),
    portOfUrl(port === '' ? defaultPort : Number(port), minPort, refuse),
    hasPath ? pathOfUrl(path ?? '', refuse) : undefined,
  );
}

type Refuse = (what: string, cure: string) => Error;

function portOfUrl(port: number | undefined, min: number, refuse: Refuse): number {
  if (port === undefined) throw refuse('must have a port', `write the port behind the host, as in "host:3333"`);
  if (port >= min && port <= 65_535) return port;
  throw refuse('has a port that does not exist', `ports are numbers from ${min} to 65535`);
}

function pathOfUrl(rest: string, refuse: Refuse): string {
  const path = rest.startsWith('/') ? rest : ROOT_PATH + rest;
  if (!REQUEST_TARGET.test(path)) throw refuse('has characters that no path may have', 'escape them with "%"');
  return path;
}

function pathOfUnixUrl(name: string, url: string, refuse: Refuse): string {
  const path = url.slice(UNIX.length + 1);
  if (path === '') throw refuse('must name a path', `write ${UNIX}:/path`);
  if (/^\/\/[^/]/.test(path)) throw refuse('must not name a host', `write ${UNIX}:/path, or ${UNIX}:///path`);
  return unixPath(name, path.startsWith('//') ? path.slice(2) : path);
}

function schemeOf(url: string): string {
  return (/^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1] ?? '').toLowerCase();
}

function isScheme(scheme: string): scheme is HostTransport {
  return Object.hasOwn(SCHEMES, scheme);
}

function cureOfScheme(url: string, scheme: string): string {
  const meant = MEANT[scheme];
  if (meant !== undefined && isScheme(meant)) return `write ${meant}:// in the place of ${scheme}://`;
  if (url.startsWith('/')) return `write ${UNIX}: in front of the path of a socket`;
  return `the forms are ${KNOWN}`;
}
