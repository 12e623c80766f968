import type { Socket } from 'node:net';
import type { ByteStream, StreamHandler } from './byte-stream.js';
import { areTicksFake, withRealTicks } from './real-ticks.js';

/** The stream of a socket of the system, whatever the socket's kind. */
export class SocketStream implements ByteStream {
  readonly peer: string;
  readonly address: string;
  readonly #socket: Socket;

  constructor(socket: Socket, peer: string, address: string) {
    this.#socket = socket;
    this.peer = peer;
    this.address = address;
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
