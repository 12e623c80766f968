import type { Extension } from '../protocol/message.js';

/** A Follower's request to register on a channel. */
export interface RegisterRequest {
  readonly id: number;
  readonly channelName: string;
  /** Undefined for a stock peer. */
  readonly ext: Extension | undefined;
  /** Time that the Follower waits for the answer. ms */
  readonly timeout: number;
}
