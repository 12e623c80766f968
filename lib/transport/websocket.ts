import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { describeEndpoint, type Endpoint, withPort } from '../endpoint.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../protocol/packet.js';
import { quoted } from '../quoted.js';
import {
  type ByteStream,
  type DialOptions,
  LISTEN_BACKLOG,
  type Listener,
  type ListenOptions,
  type StreamHandler,
} from './byte-stream.js';

/** As a socket's own high-water mark: past it, writing pauses. */
const HIGH_WATER_BYTES = 64 * 1024;
/** A longer write leaves in several messages, so that no two ends need to agree on how long one may be. */
const MESSAGE_BYTES = 64 * 1024;
/** ws keeps this number in 32 bits, and takes one that is larger for no limit at all. */
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;
const NORMAL_CLOSURE = 1000;
/** Of the codes with which a stream may end: as it should, its peer going away, none given, without a close frame. */
const ORDERLY = new Set([NORMAL_CLOSURE, 1001, 1005, 1006]);

/**
 * Neither compression (it costs more than it saves between processes) nor UTF-8 checks: messages are binary. ws hands
 * a message on when it is whole; ours are short, but a peer that is none of ours may send a frame as one.
 */
function wsOptions(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES) {
  const maxPayload = Math.min(MAX_PAYLOAD_BYTES, Math.max(maxFrameBytes, MESSAGE_BYTES));
  return { perMessageDeflate: false, skipUTF8Validation: true, maxPayload };
}

class WebSocketStream implements ByteStream {
  readonly peer: string;
  readonly #ws: WebSocket;
  #wantsDrain = false;
  #isEnding = false;
  #isClosed = false;
  #failure: Error | undefined;
  #handler: StreamHandler | undefined;

