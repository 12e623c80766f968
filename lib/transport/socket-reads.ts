import type { Socket } from 'node:net';
import { nextTick } from '../timers.js';

/** Bytes of one reading at most: some items of a stream, each of which would take a reading of its own otherwise. */
const READ_BYTES = 256 * 1024;

/** Memory into which all dialled sockets of the process are read. A reading is over before the next one begins. */
let memory: Buffer | undefined;

/**
 * Readings of a dialled socket into memory that is used again. Otherwise Node allocates 64 KiB for each reading, and V8 collects the
 * whole heap every few hundred readings, since buffers count as external memory. Only a socket that this process dials can be read
 * so: Node makes the accepted ones itself.
 */
export class SocketReads {
  #onData: ((chunk: Buffer) => void) | undefined;
  /** Bytes that have come before {@link SocketReads.open}. The socket is paused then. */
  #early: Buffer | undefined;

  /** Option of `net.connect`. */
  readonly onread = {
    buffer: (): Buffer => {
      memory ??= Buffer.allocUnsafeSlow(READ_BYTES);
      return memory;
    },
    callback: (bytes: number, read: Uint8Array): boolean => {
      const chunk = (read as Buffer).subarray(0, bytes);
      if (this.#onData === undefined) this.#early = Buffer.from(chunk);
      else this.#onData(chunk);
      return this.#onData !== undefined;
    },
  };

  /** Hands on the bytes from now on. The memory of a chunk is used again when `onData` returns. */
  open(socket: Socket, onData: (chunk: Buffer) => void): void {
    this.#onData = onData;
    const early = this.#early;
    if (early === undefined) return;
    this.#early = undefined;
    nextTick(() => {
      onData(early);
      socket.resume();
    });
  }
}
