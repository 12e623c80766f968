import { debug } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { HEAD } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import type { Connection } from './connection.js';
import type { PendingCalls, ProgressReport } from './pending-calls.js';

/** Reports in a frame, which then fits the smallest limit that a peer may set. */
const MAX_REPORTS = 8;
/** The timeout field of a frame that nobody answers. */
const NO_TIMEOUT_MS = 1;

/**
 * What travels in the body of a `progress`: a list of these, in the codec that was agreed on. Fields that are not known
 * are ignored.
 */
export interface WireReport extends ProgressReport {
  /** Of the request. */
  readonly id: number;
}

/** Tells the peer of calls that run late. What cannot be said at once is not said: it would come too late. */
export function writeProgressReports(connection: Connection, codec: Codec, reports: readonly WireReport[]): void {
  for (let i = 0; i < reports.length; i += MAX_REPORTS) {
    if (!connection.isOpen || connection.isBlocked) return;
    const some = reports.slice(i, i + MAX_REPORTS);
    try {
      const out = connection.begin(REQUEST, some[0]?.id ?? 0, NO_TIMEOUT_MS, HEAD.progress);
      try {
        codec.encode(some, out);
        connection.commit();
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      debug.connection('%s could not be told of late calls: %s', connection.peer, messageOf(error));
    }
  }
}

/** Hands each report to the call that it is about, if that still waits. Throws whatever the codec throws on nonsense. */
export function readProgressReports({ bytes, bodyStart, end }: FrameView, codec: Codec, pending: PendingCalls): void {
  const reports = codec.decode(bytes, bodyStart, end);
  if (!Array.isArray(reports)) return;
  for (const report of reports) {
    const { id, heldMs, isRunning, stallMs } = (report ?? {}) as Partial<Record<keyof WireReport, unknown>>;
    if (!isMs(id) || !isMs(heldMs) || !isMs(stallMs)) continue;
    pending.get(id)?.reported?.({ heldMs, isRunning: isRunning !== false, stallMs });
  }
}

/** A whole number that is no peer's joke: it ends up in a message. */
function isMs(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
