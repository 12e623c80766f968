import type { RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { MailBox } from '../index.js';

/** State of shared mailboxes, as `client.sharing` has it. */
export type SharingState =
  /** The client is not started. */
  | 'idle'
  /** No process leads, or the process that leads cannot be reached. Calls wait, each until its deadline. */
  | 'electing'
  /** The process of this client holds the port, and relays the calls of all. */
  | 'leading'
  /** Another process relays the calls of this client. */
  | 'following'
  /** The client has stopped. */
  | 'closed';

/**
 * Mailboxes that several processes share, as a station uses them. A station is handed the way to make one, so that the
 * caller's end does not import the part that serves other processes.
 */
export interface MailBoxSharing {
  readonly state: SharingState;
  /** Begins to compete for the shared port. */
  start(): void;
  /** Makes the mailbox of a server. The mailbox connects when it is first sent a call. */
  open(server: ServerInfo): MailBox;
  /**
   * Stops relaying, in the process that leads; does nothing in the others. Relayed calls have `timeoutMs` to be answered,
   * and relayed calls that wait go back to their processes. This process's own mailboxes go on.
   */
  drain(reason: RpcError, timeoutMs: number): Promise<void>;
  /**
   * Stops competing, sends what is queued, and ends all connections after at most `timeoutMs`; 0: at once. A second
   * call ends everything at once.
   */
  close(reason: RpcError, timeoutMs: number): Promise<void>;
}

/** Makes the sharing of one station. `onMove` is called at each change of the state. */
export type MakeMailBoxSharing = (onMove: (to: SharingState) => void) => MailBoxSharing;
