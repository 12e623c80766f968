import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Endpoint, ROOT_PATH, withPort } from '../endpoint.js';
import { quoted } from '../quoted.js';
import type { StreamFacts } from './byte-stream.js';
import { Handshakes } from './handshakes.js';
import { nodeHttp, nodeHttps } from './node-http.js';
import { closeServer, listenAt } from './socket-listen.js';
import { acceptTls, requiredTls, serverTlsOptions } from './tls-accept.js';
import { peerFacts } from './tls-peer.js';
import type { Listener, ListenOptions } from './transport.js';
import { wsOptions } from './websocket-options.js';
import { webSocketPackage } from './websocket-package.js';
import { refuseStrangers } from './websocket-strangers.js';
import { WebSocketStream } from './websocket-stream.js';
import { originOf, pathname, strangeOrigin } from './websocket-upgrade.js';

/** Listens. Answers 426 to a request that is not a WebSocket upgrade, and 404 to an upgrade at another path than that of the endpoint. */
export async function listenWebSocket(endpoint: Endpoint<'ws' | 'wss'>, options: ListenOptions): Promise<Listener> {
  const { transport, host, port, path } = endpoint;
  const { onStream, onError, onRefused } = options;
  const { WebSocketServer } = await webSocketPackage();
  const handshakes = new Handshakes(options, 'upgrade');
  const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${transport}://${remoteAddress}:${remotePort}`;
  const { server, front, factsOf, stop } =
    transport === 'wss' ? secureServer(options, handshakes) : plainServer(options);
  if (transport === 'ws') server.on('connection', (socket: Socket) => handshakes.begin(peerOf(socket), socket, false));
  refuseStrangers(server, peerOf, options);
  const sockets = new WebSocketServer({
    ...wsOptions(options.maxFrameBytes),
    server,
    verifyClient: ({ req }: { req: IncomingMessage }, answer: (isWelcome: boolean, status?: number) => void) => {
      if (!isAtPath(req, path)) return answer(false, 404);
      const stranger = strangeOrigin(req, options);
      if (stranger !== undefined)
        onRefused?.(peerOf(req.socket), `allowedOrigins does not contain ${quoted(stranger)}`);
      answer(stranger === undefined, 403);
    },
  });
  sockets.on('connection', (ws, { socket, headers }) => {
    handshakes.end(peerOf(socket));
    const origin = originOf(headers);
    const facts = Object.freeze({ ...factsOf(socket), ...(origin !== undefined && { origin }) });
    onStream(new WebSocketStream(ws, peerOf(socket), String(socket.remoteAddress), { socket, facts }));
  });
  sockets.on('error', () => {}); // ws repeats the errors of the HTTP server, which are handled below
  await listenAt(front, { host, port }, onError).catch((error: unknown) => {
    stop();
    throw error;
  });
  const { port: taken } = front.address() as AddressInfo;
  return {
    endpoint: withPort(endpoint, taken),
    close() {
      sockets.close();
      stop();
      handshakes.destroy();
      return closeServer(front);
    },
  };
}

/** The HTTP server of a place, and the server that accepts its sockets. */
interface HttpPlace {
  readonly server: HttpServer;
  readonly front: Server;
  /** Facts about the peer of an accepted socket. */
  factsOf(socket: Socket): StreamFacts;
  /** Called once, when the place is given up. */
  stop(): void;
}

function plainServer({ handshakeTimeout }: ListenOptions): HttpPlace {
  const limits = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.min(2_500, handshakeTimeout),
  };
  const server = nodeHttp().createServer(limits);
  return { server, front: server, factsOf: () => ({}), stop: () => {} };
}

/** The HTTP server listens nowhere itself. Therefore Node.js does not enforce the limits above, and `handshakes` does. */
function secureServer(options: ListenOptions, handshakes: Handshakes): HttpPlace {
  const tls = requiredTls(options.tls);
  const server = nodeHttps().createServer(serverTlsOptions(tls));
  const { front, stopWatching } = acceptTls(server, 'wss', tls, options, handshakes);
  return { server, front, factsOf: (socket) => peerFacts(socket as TLSSocket, tls), stop: stopWatching };
}

/** An endpoint without a path takes every path. The query is for what stands in front of the server. */
function isAtPath({ url = ROOT_PATH }: IncomingMessage, path: string): boolean {
  return path === ROOT_PATH || pathname(url) === pathname(path);
}
