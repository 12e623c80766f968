/**
 * All that `limit-json` is: JSON messages with a number, on one socket.
 *
 *     0          4         8
 *     | length   | id      | body: JSON in UTF-8 |        length counts the header too; both integers big-endian
 *
 * Frames are encoded one behind the other into a slab, and leave in one contiguous write at the end of the tick.
 * Received frames are parsed where they lie; only one that is cut by the end of a chunk is copied.
 *
 * It has no limits, no timeouts and no errors, which is the point of it, and which is why it is no example.
 */
const HEADER_BYTES = 8;
const ID_AT = 4;
const SLAB_BYTES = 64 * 1024;
/** UTF-8 needs at most this many bytes for one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
const EARLY_FLUSH_MIN_FRAMES = 16;

const NO_BYTES = Buffer.alloc(0);

export interface JsonLinkOptions {
  /**
   * Also write in the middle of a tick, after max(16, a quarter of the last tick's frames) frames, so that the other
   * process works on the first frames of a burst while this one still encodes the rest.
   */
  readonly earlyFlush: boolean;
}

/** The part of a socket that a link needs. */
export interface LinkSocket {
  /** Bytes that were written and that the system has not taken. */
  readonly writableLength: number;
  setNoDelay(noDelay: boolean): unknown;
  on(event: 'data', receive: (chunk: Buffer) => void): unknown;
  write(bytes: Buffer): unknown;
}

export class JsonLink {
  readonly #socket: LinkSocket;
  readonly #earlyFlush: boolean;
  readonly #onMessage: (id: number, value: unknown) => void;

  /** Bytes in [#unsentFrom, #end) are encoded and not yet handed to the socket. */
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #slabView = viewOf(this.#slab);
  #unsentFrom = 0;
  #end = 0;

  #isFlushScheduled = false;
  #framesThisTick = 0;
  #unsentFrames = 0;
  #flushAfterFrames = EARLY_FLUSH_MIN_FRAMES;

  /** The frame cut by the end of a chunk: its first `#cutBytes` bytes. Before its length is known, a header's room. */
  #cut: Buffer = NO_BYTES;
  #cutBytes = 0;

  constructor(socket: LinkSocket, options: JsonLinkOptions, onMessage: (id: number, value: unknown) => void) {
    this.#socket = socket;
    this.#earlyFlush = options.earlyFlush;
    this.#onMessage = onMessage;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
  }

  send(id: number, value: unknown): void {
    const json = JSON.stringify(value);
    this.#reserve(HEADER_BYTES + json.length * MAX_BYTES_PER_UNIT);
    const at = this.#end;
    const frameBytes = HEADER_BYTES + this.#slab.write(json, at + HEADER_BYTES, 'utf8');
    this.#slabView.setUint32(at, frameBytes);
    this.#slabView.setUint32(at + ID_AT, id);
    this.#end = at + frameBytes;

    this.#framesThisTick++;
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      process.nextTick(this.#endTick);
    }
    if (this.#earlyFlush && ++this.#unsentFrames >= this.#flushAfterFrames) this.#flush();
  }

  readonly #endTick = (): void => {
    this.#isFlushScheduled = false;
    this.#flushAfterFrames = Math.max(EARLY_FLUSH_MIN_FRAMES, this.#framesThisTick >>> 2);
    this.#framesThisTick = 0;
    this.#flush();
  };

  #flush(): void {
    if (this.#end === this.#unsentFrom) return; // an early flush took the tick's last frame
    this.#unsentFrames = 0;
    this.#socket.write(this.#slab.subarray(this.#unsentFrom, this.#end));
    // Node tries to write at once. If the kernel took everything, nobody refers to the slab any more; else the part
    // behind #end is still free.
    if (this.#socket.writableLength === 0) this.#end = 0;
    this.#unsentFrom = this.#end;
  }

  /** Makes room behind #end. A tick that outgrows its slab moves to a larger one, so that it stays one write. */
  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const unsentBytes = this.#end - this.#unsentFrom;
    let slabBytes = this.#slab.length;
    while (slabBytes < unsentBytes + bytes) slabBytes *= 2;
    const slab = Buffer.allocUnsafeSlow(slabBytes);
    this.#slab.copy(slab, 0, this.#unsentFrom, this.#end);
    this.#slab = slab;
    this.#slabView = viewOf(slab);
    this.#unsentFrom = 0;
    this.#end = unsentBytes;
  }

  #receive(chunk: Buffer): void {
    let at = this.#cutBytes === 0 ? 0 : this.#completeCut(chunk);
    while (chunk.length - at >= HEADER_BYTES) {
      const frameBytes = chunk.readUInt32BE(at);
      if (chunk.length - at < frameBytes) break;
      this.#deliver(chunk, at, frameBytes);
      at += frameBytes;
    }
    if (at < chunk.length) this.#keepCut(chunk, at);
  }

  #deliver(buffer: Buffer, at: number, frameBytes: number): void {
    const json = buffer.toString('utf8', at + HEADER_BYTES, at + frameBytes);
    this.#onMessage(buffer.readUInt32BE(at + ID_AT), JSON.parse(json));
  }

  #keepCut(chunk: Buffer, at: number): void {
    const isLengthKnown = chunk.length - at >= HEADER_BYTES;
    this.#cut = Buffer.allocUnsafe(isLengthKnown ? chunk.readUInt32BE(at) : HEADER_BYTES);
    this.#cutBytes = chunk.copy(this.#cut, 0, at);
  }

  /** Returns how many bytes of `chunk` the cut frame took. */
  #completeCut(chunk: Buffer): number {
    let taken = this.#fillCut(chunk, 0);
    if (this.#cutBytes < this.#cut.length) return taken;
    const frameBytes = this.#cut.readUInt32BE(0);
    if (this.#cut.length < frameBytes) {
      // That was the rest of a header.
      const header = this.#cut;
      this.#cut = Buffer.allocUnsafe(frameBytes);
      header.copy(this.#cut);
      taken = this.#fillCut(chunk, taken);
      if (this.#cutBytes < frameBytes) return taken;
    }
    const frame = this.#cut;
    this.#cut = NO_BYTES;
    this.#cutBytes = 0;
    this.#deliver(frame, 0, frameBytes);
    return taken;
  }

  #fillCut(chunk: Buffer, from: number): number {
    const copied = chunk.copy(this.#cut, this.#cutBytes, from);
    this.#cutBytes += copied;
    return from + copied;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
