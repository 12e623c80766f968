import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { ByteStream, DialOptions, Listener, ListenOptions, StreamHandler } from './byte-stream.js';

/** As a socket's own high-water mark: past it, writing pauses. */
const HIGH_WATER_BYTES = 64 * 1024;
/** One message is one write: a slab, or one frame that is larger. This bounds what ws collects before handing it on. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Neither compression (it costs more than it saves between processes) nor UTF-8 checks: messages are binary. */
const WS_OPTIONS = { perMessageDeflate: false, skipUTF8Validation: true, maxPayload: MAX_MESSAGE_BYTES } as const;
const NORMAL_CLOSURE = 1000;

class WebSocketStream implements ByteStream {
  readonly peer: string;
  readonly #ws: WebSocket;
  #wantsDrain = false;
  #handler: StreamHandler | undefined;

  constructor(ws: WebSocket, peer: string) {
    this.#ws = ws;
    this.peer = peer;
    ws.binaryType = 'nodebuffer';
  }

  get pendingBytes(): number {
    return this.#ws.bufferedAmount;
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
    let failure: Error | undefined;
    this.#ws.on('message', (data: RawData) => handler.onData(data as Buffer));
    this.#ws.on('error', (error) => {
      failure = error;
    });
    this.#ws.once('close', () => handler.onClose(failure));
  }

  write(bytes: Buffer): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return false; // the close event is on its way
    this.#ws.send(bytes, this.#onSent);
    if (this.#ws.bufferedAmount < HIGH_WATER_BYTES) return true;
    this.#wantsDrain = true;
    return false;
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  end(): void {
    this.#ws.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  /** ws has no drain event; the callback of a send tells that its bytes have left. */
  readonly #onSent = (): void => {
    if (!this.#wantsDrain || this.#ws.bufferedAmount >= HIGH_WATER_BYTES) return;
    this.#wantsDrain = false;
    this.#handler?.onDrain();
  };
}

/** Connects, and upgrades. Rejects with the system's error, or ws's own when the other end is no WebSocket server. */
export function dialWebSocket({ host, port, signal }: DialOptions): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const url = `ws://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const ws = new WebSocket(url, WS_OPTIONS);
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      ws.removeListener('error', settle);
      ws.removeListener('open', onOpen);
      if (error === undefined) {
        resolve(new WebSocketStream(ws, url));
        return;
      }
      ws.on('error', () => {}); // terminate() reports that it was terminated
      ws.terminate();
      reject(error);
    };
    const onAbort = (): void => settle(signal.reason);
    const onOpen = (): void => settle();
    ws.once('error', settle);
    ws.once('open', onOpen);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Listens, exclusively as {@link listenTcp} does; what is not a WebSocket upgrade is answered with 426. */
export function listenWebSocket({ host, port, handshakeTimeout, onStream, onError }: ListenOptions): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const limits = {
      headersTimeout: handshakeTimeout,
      requestTimeout: handshakeTimeout,
      connectionsCheckingInterval: Math.min(2_500, handshakeTimeout),
    };
    const server = http.createServer(limits, (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
      response.end('mailstation speaks WebSocket here\n');
    });
    const sockets = new WebSocketServer({ ...WS_OPTIONS, server });
    sockets.on('connection', (ws, request) => {
      onStream(new WebSocketStream(ws, `ws://${request.socket.remoteAddress}:${request.socket.remotePort}`));
    });
    sockets.on('error', () => {}); // it repeats the server's errors, which are handled below
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject);
      server.on('error', onError);
      resolve({ host, port: (server.address() as AddressInfo).port, close: () => closeServer(sockets, server) });
    });
  });
}

function closeServer(sockets: WebSocketServer, server: http.Server): Promise<void> {
  sockets.close();
  server.close();
  server.closeAllConnections(); // those that have not become WebSockets, and now never will
  return new Promise((resolve) => setImmediate(resolve));
}
