import { portOfDigits } from '../compat/numbers.js';
import { describeEndpoint, type Endpoint, endpointOf, HOST_TRANSPORTS, isEncrypted, urlOf } from '../endpoint.js';
import { endpointOfUrl } from '../endpoint-url.js';
import { hostOption } from '../host.js';
import { integer, invalid, oneOf, requiredInteger, unfit } from '../options.js';
import { shown } from '../quoted.js';
import { type NonEmpty, SERVER_INFO_DEFAULTS, type TransportName } from '../server-info.js';
import type { HttpServer } from '../transport/http-server.js';
import { TlsMaterial } from '../transport/tls-material.js';
import type { TlsOptions } from '../transport/tls-options.js';
import type { Listener } from '../transport/transport.js';
import { type HttpListenEntry, readHttpDoor } from './http-door.js';

/** Places of one server. Each costs a listening socket. */
const MAX_DOORS = 16;
/** Scheme, host, and a port where it is not the scheme's own. Not `null`: every page can be made to send that. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/;

/** A place where a server listens, with the options of that place. */
export interface ListenEntry {
  /**
   * Place: `tcp://host:port`, `tls://host:port`, `ws://host:port/path`, `wss://host:port/path` or `unix:/path`. Port 0: the system chooses; `server.urls` has the number. A
   * folder that does not exist is made for the socket's user alone.
   */
  url: string;
  /** Web pages that may connect here, in place of the server's own list. @default the server's `allowedOrigins` */
  allowedOrigins?: readonly string[] | undefined;
  /** Mode of the file of a unix socket. A caller needs the right to write. Range: 0 to 0o777. @default 0o600 */
  mode?: number | undefined;
  /** Certificate and rules of this place, in place of the server's own. @default the server's `tls` */
  tls?: TlsOptions | undefined;
}

/** An entry of the option `listen`. */
type AnyEntry = string | ListenEntry | HttpListenEntry;

/** Options of a server that say where the server listens. */
export interface Placing {
  readonly listen?: AnyEntry | readonly AnyEntry[] | undefined;
  readonly port?: number | string | undefined;
  readonly host?: string | undefined;
  readonly transport?: TransportName | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly tls?: TlsOptions | undefined;
}

/** A place where a Leader listens, and who may come in there. */
export interface Door {
  readonly endpoint: Endpoint;
  /** Origins of web pages that may connect over a WebSocket. */
  readonly allowedOrigins: readonly string[];
  /** Mode of the file of a unix socket. Undefined: the transport's default. */
  readonly socketMode?: number;
  /** HTTP server of the program that listens there. */
  readonly httpServer?: HttpServer;
  /** Certificate and rules of a place with TLS. */
  readonly tls?: TlsMaterial;
  /** True where the TLS options are those of this place alone. */
  readonly hasOwnTls?: boolean;
}

/** Options of a server that hold for each of its places that has none of its own. */
interface Inherited {
  readonly allowedOrigins: readonly string[];
  readonly tls: TlsMaterial | undefined;
}

/** Options that `listen` stands for. */
const PLACE_OPTIONS = ['port', 'host', 'transport'] as const;

/** Checks where a server is to listen. Throws {@link RpcCode.InvalidArgument}. */
export function resolveDoors(given: Placing): NonEmpty<Door> {
  const inherited: Inherited = {
    allowedOrigins: origins('allowedOrigins', given.allowedOrigins),
    tls: given.tls === undefined ? undefined : new TlsMaterial(given.tls),
  };
  const doors = placesOf(given, inherited);
  if (inherited.tls !== undefined && !doors.some(({ tls }) => tls === inherited.tls))
    throw invalid(
      `tls is given, and ${describeEndpoint(doors[0].endpoint)} is not encrypted: give the transport tls or wss, or a URL that begins with tls:// or wss://`,
    );
  return doors;
}

function placesOf(given: Placing, inherited: Inherited): NonEmpty<Door> {
  if (given.listen === undefined) {
    const endpoint = endpointOfOptions(given);
    return [{ endpoint, allowedOrigins: inherited.allowedOrigins, ...tlsOf('tls', endpoint, undefined, inherited) }];
  }
  const [other] = PLACE_OPTIONS.filter((name) => given[name] !== undefined);
  if (other !== undefined)
    throw invalid(`listen cannot be combined with ${other}: the URLs of listen name the ${other}`);
  const entries: readonly AnyEntry[] = isList(given.listen) ? given.listen : [given.listen];
  const [first, ...rest] = entries.map((entry, at) => readEntry(entry, at, inherited));
  if (first === undefined || rest.length >= MAX_DOORS)
    throw unfit('listen', `a URL, or a list of 1 to ${MAX_DOORS} of them`, given.listen);
  return [first, ...rest];
}

