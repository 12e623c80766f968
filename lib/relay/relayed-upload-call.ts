import type { Settle } from '../call/call-contract.js';
import type { RemoteMethod } from '../call/remote-method.js';
import { takeStreamFrame } from '../call/stream-frame.js';
import { Upload } from '../call/upload.js';
import { RpcCode } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { IncomingUpload } from '../serving/incoming-upload.js';
import type { RelayPeer } from './relay-peer.js';
import { RelayedCall, type RelayedHead } from './relayed-call.js';
import { RelayedItemCodec } from './relayed-item-codec.js';

/** Items of a Follower on their way to the server, as bytes. */
class RelayedUpload extends Upload {
  codecFor(codec: Codec): Codec {
    return new RelayedItemCodec(codec);
  }
}

/**
 * A relayed call with items beside its arguments. The consumer's end toward the Follower is the source of the producer's end toward
 * the server: the Follower gets credit for an item when the server's credit lets the item go on, so that the window toward the Follower
 * bounds what waits here.
 */
export class RelayedUploadCall extends RelayedCall {
  readonly #upload: RelayedUpload | undefined;

  /** `incoming`: the items that the Follower sends; undefined for a call that has none. */
  constructor(
    incoming: IncomingUpload | undefined,
    peer: RelayPeer,
    head: RelayedHead,
    frame: FrameView,
    method: RemoteMethod,
    settle: Settle,
  ) {
    const upload = incoming && new RelayedUpload(incoming.reader);
    super(peer, head, frame, method, (error, results) => {
      // The Follower first: what comes from there after the end has crossed with the answer.
      incoming?.close();
      upload?.stop();
      settle(error, results);
    });
    this.#upload = upload;
    if (upload !== undefined) upload.call = this;
  }

  override get upload(): RelayedUpload | undefined {
    return this.#upload;
  }

  override get hasStreams(): boolean {
    return true;
  }

  streamFrame(head: Head, frame: FrameView, codec: Codec): boolean {
    return takeStreamFrame(this, head, frame, codec);
  }

  /** The Follower has broken the rules of a stream: the call ends with this reason, at both ends. */
  break(why: string): void {
    this.abandon(this.error(RpcCode.BadRequest, why, 'answered'));
  }
}
