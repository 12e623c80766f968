import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Endpoint, ROOT_PATH } from '../endpoint.js';
import { quoted } from '../quoted.js';
import { nextTick } from '../timers.js';
import type { HttpServer } from './http-server.js';
import { nodeHttp } from './node-http.js';
import { attachedFacts } from './tls-peer.js';
import type { Listener, ListenOptions } from './transport.js';
import { wsOptions } from './websocket-options.js';
import { webSocketPackage } from './websocket-package.js';
import { WebSocketStream } from './websocket-stream.js';
import { originOf, pathname, strangeOrigin } from './websocket-upgrade.js';

/** Path of a listener of ours, as a property of the listener: other copies of the package read the property too. */
const PATH = Symbol.for('mailstation.upgradePath');
/** A listener of the program that ends upgrades at every path but its own. */
const ENDED =
  "another listener of the HTTP server's event upgrade ended the connection, as a WebSocketServer of the package ws does that was made with the option server: make it with noServer, and call its handleUpgrade for its own path only";

type OnUpgrade = ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) & { [PATH]?: string };

/**
 * Accepts the upgrades at one path of a program's HTTP server, and leaves all others to the program. An upgrade at a path that no
 * listener has is answered with 404. Rejects where the server does not listen yet, and with EADDRINUSE where the path is taken.
 * The server itself belongs to the program: closing the listener does not close the server.
 */
export async function attachWebSocket(
  server: HttpServer,
  endpoint: Endpoint<'ws' | 'wss'>,
  options: ListenOptions,
): Promise<Listener> {
  const { onRefused, onStream } = options;
  const path = pathname(endpoint.path);
  const { WebSocketServer } = await webSocketPackage();
  if (!server.listening)
    throw new Error(
      'the HTTP server does not listen yet: call its listen(), and start this server at its event listening',
    );
  if (pathsOf(server).includes(path))
    throw Object.assign(new Error('the path has a listener already'), { code: 'EADDRINUSE' });
  const place = placeOf(server);
  const sockets = new WebSocketServer({ ...wsOptions(options.maxFrameBytes), noServer: true });
  let connections = 0;

  const onUpgrade: OnUpgrade = (request, duplex, head) => {
    const wanted = pathname(request.url ?? ROOT_PATH);
    if (wanted !== path) {
      if (isLastToAnswer(server, onUpgrade, wanted)) refuse(duplex, 404);
      return;
    }
    const socket = duplex as Socket;
    connections += 1;
    const peer = `${endpoint.transport}://${socket.remoteAddress ?? 'local'}:${socket.remotePort ?? connections}`;
    const reject = (status: number, why: string): void => {
      onRefused?.(peer, why);
      refuse(socket, status);
    };
    if (socket.writableEnded || socket.destroyed) return reject(400, ENDED);
    // The place was found to be safe. Another one may not be.
    if (placeOf(server) !== place)
      return reject(503, `the HTTP server listens at ${placeOf(server)} now, and no longer at ${place}`);
    const origin = originOf(request.headers);
    const stranger = strangeOrigin(request, options);
    if (stranger !== undefined) return reject(403, `allowedOrigins does not contain ${quoted(stranger)}`);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const facts = Object.freeze({ ...attachedFacts(socket), ...(origin !== undefined && { origin }) });
      onStream(new WebSocketStream(ws, peer, socket.remoteAddress ?? '127.0.0.1', { socket, facts }));
      nextTick(() => {
        if (socket.writableEnded && ws.readyState === ws.OPEN) onRefused?.(peer, ENDED);
      });
    });
  };
  onUpgrade[PATH] = path;
  server.on('upgrade', onUpgrade);
  return {
    endpoint,
    async close() {
      server.off('upgrade', onUpgrade);
      sockets.close();
    },
  };
}

/** Paths of the listeners of this package at a server; undefined for each listener of the program. */
function pathsOf(server: HttpServer): (string | undefined)[] {
  return server.listeners('upgrade').map((listener) => (listener as OnUpgrade)[PATH]);
}

/** Node.js leaves an upgrade open that no listener answers. Where all listeners are ours, the first answers for all. */
function isLastToAnswer(server: HttpServer, listener: OnUpgrade, path: string): boolean {
  const paths = pathsOf(server);
  return server.listeners('upgrade')[0] === listener && !paths.includes(undefined) && !paths.includes(path);
}

function placeOf(server: HttpServer): string {
  const address = server.address();
  return address === null || typeof address === 'string' ? String(address) : `${address.address}:${address.port}`;
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => {}); // the peer may be gone
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${nodeHttp().STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