function isList(listen: NonNullable<Placing['listen']>): listen is readonly AnyEntry[] {
  return Array.isArray(listen);
}

/** The TLS of a place. A place with TLS and no certificate is refused, as is a certificate at a place without TLS. */
function tlsOf(
  name: string,
  endpoint: Endpoint,
  own: TlsOptions | undefined,
  inherited: Inherited,
): Pick<Door, 'tls' | 'hasOwnTls'> {
  if (!isEncrypted(endpoint)) {
    if (own === undefined) return {};
    throw invalid(`${name} is given, and ${urlOf(endpoint)} is not encrypted: write tls:// or wss://`);
  }
  const tls = own === undefined ? inherited.tls : new TlsMaterial(own, name);
  if (tls?.hasCertificate !== true)
    throw invalid(`${urlOf(endpoint)} needs a certificate: give ${name}.certFile and ${name}.keyFile`);
  return { tls, ...(own !== undefined && { hasOwnTls: true }) };
}

function readEntry(given: unknown, at: number, inherited: Inherited): Door {
  const name = `listen[${at}]`;
  if (typeof given === 'string') {
    const endpoint = endpointOfUrl(name, given, { minPort: 0 });
    return { endpoint, allowedOrigins: inherited.allowedOrigins, ...tlsOf('tls', endpoint, undefined, inherited) };
  }
  if (typeof given !== 'object' || given === null)
    throw unfit(name, 'a URL, or an object { url } or { server }', given);
  const { url, allowedOrigins, mode, tls } = given as ListenEntry;
  const allowed =
    allowedOrigins === undefined ? inherited.allowedOrigins : origins(`${name}.allowedOrigins`, allowedOrigins);
  const httpDoor = readHttpDoor(name, given, allowed);
  if (httpDoor !== undefined) return httpDoor;
  const endpoint = endpointOfUrl(`${name}.url`, url, { minPort: 0 });
  if (mode !== undefined && endpoint.transport !== 'unix')
    throw invalid(`${name}.mode is for unix sockets only: ${urlOf(endpoint)} has no file`);
  return {
    endpoint,
    allowedOrigins: allowed,
    ...(mode !== undefined && { socketMode: requiredInteger(`${name}.mode`, mode, 0, 0o777) }),
    ...tlsOf(tls === undefined ? 'tls' : `${name}.tls`, endpoint, tls, inherited),
  };
}

function endpointOfOptions(given: Placing): Endpoint {
  const defaults = SERVER_INFO_DEFAULTS;
  if (given.port === undefined) throw invalid('port is required, unless listen is given; 0 lets the system choose');
  return endpointOf({
    transport: oneOf(
      'transport',
      given.transport,
      given.tls === undefined ? defaults.transport : 'tls',
      HOST_TRANSPORTS,
    ),
    host: given.host === undefined ? defaults.host : hostOption('host', given.host),
    port: integer('port', portOfDigits(given.port), 0, 0, 65_535),
  });
}

/** Refuses an origin in a spelling that no browser sends, since that would keep the page out without a word. */
function origins(name: string, given: unknown): readonly string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw unfit(name, 'a list of origins', given);
  for (const origin of given as unknown[]) {
    if (typeof origin === 'string' && ORIGIN.test(origin) && (!/^https?:/.test(origin) || isOriginOf(origin))) continue;
    throw invalid(`${name} must hold origins such as https://example.com:8443, got ${shown(origin)} among them`);
  }
  return [...(given as string[])];
}

/** True for the spelling that browsers send: no capitals, and no default port. */
function isOriginOf(url: string): boolean {
  return URL.canParse(url) && new URL(url).origin === url;
}

/** Opens all doors in order. When one cannot be opened, closes those that are open, and rejects with the reason. */
export async function openDoors(
  doors: NonEmpty<Door>,
  open: (door: Door) => Promise<Listener>,
): Promise<NonEmpty<Listener>> {
  const [first, ...rest] = doors;
  const opened: [Listener, ...Listener[]] = [await open(first)];
  try {
    for (const door of rest) opened.push(await open(door));
  } catch (error) {
    await closeDoors(opened);
    throw error;
  }
  return opened;
}

/** Resolves when all places are free. */
export async function closeDoors(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}
