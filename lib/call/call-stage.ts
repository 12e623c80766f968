import type { OutgoingCall } from './outgoing-call.js';

/**
 * Stage of a call's way out: failure modes, router, mail station. A stage passes each call on to the next stage, at once or
 * later, or settles the call. Stages are nested where the client is put together.
 */
export interface CallStage {
  send(call: OutgoingCall): void;
}

/** Decides whether a new call may set out. */
export interface CallAdmission {
  /** True when the call may go on; otherwise it has been failed. */
  admit(call: OutgoingCall): boolean;
}
