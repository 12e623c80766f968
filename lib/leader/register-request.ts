import type { Extension } from '../protocol/message.js';

/** A Follower that asks for a channel. */
export interface RegisterRequest {
  readonly id: number;
  readonly channelName: string;
  /** Undefined: a stock peer. */
  readonly ext: Extension | undefined;
  /** What the Follower gives it, ms. */
  readonly timeout: number;
}
