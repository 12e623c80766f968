// A page shares no connections with other processes, so that no Leader sends it these messages.

/** Request id of a message without an answer; other ids count from 1. */
export const UNANSWERED_ID = 0;
/** Timeout field of a message without an answer. A packet's timeout must not be 0. Unit: ms */
export const UNANSWERED_TIMEOUT_MS = 1;

export interface MailBoxStateHead {
  readonly type: 'mailbox_state';
}

export type RelayMessage = MailBoxStateHead;

export function readRelayMessage(_head: Record<string, unknown>): RelayMessage | undefined {
  return undefined;
}

export function isTarget(_to: unknown): _to is number {
  return false;
}