  /** To be made as soon as the WebSocket is open: what the peer sent along with the upgrade is on its heels. */
  constructor(ws: WebSocket, peer: string) {
    this.#ws = ws;
    this.peer = peer;
    ws.binaryType = 'nodebuffer';
    ws.pause();
    ws.on('message', (data: RawData) => this.#handler?.onData(data as Buffer));
    ws.on('error', (error) => {
      this.#failure ??= error;
      // ws would wait half a minute for the peer to agree that it is over.
      ws.terminate();
    });
    ws.on('ping', () => {
      // ws ends a connection that wants too many answers at once, and does not say so.
      if (ws.readyState !== WebSocket.OPEN && !this.#isEnding)
        this.#failure ??= new Error('it pings and does not read');
    });
    ws.once('close', (code) => {
      if (!ORDERLY.has(code)) this.#failure ??= new Error(`the peer closed it with the code ${code}`);
      this.#isClosed = true;
      this.#handler?.onClose(this.#failure);
    });
  }

  get pendingBytes(): number {
    return this.#ws.bufferedAmount;
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
    if (this.#isClosed) process.nextTick(() => handler.onClose(this.#failure));
    else this.#ws.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return false; // the close event is on its way
    if (bytes.length <= MESSAGE_BYTES) this.#ws.send(bytes, this.#onSent);
    else
      for (let at = 0; at < bytes.length; at += MESSAGE_BYTES)
        this.#ws.send(bytes.subarray(at, at + MESSAGE_BYTES), this.#onSent);
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
    this.#isEnding = true;
    this.#ws.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#isEnding = true;
    this.#ws.terminate();
  }

  /** ws has no drain event; the callback of a send tells that its bytes have left. */
  readonly #onSent = (): void => {
    if (!this.#wantsDrain || this.#ws.bufferedAmount >= HIGH_WATER_BYTES) return;
    this.#wantsDrain = false;
    this.#handler?.onDrain();
  };
}

export interface WebSocketDialOptions {
  /** The largest frame that is taken; bounds what ws collects by itself. @default 4 MiB */
  readonly maxFrameBytes?: number;
}

export interface WebSocketListenOptions extends ListenOptions {
  /** How long a connection may take until its upgrade. ms */
  readonly handshakeTimeout: number;
  /** How many may wait for their upgrade at the same time: the oldest gives way to one more. @default unlimited */
  readonly maxHandshakes?: number;
  /** Web pages that may connect, by origin. @default none */
  readonly allowedOrigins?: readonly string[];
  /** As {@link WebSocketDialOptions.maxFrameBytes}. */
  readonly maxFrameBytes?: number;
  /** A connection did not get as far as `onStream`. Nothing of the peer's own text is in `why`, unless quoted. */
  onRefused?(peer: string, why: string): void;
}

/** Connects, and upgrades. Rejects with the system's error, or ws's own when the other end is no WebSocket server. */
export function dialWebSocket(
  endpoint: Endpoint<'ws'>,
  { maxFrameBytes, signal }: DialOptions & WebSocketDialOptions,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const url = describeEndpoint(endpoint);
    const ws = new WebSocket(url, wsOptions(maxFrameBytes));
    const release = (): void => {
      signal.removeEventListener('abort', onAbort);
      ws.removeListener('error', fail);
      ws.removeListener('open', onOpen);
    };
    const fail = (error: unknown): void => {
      release();
      ws.on('error', () => {}); // terminate() reports that it was terminated
      ws.terminate();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const onOpen = (): void => {
      release();
      resolve(new WebSocketStream(ws, url));
    };
    ws.once('error', fail);
    ws.once('open', onOpen);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Listens, exclusively as {@link listenTcp} does; what is not a WebSocket upgrade is answered with 426. */
export function listenWebSocket(endpoint: Endpoint<'ws'>, options: WebSocketListenOptions): Promise<Listener> {
  const { host, port } = endpoint;
  const { handshakeTimeout, onStream, onError } = options;
  return new Promise((resolve, reject) => {
    const limits = {
      headersTimeout: handshakeTimeout,
      requestTimeout: handshakeTimeout,
      connectionsCheckingInterval: Math.min(2_500, handshakeTimeout),
    };
    const server = http.createServer(limits, (_request, response) => {
      response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'close' });
      response.end('mailstation speaks WebSocket here\n');
    });
    const handshakes = new Handshakes(options);
    server.on('connection', (socket) => handshakes.begin(socket));
    const sockets = new WebSocketServer({
      ...wsOptions(options.maxFrameBytes),
      server,
      verifyClient: ({ req }: { req: http.IncomingMessage }, answer: (isWelcome: boolean, status?: number) => void) =>
        answer(isFromAllowedOrigin(req, options), 403),
    });
    sockets.on('connection', (ws, request) => {
      handshakes.end(request.socket);
      onStream(new WebSocketStream(ws, peerOf(request.socket)));
    });
    sockets.on('error', () => {}); // it repeats the server's errors, which are handled below
    server.once('error', reject);
    server.listen({ host, port, exclusive: true, backlog: LISTEN_BACKLOG }, () => {
      server.removeListener('error', reject);
      server.on('error', onError);
      const { port: taken } = server.address() as AddressInfo;
      resolve({ endpoint: withPort(endpoint, taken), close: () => closeServer(sockets, server) });
    });
  });
}

/** The sockets that have not become WebSockets: nobody else counts them. */
class Handshakes {
  readonly #options: WebSocketListenOptions;
  /** In the order of their arrival. */
  readonly #sockets = new Set<Socket>();

  constructor(options: WebSocketListenOptions) {
    this.#options = options;
  }

  begin(socket: Socket): void {
    const { maxHandshakes = Number.POSITIVE_INFINITY, onRefused } = this.#options;
    this.#sockets.add(socket);
    socket.once('close', () => this.end(socket));
    if (this.#sockets.size <= maxHandshakes) return;
    const [oldest = socket] = this.#sockets;
    onRefused?.(peerOf(oldest), `newer ones are in its place, ${maxHandshakes} may be about to upgrade`);
    this.end(oldest);
    oldest.destroy();
  }

  end(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}

/** Web pages may connect anywhere, and only their browser says so, by the origin that it sends; our own callers have none. */
function isFromAllowedOrigin({ headers, socket }: http.IncomingMessage, options: WebSocketListenOptions): boolean {
  const origin = headers.origin ?? headers['sec-websocket-origin'];
  if (origin === undefined || options.allowedOrigins?.includes(String(origin))) return true;
  options.onRefused?.(peerOf(socket), `allowedOrigins does not have ${quoted(String(origin))}`);
  return false;
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `ws://${remoteAddress}:${remotePort}`;
}

function closeServer(sockets: WebSocketServer, server: http.Server): Promise<void> {
  sockets.close();
  server.close();
  server.closeAllConnections(); // those that have not become WebSockets, and now never will
  return new Promise((resolve) => setImmediate(resolve));
}
