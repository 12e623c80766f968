import { type Endpoint, ROOT_PATH } from '../endpoint.js';
import { invalid, nonEmptyString, unfit } from '../options.js';
import { shown } from '../quoted.js';
import { type HttpServer, httpEndpoint, isHttpServer } from '../transport/http-server.js';

/** A path of an HTTP server of the program, at which a server accepts WebSockets. */
export interface HttpListenEntry {
  /**
   * Server of `node:http` or `node:https`, which the program has made and lets listen before it starts this server. Upgrades at other
   * paths, and all requests, are left to the program. `stop()` closes the connections of callers, and never this server. Limits on
   * requests and on connections that have not upgraded are those of this server.
   */
  server: HttpServer;
  /** Path of the upgrades, from `/` on. @default '/' */
  path?: string | undefined;
  /** Web pages that may connect here, in place of the server's own list. @default the server's `allowedOrigins` */
  allowedOrigins?: readonly string[] | undefined;
}

export const HTTP_LISTEN_DEFAULTS = Object.freeze({ path: ROOT_PATH }) satisfies Partial<HttpListenEntry>;

/** A path of an HTTP server of the program, as a place where a Leader listens. */
interface HttpDoor {
  readonly endpoint: Endpoint;
  readonly httpServer: HttpServer;
  readonly allowedOrigins: readonly string[];
}

/** Fields of entries at which this package listens itself. */
const OF_OTHER_PLACES = ['url', 'tls', 'mode'] as const;
/** A path as it stands in the first line of a request: printable ASCII, without a query. */
const PATH = /^\/[!-"$->@-~]*$/;

/** Reads an entry with `server`; undefined for an entry of another kind. Throws {@link RpcCode.InvalidArgument}. */
export function readHttpDoor(name: string, given: object, allowedOrigins: readonly string[]): HttpDoor | undefined {
  if (!('server' in given)) return undefined;
  const { server, path: givenPath } = given as Partial<HttpListenEntry>;
  const other = OF_OTHER_PLACES.find((field) => Reflect.get(given, field) !== undefined);
  if (other !== undefined)
    throw invalid(
      `${name} has a server, and cannot have ${other}: the program decides on that where it makes the server`,
    );
  if (!isHttpServer(server))
    throw unfit(`${name}.server`, 'a server of node:http or node:https, such as the result of app.listen()', server);
  const path = givenPath === undefined ? HTTP_LISTEN_DEFAULTS.path : nonEmptyString(`${name}.path`, givenPath);
  if (!PATH.test(path))
    throw invalid(`${name}.path must be a path such as "/rpc", without a query, got ${shown(path)}`);
  return {
    /** The program's server has a port once it listens. */
    get endpoint() {
      return httpEndpoint(server, path);
    },
    httpServer: server,
    allowedOrigins,
  };
}
