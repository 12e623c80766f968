import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import type { Emitter } from '../lib/emitter.js';
import type { RpcError } from '../lib/errors.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { ConnectAttempts } from './dial-attempts.js';
import type { MailBoxState } from './state.js';

/** Events of a mailbox. The outcome of a call is no event: the call itself is settled. */
export type MailBoxEvents = {
  /** The mailbox has moved to another state. `reason` is the failure behind a move that no caller asked for. */
  state: [to: MailBoxState, from: MailBoxState, reason: RpcError | undefined];
  /** The mailbox was full, and takes calls again. See {@link MailBox.isFull}. */
  drained: [];
  /** A call that the mailbox had taken was not sent and is not settled. The call has to wait again. */
  returned: [call: OutgoingCall];
  /** The mailbox was closed for good, by {@link MailBox.close}. */
  close: [id: string];
};

/**
 * The connection to one remote server, as a station uses it: made when first needed, and made again when lost.
 *
 * | state                     | a new call                                          |
 * | ------------------------- | --------------------------------------------------- |
 * | idle, connecting, backoff | is held by the station, until `ready`               |
 * | preparing                 | is held likewise, unless a hook has made the call   |
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
  /** While the state is `ready`: takes no more calls until the event `drained`. The station holds calls meanwhile. */
  readonly isFull: boolean;
  /** Recent latency, ms; undefined where nothing is known. */
  readonly latency: number | undefined;
  /**
   * Differs where another server answers at the address than before, such as the next process; undefined while there is no
   * connection, and for servers that do not announce a generation.
   */
  readonly generation: string | undefined;
  /** Failure of the last attempt to connect; undefined after a success. */
  readonly lastFailure: RpcError | undefined;
  /** Attempts to connect since the last success. */
  readonly attempts: ConnectAttempts;
  /** Why calls wait although there is a connection; undefined where they wait for another reason, or not. */
  readonly unprepared?: string | undefined;
  /** Takes, or fails, a call that a hook of this mailbox makes just now. False, and nothing is done, for other calls. */
  takesOfHook?(call: OutgoingCall): boolean;
  /** Starts to connect an idle mailbox; does nothing in any other state. Returns at once: `state` events follow. */
  connect(): void;
  /** Sends a call. Allowed only while `ready`. An answer, the deadline or the connection's end settles the call. */
  send(call: OutgoingCall): void;
  /**
   * Takes no new calls, sends what is queued, gives calls in flight `timeoutMs` to be answered, and ends the connection.
   * 0 ends the connection at once. Calls that are unanswered then fail with `reason`. Resolves when closed. A second call
   * returns the same promise, and with a time of 0 cuts the drain short.
   */
  close(reason: RpcError, timeoutMs: number): Promise<void>;
}
