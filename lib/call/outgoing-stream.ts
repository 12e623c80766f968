import type { Delivery, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { StreamTime } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { SenderParts } from '../stream/sender-parts.js';
import type { Credit } from '../stream/stream-body.js';
import type { StreamTotal } from '../stream/stream-total.js';

/** The connection that a stream of results arrives on, as one call sees it. */
export interface StreamPort {
  /** Window that this end has announced. */
  readonly window: StreamWindow;
  /** Bytes of all streams that arrive on the connection. */
  readonly total: StreamTotal;
  /** The consumer has taken items. */
  credit(credit: Credit): void;
  /** The stream has ended at its producer, and its consumer takes nothing more. */
  forget(): void;
  /** The deadline of the call has moved to an earlier time. */
  noteDeadline(deadline: number): void;
}

/** The results of a call that are a stream, as the stages and the connections of the call see them. */
export interface OutgoingStream {
  /** Part of the stream that the call's timeout bounds. */
  readonly time: StreamTime;
  /** End of the time that the call has now, on the clock of `performance.now()`; `Infinity` without one. ms */
  readonly deadline: number;
  /** True from the first item on: the call cannot be made again. */
  readonly hasItems: boolean;
  /** How many items have arrived, `after 5 items`; undefined without one, and where this process only relays. */
  readonly progress: string | undefined;
  /** Why the deadline has passed; undefined where the call has no item yet. */
  readonly lateness: string | undefined;
  /** The call was sent. */
  open(port: StreamPort): void;
  /** Takes a frame of items. */
  items(frame: FrameView, codec: Codec): void;
}

/** The connection that an upload leaves on, as one call sees it. */
export interface UploadPort extends SenderParts {
  /** Writes one item as a frame, and returns its bytes as the window counts them. Throws where the item cannot be sent. */
  write(sequence: number, item: unknown): number;
  /** The streams of the connection are as far ahead as they may be: no item waits for others any more. */
  flush(): void;
  /** All items are written. */
  end(): void;
}

/** Items that a caller sends beside the arguments, as the stages and the connections of the call see them. */
export interface OutgoingUpload {
  /** True from the moment on when the source was asked for an item: the call cannot be made again. */
  readonly hasBegun: boolean;
  /** Codec of the items, given that of the connection. @default that of the connection */
  codecFor?(codec: Codec): Codec;
  /** The call was sent. */
  open(port: UploadPort): void;
  /** The method has taken items. */
  credit(frame: FrameView): void;
  /** The method wants no more items, or the call is over. */
  stop(): void;
}

/** A call as its streams see it. */
export interface StreamedRequest {
  /** How far the call has got. */
  readonly delivery: Delivery;
  /** Ends the call: with an error, or as answered. Notifies the server where the server still works on the call. */
  abandon(error?: RpcError): void;
  error(code: RpcError['code'], why: string, delivery: RpcError['delivery'] & string, cause?: unknown): RpcError;
}
