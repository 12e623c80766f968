import type { FrameWriter } from '../protocol/frame-writer.js';
import type { PacketKind } from '../protocol/packet.js';
import type { RawBytes } from '../raw-bytes.js';
import type { Connection } from './connection.js';

/**
 * Sends a frame whose body `writeBody` writes. Throws what `begin`, `writeBody` and `commit` throw, and then no frame is
 * sent. For frames that are rare: calls and their results are written without a closure, in `Line` and `AnswerWriter`.
 */
export function writeFrame(
  connection: Pick<Connection, 'begin' | 'commit' | 'rollback'>,
  kind: PacketKind,
  id: number,
  timeoutMs: number,
  head: Uint8Array,
  writeBody: (out: FrameWriter) => void,
): void {
  const out = connection.begin(kind, id, timeoutMs, head);
  try {
    writeBody(out);
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
}

/** Sends a frame with the body `source[start … end)`, likewise and without a closure: each answer that is relayed is such a frame. */
export function writeBytes(
  connection: Pick<Connection, 'begin' | 'commit' | 'rollback'>,
  kind: PacketKind,
  id: number,
  timeoutMs: number,
  head: Uint8Array,
  source: RawBytes,
  start: number,
  end: number,
): void {
  const out = connection.begin(kind, id, timeoutMs, head);
  try {
    out.append(source, start, end);
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
}
