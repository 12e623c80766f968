import { RpcCode, RpcError } from '../errors.js';
import { integer } from '../options.js';
import { copyBytes, NO_BYTES, type RawBytes } from '../raw-bytes.js';
import { answerWithoutTls, ForeignError } from './foreign-answer.js';
import { describeForeign } from './foreign-bytes.js';
import { AT, type FrameView, HEADER_BYTES, MAX_HEAD_BYTES, REQUEST, RESPONSE, readUint32, VERSION } from './packet.js';
import { findSpare, giveSpare, keepCopy, takeSpare } from './spare-bytes.js';

/** Smallest buffer for the first part of a frame. The buffer doubles as more of the frame arrives. Unit: bytes */
const MIN_HELD_BYTES = 4096;

/** Bytes whose packets are not handed out yet: `bytes[at … end)`. */
interface Rest {
  readonly bytes: RawBytes;
  readonly at: number;
  readonly end: number;
  /** True for a part of the chunk that was pushed last, in memory of the caller. All else is copies. */
  readonly isLent: boolean;
}

/**
 * Takes bytes, and hands out packets, in whatever pieces the bytes arrive.
 *
 * A frame that lies whole in a chunk is handed on in place, without a copy. A frame that the end of a chunk cuts is copied
 * once, into a buffer that grows with the bytes that have arrived, never with the size that the header claims. Limits are
 * checked as soon as the header is there, before any byte is buffered.
 */
