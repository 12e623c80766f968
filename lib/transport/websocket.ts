import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { describeEndpoint, type Endpoint, withPort } from '../endpoint.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../protocol/packet.js';
import { quoted } from '../quoted.js';
import { nextTick, setImmediate } from '../timers.js';
import {
  type ByteStream,
  type DialOptions,
  LISTEN_BACKLOG,
  type Listener,
  type ListenOptions,
  type StreamHandler,
} from './byte-stream.js';
import { dialFailure } from './dial-failure.js';
import { MessageParts } from './message-parts.js';

/** Bytes that may wait in a WebSocket, like a socket's own high-water mark; past them, writing pauses. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Longest message. A longer write leaves in several messages, so that the two ends need not agree on a length. */
const MESSAGE_BYTES = 64 * 1024;
/** Largest limit that ws knows: ws keeps the number in 32 bits, and takes a larger number for no limit. */
const MAX_PAYLOAD_BYTES = 2 ** 31 - 1;
const NORMAL_CLOSURE = 1000;
/** Close codes of an end in order: normal, peer going away, no code given, no close frame. */
const ORDERLY = new Set([NORMAL_CLOSURE, 1001, 1005, 1006]);

/**
 * Options of ws. Compression costs more than it saves between processes, and binary messages need no UTF-8 checks. ws hands
 * on whole messages: the messages of this package are short, but another peer may send a frame as one message.
 */
function wsOptions(maxFrameBytes = DEFAULT_MAX_FRAME_BYTES) {
  const maxPayload = Math.min(MAX_PAYLOAD_BYTES, Math.max(maxFrameBytes, MESSAGE_BYTES));
  return { perMessageDeflate: false, skipUTF8Validation: true, maxPayload };
}

class WebSocketStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly #ws: WebSocket;
  #wantsDrain = false;
  #isEnding = false;
  #isClosed = false;
  #failure: Error | undefined;
  #handler: StreamHandler | undefined;
  readonly #messageParts: MessageParts | undefined;

  /** `socket` is given where parts of messages are to be reported. Must be made as soon as the WebSocket is open: bytes that the peer sent with the upgrade follow at once. */
  constructor(ws: WebSocket, peer: string, address: string, socket?: Socket) {
    this.#ws = ws;
    this.peer = peer;
    this.address = address;
    ws.binaryType = 'nodebuffer';
    ws.pause();
    ws.on('message', (data: RawData) => {
      this.#messageParts?.messageEnded();
      this.#handler?.onData(data as Buffer);
    });
    if (socket !== undefined)
      this.#messageParts = new MessageParts(socket, (bytes) => this.#handler?.onPartial?.(bytes));
    ws.on('error', (error) => {
      this.#failure ??= error;
      // ws would wait half a minute for the peer's close frame.
      ws.terminate();
    });
    ws.on('ping', () => {
      // ws ends a connection that requests too many pongs at once, and gives no reason.
      if (ws.readyState !== WebSocket.OPEN && !this.#isEnding)
        this.#failure ??= new Error('the peer sends pings and does not read the answers');
    });
    ws.once('close', (code) => {
      if (!ORDERLY.has(code)) this.#failure ??= new Error(`the peer closed it with code ${code}`);
      this.#isClosed = true;
      this.#handler?.onClose(this.#failure);
    });
  }

  get pendingBytes(): number {
    return this.#ws.bufferedAmount;
  }

  open(handler: StreamHandler): void {
    this.#handler = handler;
    if (this.#isClosed) nextTick(() => handler.onClose(this.#failure));
    else this.#ws.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#ws.readyState !== WebSocket.OPEN) return false; // the close event follows
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

  /** Stands for the drain event, which ws lacks: ws calls back when the bytes of a message have left. */
  readonly #onSent = (): void => {
    if (!this.#wantsDrain || this.#ws.bufferedAmount >= HIGH_WATER_BYTES) return;
    this.#wantsDrain = false;
    this.#handler?.onDrain();
  };
}

export interface WebSocketDialOptions {
  /** Largest frame that is accepted; bounds what ws collects by itself. Unit: bytes. @default 4 MiB */
  readonly maxFrameBytes?: number;
}

export interface WebSocketListenOptions extends ListenOptions {
  /** Time that a connection may take until its upgrade. Unit: ms */
  readonly handshakeTimeout: number;
  /** Connections that may wait for their upgrade at the same time. Past this bound the oldest is evicted. @default unlimited */
  readonly maxHandshakes?: number;
  /** Web pages that may connect, by origin. @default none */
  readonly allowedOrigins?: readonly string[];
  /** Largest frame that is accepted; see {@link WebSocketDialOptions.maxFrameBytes}. */
  readonly maxFrameBytes?: number;
  /** Called for a connection that was closed before `onStream`. `why` holds text of the peer only in quotes. */
  onRefused?(peer: string, why: string): void;
}

/** Connects, and upgrades. Rejects with the system's error, or with the error of ws when the other end is not a WebSocket server. */
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
    const giveUp = (reason: unknown): void => {
      release();
      ws.on('error', () => {}); // terminate() reports that it was terminated
      ws.terminate();
      reject(reason);
    };
    const fail = (error: Error): void => giveUp(handshakeFailure(dialFailure(error)));
    const onAbort = (): void => giveUp(signal.reason);
    const onOpen = (): void => {
      release();
      resolve(new WebSocketStream(ws, url, endpoint.host));
    };
    ws.once('error', fail);
    ws.once('open', onOpen);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The error of a connection that was made, and not upgraded: the messages of Node and ws ("socket hang up", "Parse Error")
 * name no cause. An error of the system, which has a `syscall`, is returned as it is.
 */
function handshakeFailure(error: Error): Error {
  if ('syscall' in error) return error;
  const { code } = error as NodeJS.ErrnoException;
  const why = `the WebSocket handshake failed (${error.message}): another program is on this port, or the server has the transport tcp`;
  return Object.assign(new Error(why, { cause: error }), code === undefined ? {} : { code });
}

/** Listens on exactly this address, as {@link listenTcp} does. Answers 426 to a request that is not a WebSocket upgrade. */
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
      const { socket } = request;
      onStream(new WebSocketStream(ws, peerOf(socket), String(socket.remoteAddress), socket));
    });
    sockets.on('error', () => {}); // ws repeats the errors of the HTTP server, which are handled below
    server.once('error', reject);
    server.listen({ host, port, exclusive: true, backlog: LISTEN_BACKLOG }, () => {
      server.removeListener('error', reject);
      server.on('error', onError);
      const { port: taken } = server.address() as AddressInfo;
      resolve({ endpoint: withPort(endpoint, taken), close: () => closeServer(sockets, server) });
    });
  });
}

/** Sockets that have not become WebSockets. The Leader counts only WebSockets. */
class Handshakes {
  readonly #options: WebSocketListenOptions;
  /** Sockets in the order of their arrival. */
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
    onRefused?.(peerOf(oldest), `evicted for a newer connection; at most ${maxHandshakes} may wait for their upgrade`);
    this.end(oldest);
    oldest.destroy();
  }

  end(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}

/** Checks the origin, which browsers send for the web page that connects. Callers of this package send no origin. */
function isFromAllowedOrigin({ headers, socket }: http.IncomingMessage, options: WebSocketListenOptions): boolean {
  const origin = headers.origin ?? headers['sec-websocket-origin'];
  if (origin === undefined || options.allowedOrigins?.includes(String(origin))) return true;
  options.onRefused?.(peerOf(socket), `allowedOrigins does not contain ${quoted(String(origin))}`);
  return false;
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `ws://${remoteAddress}:${remotePort}`;
}

function closeServer(sockets: WebSocketServer, server: http.Server): Promise<void> {
  sockets.close();
  server.close();
  server.closeAllConnections(); // sockets that have not become WebSockets
  return new Promise((resolve) => setImmediate(resolve));
}
