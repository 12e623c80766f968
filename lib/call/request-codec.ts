import type { RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { RawBytes } from '../raw-bytes.js';

/** How a call is written on a connection, and how its answer is read: straight to its server, or through a relay. */
export interface RequestCodec<Call> {
  /**
   * Head of the call's packet. `meta`: the peer takes meta, and the call has some. `named`: the peer takes the caller's name. `trace`: the
   * peer takes a trace context, and the call has one.
   */
  head(call: Call, meta: boolean, named: boolean, trace: boolean): RawBytes;
  /** Writes the trace context and meta, if they are sent along, and the arguments. Throws where the value codec cannot carry one of them. */
  writeBody(call: Call, out: FrameWriter, codec: Codec, meta: boolean, trace: boolean): void;
  /** Settles the call by its answer. */
  readAnswer(call: Call, head: Head, frame: FrameView, codec: Codec): void;
  /** Why the answer does not come any more, where the connection ended for this reason. */
  lost(reason: RpcError): string;
}