export class Framer {
  #maxFrameBytes: number;
  #limitName: string;
  readonly #onFrame: (frame: FrameView) => void;
  readonly #frame: FrameView = {
    kind: REQUEST,
    id: 0,
    timeout: 0,
    bytes: NO_BYTES,
    headStart: 0,
    bodyStart: 0,
    end: 0,
  };
  /** First bytes of a frame whose rest has not arrived: `#held[0 … #heldBytes)`. */
  #held: RawBytes = NO_BYTES;
  #heldBytes = 0;
  #stopped = false;
  #paused = false;
  /** Bytes that have arrived while paused. */
  #rest: Rest[] = [];
  /** Counted, since a WebSocket may bring a chunk for each of thousands of small messages. */
  #restBytes = 0;

  /** `onFrame` must not keep the view or slices of its bytes, which are both reused. */
  constructor(maxFrameBytes: number, onFrame: (frame: FrameView) => void, limitName = 'maxFrameBytes is') {
    this.#maxFrameBytes = maxFrameBytes;
    this.#limitName = limitName;
    this.#onFrame = onFrame;
  }

  /** True while a frame has arrived in part. A peer that sends no more for long is stuck or hostile. */
  get isMidFrame(): boolean {
    return this.#heldBytes > 0;
  }

  /** Bytes that the buffer of an unfinished frame takes. 0 for the small buffer that each connection may keep. */
  get heldBytes(): number {
    return this.#held.length > MIN_HELD_BYTES ? this.#held.length : 0;
  }

  /** Bytes of the chunks that wait for {@link resume}. */
  get restBytes(): number {
    return this.#restBytes;
  }

  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** The error for a frame of so many bytes, or for its part that has arrived. Nothing is handed out after this. */
  tooLarge(frameBytes: number): RpcError {
    return this.#tooLarge(`a frame of ${frameBytes} bytes; ${this.#limitName} ${this.#maxFrameBytes}`);
  }

  /** Sets the limit on the frames that follow. */
  limitFrames(maxFrameBytes: number): void {
    this.#maxFrameBytes = maxFrameBytes;
    this.#limitName = 'maxFrameBytes is';
  }

  /** True while whole or partial packets have arrived that wait for {@link resume}. */
  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Stops handing out packets until {@link resume}, even those that the current chunk still holds. Nothing is lost. */
  pause(): void {
    this.#paused = true;
  }

  /** Hands out the packets that waited. Throws as {@link push} does. */
  resume(): void {
    this.#paused = false;
    while (!this.#paused && !this.#stopped && this.#rest.length > 0) {
      const { bytes, at, end, isLent } = this.#rest.shift() as Rest;
      this.#restBytes -= end - at;
      this.#read(bytes, at, end, isLent);
      if (!isLent && this.#rest[0]?.bytes !== bytes) giveSpare(bytes);
    }
  }

  /** Copies what waits of the chunk that was pushed last, since the memory of the chunk is about to be used again. */
  keepRest(): void {
    const [first] = this.#rest;
    if (first?.isLent) this.#rest[0] = copyOf(first.bytes, first.at, first.end);
  }

  /** Stops handing out packets, even those that the current chunk still holds. */
  stop(): void {
    this.#stopped = true;
    this.#rest = [];
    this.#restBytes = 0;
    this.#held = NO_BYTES;
    this.#heldBytes = 0;
  }

  /**
   * Takes a chunk, whose memory may be used again after {@link keepRest}. Throws {@link RpcCode.Protocol} or
   * {@link RpcCode.FrameTooLarge} on bytes that are not a packet. The start of the next packet is unknown then, so the framer has
   * stopped, and the connection must be closed.
   */
  push(chunk: RawBytes): void {
    if (chunk.length === 0) return; // a message of a WebSocket without bytes
    if (!this.#paused) return this.#read(chunk, 0, chunk.length, true);
    this.#rest.push(copyOf(chunk, 0, chunk.length));
    this.#restBytes += chunk.length;
  }

  #read(chunk: RawBytes, start: number, end: number, isLent: boolean): void {
    let at = this.#heldBytes > 0 ? this.#completeHeld(chunk, end) : start;
    let frameBytes = 0;
    while (!this.#stopped && !this.#paused && end - at >= HEADER_BYTES) {
      frameBytes = this.#frameBytes(chunk, at);
      if (end - at < frameBytes) break;
      this.#emit(chunk, at, frameBytes);
      at += frameBytes;
    }
    this.#frame.bytes = NO_BYTES; // an idle connection must not keep the last chunk or a large frame alive
    if (at >= end || this.#stopped) return;
    if (!this.#paused) {
      // Another program may send less than a header, and then wait for us.
      if (chunk[at + AT.version] !== VERSION) throw this.#notOurs(chunk, at);
      return this.#hold(chunk, at, end, Math.max(end - at, end - at < HEADER_BYTES ? 0 : frameBytes));
    }
    this.#rest.unshift({ bytes: chunk, at, end, isLent });
    this.#restBytes += end - at;
  }

  /** Completes the held frame from the chunk, and returns the number of bytes taken. */
  #completeHeld(chunk: RawBytes, end: number): number {
    let at = 0;
    if (this.#heldBytes < HEADER_BYTES) {
      at = Math.min(HEADER_BYTES - this.#heldBytes, end);
      this.#hold(chunk, 0, at, HEADER_BYTES);
      if (this.#heldBytes < HEADER_BYTES) return at;
    }
    const frameBytes = this.#frameBytes(this.#held, 0);
    const taken = Math.min(frameBytes - this.#heldBytes, end - at);
    this.#hold(chunk, at, at + taken, frameBytes);
    if (this.#heldBytes < frameBytes) return at + taken;
    const whole = this.#held;
    this.#heldBytes = 0;
    this.#emit(whole, 0, frameBytes);
    if (whole.length <= MIN_HELD_BYTES) return at + taken;
    this.#held = NO_BYTES; // the connection does not keep the buffer of a large frame
    giveSpare(whole);
    return at + taken;
  }

  /** Adds bytes of the chunk to the held ones. `mostBytes`: largest size that the buffer may need, as far as is known. */
  #hold(chunk: RawBytes, start: number, end: number, mostBytes: number): void {
    const needed = this.#heldBytes + (end - start);
    if (needed > this.#held.length) this.#grow(needed, mostBytes);
    copyBytes(chunk, start, end, this.#held, this.#heldBytes);
    this.#heldBytes = needed;
  }

  /** Goes on in a larger buffer: one for the whole frame where the process has it to spare. */
  #grow(needed: number, mostBytes: number): void {
    const doubled = Math.min(this.#held.length * 2, mostBytes);
    const grown = findSpare(mostBytes) ?? takeSpare(Math.max(MIN_HELD_BYTES, needed, doubled));
    copyBytes(this.#held, 0, this.#heldBytes, grown, 0);
    giveSpare(this.#held);
    this.#held = grown;
  }

  #frameBytes(bytes: RawBytes, at: number): number {
    if (bytes[at + AT.version] !== VERSION) throw this.#notOurs(bytes, at);
    const kind = bytes[at + AT.kind] as number;
    if (kind !== REQUEST && kind !== RESPONSE)
      throw this.#notAPacket(`kind ${kind}, expected ${REQUEST} or ${RESPONSE}`);
    if (readUint32(bytes, at + AT.idHigh) !== 0) throw this.#notAPacket('a request id of 2^32 or more');
    const headBytes = readUint32(bytes, at + AT.headBytes);
    if (headBytes > MAX_HEAD_BYTES)
      throw this.#tooLarge(`a head of ${headBytes} bytes; the limit is ${MAX_HEAD_BYTES}`);
    const frameBytes = HEADER_BYTES + headBytes + readUint32(bytes, at + AT.bodyBytes);
    if (frameBytes > this.#maxFrameBytes) throw this.tooLarge(frameBytes);
    return frameBytes;
  }

  #emit(bytes: RawBytes, at: number, frameBytes: number): void {
    const frame = this.#frame;
    frame.kind = bytes[at + AT.kind] as FrameView['kind'];
    frame.id = readUint32(bytes, at + AT.idLow);
    frame.timeout = readUint32(bytes, at + AT.timeout);
    frame.bytes = bytes;
    frame.headStart = at + HEADER_BYTES;
    frame.bodyStart = frame.headStart + readUint32(bytes, at + AT.headBytes);
    frame.end = at + frameBytes;
    this.#onFrame(frame);
  }

  #notOurs(bytes: RawBytes, at: number): RpcError {
    const foreign = describeForeign(bytes, at);
    if (foreign === undefined)
      return this.#notAPacket(
        `version ${bytes[at + AT.version]}, expected ${VERSION}; install one release of mailstation at both ends, or check ` +
          'the address and the port',
      );
    this.stop();
    return new ForeignError(foreign, answerWithoutTls(bytes, at));
  }

  #notAPacket(what: string): RpcError {
    this.stop();
    return new RpcError(RpcCode.Protocol, `the peer sent bytes that are not a packet: ${what}`);
  }

  #tooLarge(what: string): RpcError {
    this.stop();
    return new RpcError(RpcCode.FrameTooLarge, `the peer sent ${what}`);
  }
}

function copyOf(bytes: RawBytes, at: number, end: number): Rest {
  return { bytes: keepCopy(bytes, at, end), at: 0, end: end - at, isLent: false };
}

/** Checks an option that limits the size of a frame: one byte beyond the header at least, 2^31 at most. Unit: bytes. */
export function frameLimit(name: string, value: unknown, fallback: number): number {
  return integer(name, value, fallback, HEADER_BYTES + 1, 2 ** 31);
}
