import { RpcCode, RpcError } from '../errors.js';
import { copyBytes, NO_BYTES, type RawBytes, utf8Length, writeUtf8 } from '../raw-bytes.js';
import { AT, FIRST_WORD, HEADER_BYTES, MAX_HEAD_BYTES, type PacketKind } from './packet.js';
import { SLAB_BYTES, type Slab, slabs } from './slabs.js';

/** Stands for the slab while no frame is begun or waits. */
const NO_SLAB: Slab = { bytes: NO_BYTES, view: new DataView(new ArrayBuffer(0)) };
/** Room behind a large part of a frame, for small parts that may follow. */
const ROOM_BEHIND = 8 * 1024;

/**
 * Receiver of the bytes that a codec writes. A codec appends, or writes into `bytes` itself: it makes room, writes from `at` on,
 * and moves `at`.
 */
export interface ByteSink {
  /** Number of numbers and bigints that the frame has as Map keys and Set items so far. The codec counts. */
  hashedKeys: number;
  readonly bytes: RawBytes;
  /** View of `bytes`. */
  readonly view: DataView;
  /** Offset of the next byte to write. */
  at: number;
  /** Offset at which the frame begins. Offsets from here stay when `reserve` moves the frame. */
  readonly origin: number;
  /**
   * Makes room for so many bytes at `at`. Replaces `bytes` and moves the frame where the room does not suffice. Throws where the
   * frame would be too large with `least` bytes: fewer than `bytes` where those are an estimate.
   */
  reserve(bytes: number, least?: number): void;
  /** Appends `source[start … end)`. */
  append(source: Uint8Array, start: number, end: number): void;
  appendUtf8(text: string): void;
}

/**
 * Encodes frames one behind the other into a slab, so that all frames of a tick leave in one contiguous write, without an
 * allocation or a concatenation for each frame.
 *
 * Order of use: `begin`, then the body through `append`, `appendUtf8` and `beginItem`/`endItem`, then `commit` or
 * `rollback`; one frame at a time. An error in between leaves a part of the frame behind, which the caller must roll back.
 * `take` hands out committed bytes, which belong to the socket until `recycle` is called.
 */
export class FrameWriter implements ByteSink {
  hashedKeys = 0;
  #maxFrameBytes: number;
  readonly #slabBytes: number;
  bytes: RawBytes = NO_SLAB.bytes;
  view: DataView = NO_SLAB.view;
  #slab = NO_SLAB;
  at = 0;
  /** Offset of the frame that is being written; equal to `at` between frames. */
  origin = 0;
  /** Offset of the first committed byte that was not taken. */
  #untaken = 0;
  /** Slabs before the current one, with their committed bytes. */
  readonly #full: [slab: Slab, committed: RawBytes][] = [];
  #fullBytes = 0;
  /** Slabs before the current one whose bytes were taken. The socket may hold them. */
  readonly #left: Slab[] = [];

