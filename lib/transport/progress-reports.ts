import { debug } from '../diagnostics.js';
import { messageOf } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { HEAD } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import type { Connection } from './connection.js';
import type { PendingCalls, ProgressReport } from './pending-calls.js';
import { writeFrame } from './write-frame.js';

/** Number of reports in a frame, which then fits the smallest limit that a peer may set. */
const MAX_REPORTS = 8;
/** Timeout field of a frame that has no answer. Unit: ms */
const NO_TIMEOUT_MS = 1;

/** An item in the body of a `progress` frame, which is a list in the agreed codec. Unknown fields are ignored. */
export interface WireReport extends ProgressReport {
  /** Id of the request that the report is about. */
  readonly id: number;
}

/** Reports late calls to the peer. A report that cannot be sent at once is dropped: the report would come too late. */
export function writeProgressReports(connection: Connection, codec: Codec, reports: readonly WireReport[]): void {
  for (let i = 0; i < reports.length; i += MAX_REPORTS) {
    if (!connection.isOpen || connection.isBlocked) return;
    const some = reports.slice(i, i + MAX_REPORTS);
    try {
      writeFrame(connection, REQUEST, some[0]?.id ?? 0, NO_TIMEOUT_MS, HEAD.progress, (out) => codec.encode(some, out));
    } catch (error) {
      debug.connection('a report on late calls to %s was not sent: %s', connection.peer, messageOf(error));
    }
  }
}

/** Hands each report to its call, where the call still waits. Throws what the codec throws on bytes that are not a value. */
export function readProgressReports({ bytes, bodyStart, end }: FrameView, codec: Codec, pending: PendingCalls): void {
  const reports = codec.decode(bytes, bodyStart, end);
  if (!Array.isArray(reports)) return;
  for (const report of reports) {
    const { id, heldMs, isRunning, stallMs, hasReturned } = (report ?? {}) as Partial<
      Record<keyof WireReport, unknown>
    >;
    if (!isMs(id) || !isMs(heldMs) || !isMs(stallMs)) continue;
    const facts = { heldMs, isRunning: isRunning !== false, stallMs };
    pending.get(id)?.reported?.(hasReturned === true ? { ...facts, hasReturned } : facts);
  }
}

/** True for a whole number from 0 on. The numbers of a peer are checked, since they appear in messages. */
function isMs(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
