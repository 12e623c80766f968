import { encodeItem } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import { FrameWriter } from '../protocol/frame-writer.js';
import { HEAD } from '../protocol/message.js';
import type { PacketKind } from '../protocol/packet.js';
import { nextTick } from '../timers.js';
import { ITEMS_TIMEOUT_MS, type ItemConnection, writeItem } from './item-frame.js';
import { COUNT_BYTES, writeCount } from './stream-body.js';

/** Bytes of items after which a frame takes no further item. */
const JOINED_BYTES = 4 * 1024;
/** Items after which a frame takes no further item, and is written: the receiver works on them while others are produced. */
const JOINED_ITEMS = 64;
/** Bytes of the largest item that shares a frame: to copy a larger one costs more than a frame of its own. */
const SMALL_BYTES = 1024;
/** Bytes of items that may wait for the end of the tick on one connection, over all streams. */
const WAITING_BYTES = 64 * 1024;
/** Bytes of the memory in which a frame is gathered, with room for an item whose size is estimated. */
const GATHER_BYTES = 8 * 1024;
/** Memory that stays for the next frames of any connection. */
const MAX_SPARES = 64;

const spares: FrameWriter[] = [];

/**
 * Writes the items of the streams of one connection. Small items of one stream that are ready in the same tick share a frame. The
 * frame leaves at the end of the tick, where the connection writes what is queued, so that no item waits for a later one.
 */
export class ItemFrames {
  readonly connection: ItemConnection;
  readonly kind: PacketKind;
  /** False where the peer takes no frames of the size of several items. */
  readonly joins: boolean;
  /** Streams with items that wait for the end of the tick, by their first such item. */
  readonly #waiting = new Set<StreamFrames>();
  #waitingBytes = 0;
  #isScheduled = false;

  /** `kind`: that of the frames, for all streams. */
  constructor(connection: ItemConnection, kind: PacketKind) {
    this.connection = connection;
    this.kind = kind;
    this.joins = connection.maxFrameBytes >= GATHER_BYTES;
  }

  /** The frames of one stream. */
  open(id: number, codec: Codec): StreamFrames {
    return new StreamFrames(this, id, codec);
  }

  /**
   * Queues the frames of all items that wait, those of `last` as the last ones. The order matters where the streams of the connection
   * have as many bytes ahead as they may: the receiver takes a frame only while there is room for the items of its first byte.
   */
  flush(last?: StreamFrames): void {
    for (const frames of [...this.#waiting]) if (frames !== last) frames.flush();
    last?.flush();
  }

  /** Counts bytes that wait for the end of the tick. */
  waits(frames: StreamFrames, bytes: number): void {
    this.#waitingBytes += bytes;
    this.#waiting.add(frames);
    if (this.#waitingBytes >= WAITING_BYTES) return this.flush(frames);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    nextTick(this.#onTickEnds);
  }

  /** Counts bytes that have left off waiting. */
  left(frames: StreamFrames, bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#waiting.delete(frames);
  }

  readonly #onTickEnds = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}

/** The frames of one stream. */
export class StreamFrames {
  readonly #all: ItemFrames;
  readonly #id: number;
  readonly #codec: Codec;
  /** Body of the frame that is gathered; undefined where no item waits. */
  #out: FrameWriter | undefined;
  /** Items that wait. */
  #items = 0;
  /** The last item was too large to share a frame, and the next one is written where it stays. */
  #isLarge = false;

  constructor(all: ItemFrames, id: number, codec: Codec) {
    this.#all = all;
    this.#id = id;
    this.#codec = codec;
  }

  /** Writes the item with this number, counted from 0, and returns its bytes as the window counts them. Throws where the item cannot be sent. */
  write(sequence: number, item: unknown): number {
    if (this.#isLarge || !this.#all.joins) return this.#writeAlone(sequence, item);
    // A full frame leaves when the next item comes: the last item of a frame may use up the room of all streams, see `flush` of ItemFrames.
    if (this.#out !== undefined && (this.#out.at >= JOINED_BYTES || this.#items >= JOINED_ITEMS)) {
      this.flush(true);
    }
    const out = this.#out ?? gather(sequence, this.#all.connection.maxFrameBytes);
    // A getter of the item may end the call, and no part of an item may leave.
    this.#out = undefined;
    const start = out.at;
    out.hashedKeys = 0;
    try {
      encodeItem(out, this.#codec, item, 'item');
    } catch (error) {
      out.at = start;
      if (start > COUNT_BYTES) this.#out = out;
      else giveBack(out);
      throw error;
    }
    const bytes = out.at - start;
    if (bytes > SMALL_BYTES) {
      this.#sendLarge(out, start, sequence);
    } else {
      this.#out = out;
      this.#items += 1;
      this.#all.waits(this, bytes);
    }
    return bytes;
  }

  /** Queues the frame of the items that wait. `isEarly`: the connection writes at once, and not at the end of the tick. */
  flush(isEarly = false): void {
    const out = this.#out;
    if (out === undefined) return;
    this.#out = undefined;
    this.#send(out, out.at, isEarly);
    giveBack(out);
  }

  /** Queues a frame of the items before `end`, which have waited. */
  #send(out: FrameWriter, end: number, isEarly = false): void {
    const { connection, kind } = this.#all;
    this.#items = 0;
    this.#all.left(this, end - COUNT_BYTES);
    connection.queue(kind, this.#id, ITEMS_TIMEOUT_MS, HEAD.streamItems, out.bytes.subarray(0, end), isEarly);
  }

  #writeAlone(sequence: number, item: unknown): number {
    const { connection, kind } = this.#all;
    this.#all.flush();
    const bytes = writeItem(connection, kind, this.#id, this.#codec, sequence, item);
    this.#isLarge = bytes > SMALL_BYTES;
    return bytes;
  }

  /** The item from `start` on is large. Queues a frame of what was before, of all streams, and then one of the item. */
  #sendLarge(out: FrameWriter, start: number, sequence: number): void {
    const { connection, kind } = this.#all;
    const end = out.at;
    this.#isLarge = true;
    if (start > COUNT_BYTES) this.#send(out, start);
    this.#all.flush();
    const frame = connection.begin(kind, this.#id, ITEMS_TIMEOUT_MS, HEAD.streamItems);
    try {
      writeCount(frame, sequence);
      frame.append(out.bytes, start, end);
      connection.commit();
    } catch (error) {
      connection.rollback();
      throw error;
    }
    giveBack(out);
  }
}

/** A writer for the body of a frame whose first item has this number. */
function gather(sequence: number, maxFrameBytes: number): FrameWriter {
  const out = spares.pop() ?? new FrameWriter(maxFrameBytes, GATHER_BYTES);
  out.reuse(maxFrameBytes);
  writeCount(out, sequence);
  return out;
}

/** Memory that has grown for one item is not kept. */
function giveBack(out: FrameWriter): void {
  out.rollback();
  if (out.bytes.length > GATHER_BYTES) out.recycle();
  if (spares.length < MAX_SPARES) spares.push(out);
}
