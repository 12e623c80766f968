import type { Socket } from 'node:net';

/** Bytes of an unfinished message that are not reported: nearly every chunk ends within a message. */
const UNREPORTED_BYTES = 64 * 1024;

/**
 * Counts the bytes of a WebSocket message that have arrived while its rest has not. ws collects them by itself, and hands on
 * whole messages only.
 */
export class MessageParts {
  readonly #socket: Socket;
  readonly #onBytes: (bytes: number) => void;
  /** Bytes of the socket up to the last message that was whole. */
  #whole: number;
  #isReported = false;

  /** Must be made after ws has begun to read the socket, and paused: ws handles each chunk first. */
  constructor(socket: Socket, onBytes: (bytes: number) => void) {
    this.#socket = socket;
    this.#onBytes = onBytes;
    this.#whole = socket.bytesRead;
    socket.on('data', () => this.#onChunk());
  }

  messageEnded(): void {
    this.#whole = this.#socket.bytesRead;
    if (this.#isReported) this.#onBytes(0);
    this.#isReported = false;
  }

  #onChunk(): void {
    const bytes = this.#socket.bytesRead - this.#whole;
    if (bytes <= UNREPORTED_BYTES) return;
    this.#isReported = true;
    this.#onBytes(bytes);
  }
}
