import type { RpcError } from '../errors.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { PortBytes } from './byte-budget.js';

export interface ConnectionOptions {
  readonly maxFrameBytes: number;
  /** Bytes that may wait to be written; past this bound `Connection.begin` throws. */
  readonly maxQueuedBytes: number;
  /** Time for which frames are gathered before they are written. 0: until the end of the tick, with early flushes. Unit: ms */
  readonly flushInterval: number;
  /** Reads nothing while the peer does not read. Set at the answering end only: two such ends, both full, would deadlock. */
  readonly pauseWhenBlocked: boolean;
  /**
   * Most frames pass through this process as bytes: requests of one connection are sent on another one, and so are answers. Requests are then
   * handled without a pause for their answers, which come from elsewhere, and more frames are gathered for a write. @default false
   */
  readonly relays?: boolean | undefined;
  /** Largest frame until {@link Connection.limitFrames}: a peer that has not registered has no use for more. @default maxFrameBytes */
  readonly maxFirstFrameBytes?: number;
  /** Bounds over all connections of the port. Undefined at the calling end. */
  readonly portBytes?: PortBytes | undefined;
}

export interface ConnectionHandler {
  /** Called with a head of the head cache and a frame of the framer, valid until this returns. A throw closes the connection. */
  onRequest(head: Head, frame: FrameView): void;
  onResponse(head: Head, frame: FrameView): void;
  /** Called for each chunk of bytes that arrives. */
  onActivity(): void;
  /** Called when queued bytes have left and the connection accepts more. */
  onDrained(): void;
  /** Called when the stream has taken all frames that were committed. */
  onWritten?(): void;
  /** Called exactly once, as the last event. */
  onClosed(reason: RpcError): void;
}