  /** `slabBytes`: size of a slab that frames fit in. */
  constructor(maxFrameBytes: number, slabBytes = SLAB_BYTES) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#slabBytes = slabBytes;
  }

  /** Largest frame that is written. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Begins anew with this limit on a frame, where nothing that was written is wanted any more. */
  reuse(maxFrameBytes: number): void {
    this.#maxFrameBytes = maxFrameBytes;
    this.at = this.origin = this.#untaken = 0;
  }

  /** Lowers the limit on a frame to the limit of the other end. A higher limit changes nothing. */
  limitFrames(maxFrameBytes: number): void {
    this.#maxFrameBytes = Math.min(this.#maxFrameBytes, maxFrameBytes);
  }

  /** True while a frame is begun, and neither committed nor rolled back. */
  get isMidFrame(): boolean {
    return this.at !== this.origin;
  }

  /** Bytes that are committed and not taken. */
  get pendingBytes(): number {
    return this.#fullBytes + (this.origin - this.#untaken);
  }

  /**
   * Begins a frame. `head` is the JSON of the head (cluster-client: conn object), as bytes. `id` and `timeoutMs` are whole
   * numbers below 2^32; stock peers read numbers below 2^31. Throws {@link RpcCode.FrameTooLarge}, with nothing begun, on a
   * head for which the peer would close the connection.
   */
  begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): void {
    if (head.length > MAX_HEAD_BYTES) {
      throw new RpcError(RpcCode.FrameTooLarge, `a head of ${head.length} bytes; the limit is ${MAX_HEAD_BYTES}`, {
        delivery: 'not-sent',
      });
    }
    this.reserve(HEADER_BYTES + head.length);
    this.hashedKeys = 0;
    const at = this.at;
    const view = this.view;
    view.setUint32(at, FIRST_WORD[kind]);
    view.setUint32(at + AT.idHigh, 0);
    view.setUint32(at + AT.idLow, id);
    view.setUint32(at + AT.timeout, timeoutMs);
    view.setUint32(at + AT.headBytes, head.length);
    this.bytes.set(head, at + HEADER_BYTES);
    this.at = at + HEADER_BYTES + head.length;
  }

  /** Leaves room for a 4-byte length, and returns a mark for {@link endItem}. */
  beginItem(): number {
    this.reserve(4);
    const mark = this.at - this.origin;
    this.at += 4;
    return mark;
  }

  endItem(mark: number): void {
    const at = this.origin + mark;
    this.view.setUint32(at, this.at - at - 4);
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    copyBytes(source, start, end, this.bytes, this.at);
    this.at += end - start;
  }

  appendUtf8(text: string): void {
    this.reserve(utf8Length(text));
    this.at += writeUtf8(this.bytes, text, this.at);
  }

  /** Finishes the frame. Throws {@link RpcCode.FrameTooLarge}, and drops the frame, when the frame exceeds the limit. */
  commit(): void {
    const frameBytes = this.at - this.origin;
    if (frameBytes > this.#maxFrameBytes) {
      this.rollback();
      throw this.#tooLarge(`${frameBytes} bytes`);
    }
    const headBytes = this.view.getUint32(this.origin + AT.headBytes);
    this.view.setUint32(this.origin + AT.bodyBytes, frameBytes - HEADER_BYTES - headBytes);
    this.origin = this.at;
  }

  /** Drops the frame that is being written. */
  rollback(): void {
    this.at = this.origin;
  }

  /** Hands each run of committed bytes to `write`, the oldest first. There is nearly always one run. */
  take(write: (bytes: RawBytes) => void): void {
    while (this.#full.length > 0) {
      const [slab, bytes] = this.#full.shift() as [Slab, RawBytes];
      this.#fullBytes -= bytes.length;
      this.#left.push(slab);
      write(bytes);
    }
    if (this.origin > this.#untaken) {
      const bytes = this.bytes.subarray(this.#untaken, this.origin);
      this.#untaken = this.origin;
      write(bytes);
    }
  }

  /** Gives slabs back. Called when the socket holds none of the taken bytes any more. */
  recycle(): void {
    while (this.#left.length > 0) slabs.giveBack(this.#left.pop() as Slab);
    if (this.#untaken !== this.origin || this.at !== this.origin) return;
    this.at = this.origin = this.#untaken = 0;
    slabs.giveBack(this.#slab);
    this.#useSlab(NO_SLAB);
  }

  reserve(bytes: number, least = bytes): void {
    if (this.at + bytes > this.bytes.length) this.#roll(bytes, least);
  }

  /** Continues in a new slab. The unfinished frame moves along, since a frame is contiguous. */
  #roll(bytes: number, least: number): void {
    const written = this.at - this.origin;
    const needed = written + bytes;
    if (written + least > this.#maxFrameBytes) throw this.#tooLarge(`at least ${written + least} bytes`);
    const old = this.#slab;
    const from = this.origin;
    if (from > this.#untaken) {
      const committed = this.bytes.subarray(this.#untaken, from);
      this.#full.push([old, committed]);
      this.#fullBytes += committed.length;
    } else {
      this.#left.push(old);
    }
    // As much again as is written, so that a frame that grows in many small steps is not moved at each step.
    const wanted = needed + Math.max(written, ROOM_BEHIND);
    const size = Math.max(this.#slabBytes, Math.min(wanted, Math.max(needed, this.#maxFrameBytes)));
    this.#useSlab(slabs.borrow(size));
    copyBytes(old.bytes, from, from + written, this.bytes, 0);
    this.at = written;
    this.origin = 0;
    this.#untaken = 0;
  }

  #tooLarge(size: string): RpcError {
    const message = `a frame of ${size}; maxFrameBytes is ${this.#maxFrameBytes}`;
    return new RpcError(RpcCode.FrameTooLarge, message, { delivery: 'not-sent' });
  }

  #useSlab(slab: Slab): void {
    this.#slab = slab;
    this.bytes = slab.bytes;
    this.view = slab.view;
  }
}
