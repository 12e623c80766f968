import type { Codec } from '../protocol/codec.js';
import type { Extension, RefusalDetail } from '../protocol/message.js';

/** A Follower's request to register on a channel. */
export interface RegisterRequest {
  readonly id: number;
  readonly channelName: string;
  /** Undefined for a stock peer. */
  readonly ext: Extension | undefined;
  /** Time that the Follower waits for the answer. ms */
  readonly timeout: number;
}

/** Parts of a refusal; the codec is that of stock peers. */
export interface Failed extends RefusalDetail {
  readonly codec?: Codec;
}
