import type { RpcError } from '../errors.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';

export interface ConnectionOptions {
  readonly maxFrameBytes: number;
  /** Bytes that may wait to be written before `Connection.begin` refuses. */
  readonly maxQueuedBytes: number;
  /** ms that frames are gathered before they are written; 0: until the end of the tick, with early flushes. */
  readonly flushInterval: number;
  /** Read nothing while the peer does not read: on the side that answers. On both, two full sides would wait forever. */
  readonly pauseWhenBlocked: boolean;
}

export interface ConnectionHandler {
  /** `head` and `frame` as the framer and the head cache hand them out. A throw closes the connection. */
  onRequest(head: Head, frame: FrameView): void;
  onResponse(head: Head, frame: FrameView): void;
  /** Any bytes came. */
  onActivity(): void;
  /** What had piled up has left. */
  onDrained(): void;
  /** Exactly once, and last. */
  onClosed(reason: RpcError): void;
}
