import type { RemoteMethod } from '../call/remote-method.js';
import { RpcCode } from '../errors.js';
import type { StreamTime } from '../protocol/message.js';
import { clampedTimeout, type FrameView } from '../protocol/packet.js';
import type { IncomingUpload } from '../serving/incoming-upload.js';
import type { SessionStreams } from '../serving/session-streams.js';
import { performance } from '../timers.js';
import type { RelayPeer } from './relay-peer.js';
import { answerCall, type RelayedHead } from './relayed-call.js';
import { RelayedStream } from './relayed-stream.js';
import { RelayedUploadCall } from './relayed-upload-call.js';

/** Head of a relayed call for a stream. */
export interface RelayedStreamHead extends RelayedHead {
  readonly stream: StreamTime;
}

/** A relayed call whose results are a stream, with or without an upload. The call ends at its server, and its stream when the Follower has the end. */
export class RelayedStreamCall extends RelayedUploadCall {
  readonly #peer: RelayPeer;
  readonly #stream: RelayedStream;

  /** `onOver` is called once, when the stream is over. */
  constructor(
    streams: SessionStreams<RelayedStream>,
    incoming: IncomingUpload | undefined,
    peer: RelayPeer,
    head: RelayedStreamHead,
    frame: FrameView,
    method: RemoteMethod,
    onOver: () => void,
  ) {
    const { id } = frame;
    const stream = new RelayedStream({
      ...{ id, method: head.method, time: head.stream, streams },
      firstItemBy: performance.now() + clampedTimeout(frame.timeout),
      fail: (error) => peer.answerRelayFailure(id, head.method, error),
      onOver: () => {
        onOver();
        peer.served();
      },
    });
    super(incoming, peer, head, frame, method, (error, results) =>
      stream.end(() => answerCall(peer, id, head.method, error, results)),
    );
    this.#peer = peer;
    this.#stream = stream;
    stream.call = this;
    streams.add(stream);
  }

  override get stream(): RelayedStream {
    return this.#stream;
  }

  override get deadline(): number {
    return this.#stream.deadline;
  }

  /** The Follower wants no more, also where the server has sent the end already. */
  override cancel(reason: unknown): boolean {
    if (!this.#stream.isOpen) return super.cancel(reason);
    this.#stream.stop();
    return true;
  }

  /** The items that have arrived are not sent any more. */
  override break(why: string): void {
    if (!this.#stream.isOpen) return super.break(why);
    this.#stream.stop();
    this.#peer.answerRelayFailure(this.#stream.id, this.method.name, this.error(RpcCode.BadRequest, why, 'answered'));
  }

  override expire(): void {
    this.#stream.stop();
    super.expire();
  }

  /** The bytes of the frame are used again before the items that have arrived are sent. */
  protected override answerBytes(head: Buffer, { bytes, bodyStart, end }: FrameView): void {
    const body = Buffer.from(bytes.subarray(bodyStart, end));
    this.#stream.end(() => this.#peer.answerBytes(this.#stream.id, this.method.name, head, body, 0, body.length));
  }
}
