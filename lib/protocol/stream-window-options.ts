import { integer, invalid } from '../options.js';
import { DEFAULT_STREAM_WINDOW, type StreamWindow } from './stream-window.js';

/** How far streams may be ahead of their readers. The bounds hold for each connection, and bound the memory at the end that reads. */
export interface StreamWindowOptions {
  /**
   * Items of one stream that the other end may send before its reader has taken them. Half of them are asked for again when they were
   * taken. Unit: items. Range: from 1.
   * @default 256
   */
  readonly items?: number | undefined;
  /**
   * Encoded bytes of one stream that the other end may send before its reader has taken them. One frame may go beyond.
   * Unit: bytes. Range: from 1.
   * @default 262_144
   */
  readonly bytes?: number | undefined;
  /**
   * Encoded bytes of all streams of one connection, likewise. A stream that has nothing outstanding may send one frame in any case,
   * so that slow readers do not stop the others. Unit: bytes. Range: from 1.
   * @default 8_388_608
   */
  readonly total?: number | undefined;
}

/** Checks the option `streamWindow`. Throws {@link RpcCode.InvalidArgument}. */
export function resolveStreamWindow(given: StreamWindowOptions = {}): StreamWindow {
  if (typeof given !== 'object' || given === null)
    throw invalid('streamWindow must be an object { items, bytes, total }');
  const { items, bytes, total } = DEFAULT_STREAM_WINDOW;
  return {
    items: integer('streamWindow.items', given.items, items, 1),
    bytes: integer('streamWindow.bytes', given.bytes, bytes, 1),
    total: integer('streamWindow.total', given.total, total, 1),
  };
}
