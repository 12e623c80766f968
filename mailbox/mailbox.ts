import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { Emitter } from '../lib/emitter.js';
import type { RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { ConnectAttempts } from './dial-attempts.js';
import type { MailBoxState } from './state.js';

/** News of a mailbox. No call's outcome is among them: that goes to the call. */
export type MailBoxEvents = {
  /** A move between states; `reason` for those that were not asked for. */
  state: [to: MailBoxState, from: MailBoxState, reason: RpcError | undefined];
  /** After {@link MailBox.isFull}: it takes calls again. */
  drained: [];
  /** A call that it was given could not be sent after all, and is not settled: it waits again. */
  returned: [call: OutgoingCall];
  /** Closed for good: by `close`, and by nothing else. */
  close: [id: string];
};

/**
 * One remote server, as the station sees it: a line to it that is made when first needed, and made again when lost.
 *
 * | state                     | a call that comes                                   |
 * | ------------------------- | --------------------------------------------------- |
 * | idle, connecting, backoff | is held by the station, until `ready`               |
 * | ready                     | is sent                                             |
 * | draining, closed          | is refused with `ERR_RPC_CLOSED`                    |
 *
 * Source of the contract: pomelo-rpc's mailbox (`connect`, `send`, `close`, event `close`).
 */
export interface MailBox extends Emitter<MailBoxEvents> {
  readonly server: ServerInfo;
  readonly state: MailBoxState;
  /** Calls sent and not yet answered. */
  readonly inFlight: number;
  /** While `ready`: no more calls for now. What is called meanwhile is held, until `drained`. */
  readonly isFull: boolean;
  /** Recent latency, ms; undefined where nothing is known. */
  readonly latency: number | undefined;
  /** Why the last attempt to connect failed, while there has been no success since. */
  readonly lastFailure: RpcError | undefined;
  /** What was done to connect since there was a connection. */
  readonly attempts: ConnectAttempts;
  /** Starts connecting when idle; otherwise nothing. Returns at once; `state` events tell the rest. */
  connect(): void;
  /** Only while `ready`. The call settles with its answer, its deadline, or the connection's end. */
  send(call: OutgoingCall): void;
  /**
   * No new calls; what is queued is sent, those in flight have `timeoutMs` to be answered, and then the connection
   * ends. 0: at once. What is then still unanswered fails with `reason`. Resolves when closed; again, the same promise,
   * and what is left of the time may be shortened.
   */
  close(reason: RpcError, timeoutMs: number): Promise<void>;
}
