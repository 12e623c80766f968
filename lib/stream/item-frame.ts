import { encodeItem } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import { HEAD } from '../protocol/message.js';
import type { PacketKind } from '../protocol/packet.js';
import type { SendingRoom } from './sender-parts.js';
import type { SentBytes } from './sent-bytes.js';
import { writeCount } from './stream-body.js';

/** Bytes that may wait to be written before streams write no more. */
const ROOM_BYTES = 64 * 1024;
/** Timeout field of a frame of items, which no peer reads. */
export const ITEMS_TIMEOUT_MS = 1;

/** The connection that streams leave on. */
export interface ItemConnection {
  readonly isOpen: boolean;
  readonly isBlocked: boolean;
  /** Bytes that wait to be written. */
  readonly queuedBytes: number;
  /** Largest frame that the peer takes. */
  readonly maxFrameBytes: number;
  begin(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array): FrameWriter;
  commit(): void;
  rollback(): void;
  /**
   * Queues a frame for which there is room. Does nothing where the connection accepts no frames any more. `isEarly`: what is queued is
   * written before the tick ends.
   */
  queue(kind: PacketKind, id: number, timeoutMs: number, head: Uint8Array, body: Uint8Array, isEarly?: boolean): void;
}

/** Where streams may write while little is queued on the connection. */
export function roomOf(connection: ItemConnection, sent?: SentBytes): SendingRoom {
  return {
    get hasRoom() {
      return connection.isOpen && !connection.isBlocked && connection.queuedBytes < ROOM_BYTES && sent?.isFull !== true;
    },
  };
}

/** Writes an item as a frame, and returns its bytes as the window counts them. Throws where the item cannot be sent. */
export function writeItem(
  connection: ItemConnection,
  kind: PacketKind,
  id: number,
  codec: Codec,
  sequence: number,
  item: unknown,
): number {
  const out = connection.begin(kind, id, ITEMS_TIMEOUT_MS, HEAD.streamItems);
  try {
    writeCount(out, sequence);
    const start = out.at - out.origin;
    encodeItem(out, codec, item, 'item');
    const bytes = out.at - out.origin - start;
    connection.commit();
    return bytes;
  } catch (error) {
    connection.rollback();
    throw error;
  }
}
