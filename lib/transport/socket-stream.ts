import type { Socket } from 'node:net';
import type { ByteStream, StreamFacts, StreamHandler } from './byte-stream.js';
import { areTicksFake, withRealTicks } from './real-ticks.js';
import type { SocketReads } from './socket-reads.js';

/** Parts of a stream beside its socket. */
interface SocketParts {
  readonly facts?: StreamFacts;
  /** Puts the cause of an error into words. */
  explain?(error: Error): Error;
  /** Bytes that a socket may hold although the kernel takes all bytes: node:tls ends each write in a later phase of the event loop. */
  readonly writingBytes?: number;
  /** Readings of the socket, where it was made with them. */
  readonly reads?: SocketReads | undefined;
}

/** The stream of a socket of the system, whatever the socket's kind. */
export class SocketStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly facts: StreamFacts | undefined;
  readonly #socket: Socket;
  readonly #explain: (error: Error) => Error;
  readonly #writingBytes: number;
  readonly #reads: SocketReads | undefined;

  constructor(
    socket: Socket,
    peer: string,
    address: string,
    { facts, explain = (error) => error, writingBytes = 0, reads }: SocketParts = {},
  ) {
    this.#socket = socket;
    this.peer = peer;
    this.address = address;
    this.facts = facts;
    this.#explain = explain;
    this.#writingBytes = writingBytes;
    this.#reads = reads;
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  open(handler: StreamHandler): void {
    const socket = this.#socket;
    let failure: Error | undefined;
    const onData = (chunk: Buffer): void => handler.onData(chunk);
    if (this.#reads === undefined) socket.on('data', onData);
    else this.#reads.open(socket, onData);
    socket.on('drain', () => handler.onDrain());
    socket.on('error', (error) => {
      failure = this.#explain(error);
    });
    socket.once('close', () => handler.onClose(failure));
  }

  write(bytes: Buffer): boolean {
    // `write` returns false above its high-water mark, even when the kernel has taken everything meanwhile.
    const canTakeMore = areTicksFake() ? this.#writeWithRealTicks(bytes) : this.#socket.write(bytes);
    return canTakeMore || this.#socket.writableLength <= this.#writingBytes;
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
