import type { Socket } from 'node:net';
import { nextTick } from '../timers.js';

/** End of a connection that a socket is. */
type Side = 'dialled' | 'accepted';

/** Bytes of one reading at most: some items of a stream, each of which would take a reading of its own otherwise. */
const READ_BYTES = 256 * 1024;
/** Bytes of one reading of an accepted socket, as many as Node reads by itself: all of them may have to wait for a peer that reads no answers. */
const ACCEPTED_READ_BYTES = 64 * 1024;

/** Memory into which all sockets of the process are read. A reading is over before the next one begins. */
let memory: Readonly<Record<Side, Buffer>> | undefined;

function makeMemory(): Readonly<Record<Side, Buffer>> {
  const dialled = Buffer.allocUnsafeSlow(READ_BYTES);
  return { dialled, accepted: dialled.subarray(0, ACCEPTED_READ_BYTES) };
}

/**
 * Readings of a socket into memory that is used again. Otherwise Node allocates 64 KiB for each reading, and V8 collects the whole heap
 * every few hundred readings, since buffers count as external memory.
 */
export class SocketReads {
  readonly #side: Side;
  #onData: ((chunk: Buffer) => void) | undefined;
  /** Bytes that have come before {@link SocketReads.open}. The socket is paused then. */
  #early: Buffer | undefined;

  /** Option of a socket that is made. */
  readonly onread = {
    buffer: (): Buffer => {
      memory ??= makeMemory();
      return memory[this.#side];
    },
    callback: (bytes: number, read: Uint8Array): boolean => {
      const chunk = (read as Buffer).subarray(0, bytes);
      if (this.#onData === undefined) this.#early = Buffer.from(chunk);
      else this.#onData(chunk);
      return this.#onData !== undefined;
    },
  };

  constructor(side: Side) {
    this.#side = side;
  }

  /** Hands on the bytes from now on. The memory of a chunk is used again when `onData` returns. */
  open(socket: Socket, onData: (chunk: Buffer) => void): void {
    this.#onData = onData;
    const early = this.#early;
    if (early === undefined) return;
    this.#early = undefined;
    nextTick(() => {
      socket.resume(); // first, since the bytes may be a reason to pause
      onData(early);
    });
  }
}
