/** How far a producer may be ahead of its consumer. The consumer's end announces the window when registering. */
export interface StreamWindow {
  /** Items of one stream that were sent and are not taken yet. */
  readonly items: number;
  /** Bytes of one stream that were sent and are not taken yet, as encoded. One frame may go beyond this bound. */
  readonly bytes: number;
  /**
   * Bytes of all streams of a connection in one direction. A stream of which nothing is outstanding may send one frame beyond
   * this bound, so that streams whose consumers are slow cannot stop the others.
   */
  readonly total: number;
  /**
   * Bytes of items, of all streams, after which the receiver reports how many it has received. In what is announced only. Missing:
   * the receiver reports nothing.
   */
  readonly received?: number;
}

/** Bytes after which a receiver reports by default. */
const REPORTED_BYTES = 64 * 1024;

/** Bytes after which the receiver of a window reports. */
export function reportInterval({ bytes }: StreamWindow): number {
  return Math.min(REPORTED_BYTES, bytes);
}

/** A window as it is announced by a receiver that reports. */
export function reportingWindow(window: StreamWindow): StreamWindow {
  return { ...window, received: reportInterval(window) };
}

/** Window by default. Unit of `bytes` and `total`: bytes */
export const DEFAULT_STREAM_WINDOW = Object.freeze({
  items: 256,
  bytes: 256 * 1024,
  total: 8 * 1024 * 1024,
}) satisfies StreamWindow;

/** Reads a window that a peer announces. Undefined where the peer announces none that makes sense. */
export function readStreamWindow(value: unknown): StreamWindow | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { items, bytes, total, received } = value as Record<string, unknown>;
  if (!isBound(items) || !isBound(bytes) || !isBound(total)) return undefined;
  return { items, bytes, total, ...(isBound(received) && { received }) };
}

function isBound(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
