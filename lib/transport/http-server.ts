import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { type Endpoint, hostEndpoint } from '../endpoint-forms.js';
import { SERVER_INFO_DEFAULTS } from '../server-info.js';

/** HTTP server of a program: of node:http or node:https. */
export type HttpServer = Server | SecureServer;

/** True for a server of node:http or node:https. An application of express is a function, and none. */
export function isHttpServer(value: unknown): value is HttpServer {
  return typeof value === 'object' && value !== null && 'headersTimeout' in value && 'listening' in value;
}

/** The endpoint of a path of an HTTP server. Port 0 before the server listens, and for a server at a unix socket. */
export function httpEndpoint(server: HttpServer, path: string): Endpoint {
  const address = server.address();
  const transport = isSecure(server) ? 'wss' : 'ws';
  if (address === null || typeof address === 'string')
    return hostEndpoint(transport, SERVER_INFO_DEFAULTS.host, 0, path);
  return hostEndpoint(transport, address.address, address.port, path);
}

function isSecure(server: HttpServer): server is SecureServer {
  return 'setSecureContext' in server;
}
