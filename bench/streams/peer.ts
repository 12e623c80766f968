import type { Item, ItemKind } from './items.js';

/**
 * One implementation of streams under measurement. A module in `peers/` exports it as `peer`. The two functions run in two
 * processes, which exist for this peer alone.
 */
export interface StreamPeer {
  /** Starts the service in this process, on loopback. Resolves when the service accepts calls. */
  serve(): Promise<StreamServer>;
  /** Resolves when the first call can be made: connecting is not measured. */
  connect(port: number): Promise<StreamClient>;
}

export interface StreamServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface StreamClient {
  /**
   * Opens a stream of `count` items and gives each item to `take`, as soon as the peer has the item. Resolves at the end of the
   * stream. Rejects where the stream fails, and with what `take` throws.
   */
  receive(kind: ItemKind, count: number, take: (item: Item) => void): Promise<void>;
  close(): Promise<void>;
}
