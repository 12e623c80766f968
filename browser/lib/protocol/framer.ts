import { RpcCode, RpcError } from '../../../lib/errors.js';
import { integer } from '../../../lib/options.js';
import { AT, HEADER_BYTES, MAX_HEAD_BYTES, RESPONSE, readUint32, VERSION } from '../../../lib/protocol/packet.js';
import { NO_BYTES, type RawBytes } from '../raw-bytes.js';

/** A whole packet in received bytes, as in `lib/protocol/packet.ts`. */
interface FrameView {
  readonly kind: 0 | 1;
  readonly id: number;
  readonly timeout: number;
  readonly bytes: RawBytes;
  readonly headStart: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** Takes the messages of a WebSocket, and hands out packets. Messages wait until a packet is whole, and are then joined once. */
export class Framer {
  readonly #maxFrameBytes: number;
  readonly #onFrame: (frame: FrameView) => void;
  /** Bytes of a packet whose rest has not arrived, and how many bytes there have to be. */
  #parts: RawBytes[] = [];
  #bytes = 0;
  #needed = 1;
  #stopped = false;

  constructor(maxFrameBytes: number, onFrame: (frame: FrameView) => void) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#onFrame = onFrame;
  }

  /** True while a packet has arrived in part. */
  get isMidFrame(): boolean {
    return this.#bytes > 0;
  }

  /** Hands out no more packets. */
  stop(): void {
    this.#stopped = true;
    this.#parts = [];
  }

  /** Takes a message. Throws {@link RpcCode.Protocol} or {@link RpcCode.FrameTooLarge} on bytes that are not a packet. */
  push(message: RawBytes): void {
    this.#parts.push(message);
    this.#bytes += message.length;
    if (this.#bytes < this.#needed) return;
    const bytes = this.#joined();
    let at = 0;
    this.#needed = 1;
    while (!this.#stopped && bytes.length > at) {
      this.#needed = this.#frameBytes(bytes, at);
      if (bytes.length - at < this.#needed) break;
      this.#emit(bytes, at, at + this.#needed);
      at += this.#needed;
      this.#needed = 1;
    }
    this.#bytes = bytes.length - at;
    this.#parts = this.isMidFrame && !this.#stopped ? [bytes.subarray(at)] : [];
  }

  #joined(): RawBytes {
    const [first = NO_BYTES, ...others] = this.#parts;
    if (others.length === 0) return first;
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** Bytes of the frame; those of its header where there are fewer. Another program may send less than a header, and then wait. */
  #frameBytes(bytes: RawBytes, at: number): number {
    const [version, kind] = bytes.subarray(at);
    const isHeader = bytes.length - at >= HEADER_BYTES;
    if (version !== VERSION || (isHeader && (Number(kind) > RESPONSE || readUint32(bytes, at + AT.idHigh) > 0))) {
      this.#fail(RpcCode.Protocol, `no packet: version ${version}, expected ${VERSION}; kind ${kind}`);
    }
    if (!isHeader) return HEADER_BYTES;
    const head = readUint32(bytes, at + AT.headBytes);
    const frame = HEADER_BYTES + head + readUint32(bytes, at + AT.bodyBytes);
    if (head > MAX_HEAD_BYTES || frame > this.#maxFrameBytes)
      this.#fail(RpcCode.FrameTooLarge, `a frame of ${frame} bytes; maxFrameBytes is ${this.#maxFrameBytes}`);
    return frame;
  }

  #emit(bytes: RawBytes, at: number, end: number): void {
    const headStart = at + HEADER_BYTES;
    this.#onFrame({
      kind: bytes[at + AT.kind] as FrameView['kind'],
      id: readUint32(bytes, at + AT.idLow),
      timeout: readUint32(bytes, at + AT.timeout),
      bytes,
      headStart,
      bodyStart: headStart + readUint32(bytes, at + AT.headBytes),
      end,
    });
  }

  #fail(code: RpcCode, what: string): never {
    this.stop();
    throw new RpcError(code, `the peer sent ${what}`);
  }
}

/** Checks an option that limits the size of a frame: one byte beyond the header at least, 2^31 at most. Unit: bytes. */
export function frameLimit(name: string, value: unknown, fallback: number): number {
  return integer(name, value, fallback, HEADER_BYTES + 1, 2 ** 31);
}
