/**
 * All that `limit-raw` is: a length, a number, and bytes, on one socket. Frames of a tick leave in one write; bytes of some size are
 * handed to the socket as they are. Received bytes are parts of the chunk that they came in, where they came in one.
 */
import type { LinkSocket } from './json-link.js';

const HEADER_BYTES = 8;
const ID_AT = 4;
const SLAB_BYTES = 64 * 1024;
/** Bytes from here on are not copied. */
const LARGE_BYTES = 32 * 1024;

export class RawLink {
  readonly #socket: LinkSocket;
  readonly #onMessage: (id: number, bytes: Buffer) => void;
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #from = 0;
  #end = 0;
  #isFlushScheduled = false;
  /** Header of the frame that is being received, as far as it came. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #body: Buffer | undefined;
  #bodyBytes = 0;

  constructor(socket: LinkSocket, onMessage: (id: number, bytes: Buffer) => void) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  send(id: number, bytes: Buffer): void {
    const isLarge = bytes.length >= LARGE_BYTES;
    const copied = HEADER_BYTES + (isLarge ? 0 : bytes.length);
    if (this.#end + copied > SLAB_BYTES) this.#renew();
    this.#slab.writeUInt32BE(bytes.length, this.#end);
    this.#slab.writeUInt32BE(id, this.#end + ID_AT);
    if (!isLarge) this.#slab.set(bytes, this.#end + HEADER_BYTES);
    this.#end += copied;
    if (isLarge) {
      this.#flush();
      this.#socket.write(bytes);
    } else if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      process.nextTick(this.#endTick);
    }
  }

  readonly #endTick = (): void => {
    this.#isFlushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#end === this.#from) return;
    this.#socket.write(this.#slab.subarray(this.#from, this.#end));
    if (this.#socket.writableLength === 0) this.#end = 0;
    this.#from = this.#end;
  }

  #renew(): void {
    this.#flush();
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#from = 0;
    this.#end = 0;
  }

  #receive(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerBytes < HEADER_BYTES) {
        const taken = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes);
        this.#headerBytes += taken;
        at += taken;
        if (this.#headerBytes < HEADER_BYTES) return;
      }
      const length = this.#header.readUInt32BE();
      if (this.#body === undefined && chunk.length - at >= length) {
        this.#deliver(chunk.subarray(at, at + length));
        at += length;
        continue;
      }
      this.#body ??= Buffer.allocUnsafeSlow(length);
      const taken = chunk.copy(this.#body, this.#bodyBytes, at);
      this.#bodyBytes += taken;
      at += taken;
      if (this.#bodyBytes === length) this.#deliver(this.#body);
    }
  }

  #deliver(bytes: Buffer): void {
    this.#headerBytes = 0;
    this.#body = undefined;
    this.#bodyBytes = 0;
    this.#onMessage(this.#header.readUInt32BE(ID_AT), bytes);
  }
}
