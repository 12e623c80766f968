import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { RequestCodec } from '../../lib/call/request-codec.js';
import type { RpcError } from '../../lib/errors.js';
import { directRequestCodec, headOf } from '../../lib/follower/request-codec.js';
import type { Codec } from '../../lib/protocol/codec.js';
import type { FrameWriter } from '../../lib/protocol/frame-writer.js';
import type { Head } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { readRelayedAnswer, whyRelayLost } from '../../lib/relay/relayed-answer.js';

/**
 * The codec of a call that goes through a relay, a process of ours that has a connection to the server. Heads name the
 * server by its number on this line, and the relay's own failures are believed, which a server's are not.
 */
export class RelayRequestCodec implements RequestCodec<OutgoingCall> {
  readonly #to: number;
  readonly #onReturned: (call: OutgoingCall) => void;
  /** The same methods, with heads that name this server. */
  readonly #methods = new WeakMap<RemoteMethod, RemoteMethod>();

  /** `to`: number of the server on this line. `onReturned`: the call was not sent, and goes another way. */
  constructor(to: number, onReturned: (call: OutgoingCall) => void) {
    this.#to = to;
    this.#onReturned = onReturned;
  }

  head(call: OutgoingCall, meta: boolean, _named: boolean, trace: boolean): Buffer {
    const { method } = call;
    let relayed = this.#methods.get(method);
    if (relayed === undefined) {
      relayed = new RemoteMethod(method, method.name, this.#to);
      this.#methods.set(method, relayed);
    }
    return headOf(call, relayed, meta, false, trace);
  }

  writeBody(call: OutgoingCall, out: FrameWriter, codec: Codec, meta: boolean, trace: boolean): void {
    directRequestCodec.writeBody(call, out, codec, meta, trace);
  }

  readAnswer(call: OutgoingCall, head: Head, frame: FrameView, codec: Codec): void {
    readRelayedAnswer(call, head, frame, codec, this.#onReturned);
  }

  lost(reason: RpcError): string {
    return whyRelayLost(reason);
  }
}
