import * as net from 'node:net';
import { describeEndpoint, type Endpoint, withPort } from '../endpoint.js';
import { setImmediate } from '../timers.js';
import {
  type ByteStream,
  type DialOptions,
  LISTEN_BACKLOG,
  type Listener,
  type ListenOptions,
  type StreamHandler,
} from './byte-stream.js';
import { dialFailure } from './dial-failure.js';
import { areTicksFake, endWithRealTicks, withRealTicks } from './real-ticks.js';

class TcpStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly #socket: net.Socket;

  constructor(socket: net.Socket, peer: string, address: string) {
    this.#socket = socket;
    this.peer = peer;
    this.address = address;
    // Nagle's algorithm would hold back a small packet until the last one is acknowledged: 40 to 88 ms for each call.
    socket.setNoDelay(true);
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  open(handler: StreamHandler): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    socket.on('data', (chunk) => handler.onData(chunk));
    socket.on('drain', () => handler.onDrain());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.once('close', () => handler.onClose(failure));
  }

  write(bytes: Buffer): boolean {
    // `write` returns false above its high-water mark, even when the kernel has taken everything meanwhile.
    const canTakeMore = areTicksFake() ? this.#writeWithRealTicks(bytes) : this.#socket.write(bytes);
    return canTakeMore || this.#socket.writableLength === 0;
  }

  /** A method of its own: V8 makes an object for the variables of a function that has a closure. */
  #writeWithRealTicks(bytes: Buffer): boolean {
    return withRealTicks(() => this.#socket.write(bytes));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    withRealTicks(() => this.#socket.end());
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/**
 * Connects. Rejects with the system's error (ECONNREFUSED, ENOTFOUND ...). TCP lets a socket connect to itself, on an
 * ephemeral port that no process listens on; such a connection is ended and reported as refused.
 */
export function dialTcp(endpoint: Endpoint<'tcp'>, { signal }: DialOptions): Promise<ByteStream> {
  const { host, port } = endpoint;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = withRealTicks(() => net.connect({ host, port }));
    endWithRealTicks(socket);
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', settle);
      socket.removeListener('connect', onConnect);
      if (error === undefined) {
        resolve(new TcpStream(socket, describeEndpoint(endpoint), host));
        return;
      }
      socket.on('error', () => {}); // errors of a socket that is being destroyed are of no use
      socket.destroy();
      reject(dialFailure(error));
    };
    const onAbort = (): void => settle(signal.reason);
    const onConnect = (): void => settle(isConnectedToItself(socket) ? refusedItself(endpoint) : undefined);
    socket.once('error', settle);
    socket.once('connect', onConnect);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function isConnectedToItself(socket: net.Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}

function refusedItself(endpoint: Endpoint): Error {
  const error = new Error(`connect ECONNREFUSED ${describeEndpoint(endpoint)} (the socket had connected to itself)`);
  return Object.assign(error, { code: 'ECONNREFUSED' });
}

export type TcpListenOptions = ListenOptions;

/** Listens on exactly this address, and shares it with no other process, not even with a sibling under `node:cluster`. */
export function listenTcp(endpoint: Endpoint<'tcp'>, { onStream, onError }: TcpListenOptions): Promise<Listener> {
  const { host, port } = endpoint;
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      endWithRealTicks(socket);
      onStream(new TcpStream(socket, `${socket.remoteAddress}:${socket.remotePort}`, String(socket.remoteAddress)));
    });
    server.once('error', reject);
    const onListening = (): void => {
      server.removeListener('error', reject);
      server.on('error', onError);
      const { port: taken } = server.address() as net.AddressInfo;
      resolve({ endpoint: withPort(endpoint, taken), close: () => closeServer(server) });
    };
    withRealTicks(() => server.listen({ host, port, exclusive: true, backlog: LISTEN_BACKLOG }, onListening));
  });
}

/** Resolves when the port is free, which is at once: only accepted sockets make `server.close` wait. */
function closeServer(server: net.Server): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
