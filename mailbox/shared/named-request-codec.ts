import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { RequestCodec } from '../../lib/call/request-codec.js';
import type { RpcError } from '../../lib/errors.js';
import { directRequestCodec, headOf } from '../../lib/follower/request-codec.js';
import type { Codec } from '../../lib/protocol/codec.js';
import type { FrameWriter } from '../../lib/protocol/frame-writer.js';
import type { Head } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';

/** The codec of a call of this process on a connection that other processes use too: the head names the client. */
export class NamedRequestCodec implements RequestCodec<OutgoingCall> {
  readonly #clientId: string;
  /** The same methods, with heads that name the client. */
  readonly #methods = new WeakMap<RemoteMethod, RemoteMethod>();

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  head(call: OutgoingCall, meta: boolean, named: boolean, trace: boolean): Buffer {
    const { method } = call;
    let own = this.#methods.get(method);
    if (own === undefined) {
      own = new RemoteMethod(method, method.name, undefined, this.#clientId);
      this.#methods.set(method, own);
    }
    return headOf(call, own, meta, named, trace);
  }

  writeBody(call: OutgoingCall, out: FrameWriter, codec: Codec, meta: boolean, trace: boolean): void {
    directRequestCodec.writeBody(call, out, codec, meta, trace);
  }

  readAnswer(call: OutgoingCall, head: Head, frame: FrameView, codec: Codec): void {
    directRequestCodec.readAnswer(call, head, frame, codec);
  }

  lost(reason: RpcError): string {
    return reason.message;
  }
}
