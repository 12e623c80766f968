import type { RemoteMethod } from '../../lib/call/remote-method.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { RelayHead } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import type { RateLimitedLog } from '../../lib/rate-limited-log.js';
import { NO_STREAM, SessionStreams } from '../../lib/serving/session-streams.js';
import type { RelayPeer } from './relay-peer.js';
import { RelayedItemCodec } from './relayed-item-codec.js';
import type { RelayedStream } from './relayed-stream.js';
import { RelayedStreamCall, type RelayedStreamHead } from './relayed-stream-call.js';

/** Streams that one Follower may have open at once. Each may hold one frame here beyond the windows of the connections. */
const MAX_STREAMS = 1_000;

/** Relayed calls of one Follower whose results are streams: admits them, makes them, and takes their credits. */
export class RelayedStreams {
  readonly #peer: RelayPeer;
  readonly #log: RateLimitedLog;
  /** Calls whose streams are not over. */
  readonly #calls = new Map<number, RelayedStreamCall>();
  /** Made with the first stream. Undefined too where the Follower takes no streams. */
  #streams: SessionStreams<RelayedStream> | undefined;

  constructor(peer: RelayPeer, log: RateLimitedLog) {
    this.#peer = peer;
    this.#log = log;
  }

  /** True where a call for a stream may begin. Otherwise the call has been refused. */
  admits(id: number): boolean {
    this.#streams ??= this.#open();
    const streams = this.#streams;
    if (streams === undefined) {
      this.#refuse(id, RpcCode.BadRequest, 'a call for a stream, and no window in ext.stream of the registration');
      return false;
    }
    if (streams.has(id)) {
      this.#stop(id);
      this.#refuse(id, RpcCode.BadRequest, 'the id of an open stream was used for another stream');
      return false;
    }
    const why = `${MAX_STREAMS} streams are relayed for this process, which is the limit`;
    const isFull = streams.size >= MAX_STREAMS;
    if (isFull) this.#refuse(id, RpcCode.PendingFull, why);
    return !isFull;
  }

  /** Makes a call that {@link RelayedStreams.admits} has let pass. `onOver` is called once, when its stream is over. */
  make(head: RelayedStreamHead, frame: FrameView, method: RemoteMethod, onOver: () => void): RelayedStreamCall {
    const { id } = frame;
    const streams = this.#streams as SessionStreams<RelayedStream>;
    const call = new RelayedStreamCall(streams, this.#peer, head, frame, method, () => {
      this.#calls.delete(id);
      onOver();
    });
    this.#calls.set(id, call);
    return call;
  }

  /** The Follower says what it has taken, or received. A frame that makes no sense ends the stream. */
  take(type: 'stream_credit' | 'stream_received', frame: FrameView): void {
    const wrong = this.#streams === undefined ? NO_STREAM : this.#streams.take(type, frame);
    if (wrong === undefined) return;
    this.#stop(frame.id);
    this.#refuse(frame.id, RpcCode.BadRequest, wrong);
  }

  /** The Follower takes nothing more of a stream that has ended. */
  forget(id: number): void {
    this.#streams?.forget(id);
  }

  /** The connection to the Follower accepts more. */
  resume(): void {
    this.#streams?.resume();
  }

  /** The Follower is gone: the servers stop producing. */
  end(): void {
    for (const id of [...this.#calls.keys()]) this.#stop(id);
    this.#streams?.end();
  }

  #stop(id: number): void {
    this.#calls.get(id)?.cancel(new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call'));
  }

  #open(): SessionStreams<RelayedStream> | undefined {
    const way = this.#peer.streamWay;
    return (
      way &&
      new SessionStreams<RelayedStream>({
        ...way,
        codec: new RelayedItemCodec(this.#peer.codec),
        maxStreams: MAX_STREAMS,
        log: this.#log,
        onFirstItem: () => {},
        onAbandoned: () => {},
        onLost: () => {},
      })
    );
  }

  #refuse(id: number, code: RpcCode, why: string): void {
    const delivery = code === RpcCode.BadRequest ? 'answered' : 'not-sent';
    this.#peer.answerRelayFailure(id, '', new RpcError(code, why, { delivery }));
  }
}

export function isStream(head: RelayHead): head is RelayedStreamHead {
  return head.stream !== undefined;
}
