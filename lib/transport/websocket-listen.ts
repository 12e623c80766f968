import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { WebSocketServer } from 'ws';
import { type Endpoint, ROOT_PATH, withPort } from '../endpoint.js';
import { quoted } from '../quoted.js';
import { closeServer, listenAt } from './socket-listen.js';
import type { Listener, ListenOptions } from './transport.js';
import { wsOptions } from './websocket-options.js';
import { webSocketPackage } from './websocket-package.js';
import { WebSocketStream } from './websocket-stream.js';

/** Listens. Answers 426 to a request that is not a WebSocket upgrade, and 404 to an upgrade at another path than that of the endpoint. */
export async function listenWebSocket(endpoint: Endpoint<'ws'>, options: ListenOptions): Promise<Listener> {
  const { host, port, path } = endpoint;
  const { handshakeTimeout, onStream, onError } = options;
  const { WebSocketServer } = webSocketPackage();
  const limits = {
    headersTimeout: handshakeTimeout,
    requestTimeout: handshakeTimeout,
    connectionsCheckingInterval: Math.min(2_500, handshakeTimeout),
  };
  const server = createServer(limits, (_request, response) => {
    response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'close' });
    response.end('mailstation speaks WebSocket here\n');
  });
  const handshakes = new Handshakes(options);
  server.on('connection', (socket) => handshakes.begin(socket));
  const sockets = new WebSocketServer({
    ...wsOptions(options.maxFrameBytes),
    server,
    verifyClient: ({ req }: { req: IncomingMessage }, answer: (isWelcome: boolean, status?: number) => void) => {
      if (!isAtPath(req, path)) answer(false, 404);
      else answer(isFromAllowedOrigin(req, options), 403);
    },
  });
  sockets.on('connection', (ws, { socket, headers }) => {
    handshakes.end(socket);
    const origin = originOf(headers);
    const facts = origin === undefined ? undefined : Object.freeze({ origin });
    onStream(new WebSocketStream(ws, peerOf(socket), String(socket.remoteAddress), socket, facts));
  });
  sockets.on('error', () => {}); // ws repeats the errors of the HTTP server, which are handled below
  await listenAt(server, { host, port }, onError);
  const { port: taken } = server.address() as AddressInfo;
  return { endpoint: withPort(endpoint, taken), close: () => close(sockets, server) };
}

/** Sockets that have not become WebSockets. The Leader counts only WebSockets. */
class Handshakes {
  readonly #options: ListenOptions;
  /** Sockets in the order of their arrival. */
  readonly #sockets = new Set<Socket>();

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  begin(socket: Socket): void {
    const { maxHandshakes = Number.POSITIVE_INFINITY, onRefused } = this.#options;
    this.#sockets.add(socket);
    socket.once('close', () => this.end(socket));
    if (this.#sockets.size <= maxHandshakes) return;
    const [oldest = socket] = this.#sockets;
    onRefused?.(peerOf(oldest), `evicted for a newer connection; at most ${maxHandshakes} may wait for their upgrade`);
    this.end(oldest);
    oldest.destroy();
  }

  end(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}

/** An endpoint without a path takes every path. The query is for what stands in front of the server. */
function isAtPath({ url = ROOT_PATH }: IncomingMessage, path: string): boolean {
  return path === ROOT_PATH || pathname(url) === pathname(path);
}

function pathname(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** Checks the origin, which browsers send for the web page that connects. Callers of this package send no origin. */
function isFromAllowedOrigin({ headers, socket }: IncomingMessage, options: ListenOptions): boolean {
  const origin = originOf(headers);
  if (origin === undefined || options.allowedOrigins?.includes(origin)) return true;
  options.onRefused?.(peerOf(socket), `allowedOrigins does not contain ${quoted(origin)}`);
  return false;
}

function originOf(headers: IncomingHttpHeaders): string | undefined {
  const origin = headers.origin ?? headers['sec-websocket-origin'];
  return origin === undefined ? undefined : String(origin);
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `ws://${remoteAddress}:${remotePort}`;
}

function close(sockets: WebSocketServer, server: Server): Promise<void> {
  sockets.close();
  const closed = closeServer(server);
  server.closeAllConnections(); // sockets that have not become WebSockets
  return closed;
}
