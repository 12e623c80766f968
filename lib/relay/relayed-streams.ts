import type { RemoteMethod } from '../call/remote-method.js';
import { RpcCode, RpcError } from '../errors.js';
import type { FrameView } from '../protocol/packet.js';
import type { RateLimitedLog } from '../rate-limited-log.js';
import { SessionStreams } from '../serving/session-streams.js';
import { SessionUploads } from '../serving/session-uploads.js';
import { type StreamFrameType, takeStreamFrame } from '../serving/stream-calls.js';
import type { RelayPeer } from './relay-peer.js';
import { answerRelayed, type RelayedCall, type RelayedHead } from './relayed-call.js';
import { RelayedItemCodec, relayedItems } from './relayed-item-codec.js';
import type { RelayedStream } from './relayed-stream.js';
import { RelayedStreamCall, type RelayedStreamHead } from './relayed-stream-call.js';
import { RelayedUploadCall } from './relayed-upload-call.js';

/** Calls with streams that one Follower may have open at once. Each stream may hold one frame here beyond the windows of the connections. */
const MAX_STREAMS = 1_000;

/** Relayed calls of one Follower with streams, in either direction: admits them, makes them, and takes the frames of their streams. */
export class RelayedStreams {
  readonly #peer: RelayPeer;
  readonly #log: RateLimitedLog;
  /** Calls that are not over, and those whose streams are not. */
  readonly #calls = new Map<number, RelayedUploadCall>();
  /** Made with the first stream of results. Undefined too where the Follower takes no streams. */
  #streams: SessionStreams<RelayedStream> | undefined;
  /** Made with the first upload. Undefined too where the Follower was announced no window. */
  #uploads: SessionUploads | undefined;

  constructor(peer: RelayPeer, log: RateLimitedLog) {
    this.#peer = peer;
    this.#log = log;
  }

  /** True where a call with a stream may begin. Otherwise the call has been refused. */
  admits({ stream, upload }: RelayedHead, id: number): boolean {
    if (stream !== undefined) this.#streams ??= this.#openStreams();
    if (upload === true) this.#uploads ??= this.#openUploads();
    if (stream !== undefined && this.#streams === undefined) {
      this.#refuse(id, RpcCode.BadRequest, 'a call for a stream, and no window in ext.stream of the registration');
      return false;
    }
    if (upload === true && this.#uploads === undefined) {
      const why = 'a call with a stream of items, and no window was announced to this process';
      this.#refuse(id, RpcCode.BadRequest, why);
      return false;
    }
    if (this.#calls.has(id)) {
      this.#endBroken(id, 'the id of an open stream was used for another stream');
      return false;
    }
    const tooMany = `${MAX_STREAMS} streams are relayed for this process, which is the limit`;
    const why = this.#calls.size < MAX_STREAMS ? stream && this.#streams?.refusal : tooMany;
    if (why !== undefined) this.#refuse(id, RpcCode.PendingFull, why);
    return why === undefined;
  }

  /** Makes a call that {@link RelayedStreams.admits} has let pass. `onOver` is called once, when the call and its streams are over. */
  make(head: RelayedHead, frame: FrameView, method: RemoteMethod, onOver: () => void): RelayedCall {
    const { id } = frame;
    const over = (): void => {
      this.#calls.delete(id);
      onOver();
    };
    const incoming = head.upload === true ? this.#uploads?.open(id) : undefined;
    const [peer, streams] = [this.#peer, this.#streams as SessionStreams<RelayedStream>];
    const call = isStream(head)
      ? new RelayedStreamCall(streams, incoming, peer, head, frame, method, over)
      : new RelayedUploadCall(incoming, peer, head, frame, method, (error, results) => {
          over();
          answerRelayed(peer, id, head, error, results);
        });
    this.#calls.set(id, call);
    return call;
  }

  /** Takes a frame of a stream of the Follower. A frame against the rules ends the stream. */
  take(type: StreamFrameType, frame: FrameView): void {
    const wrong = takeStreamFrame(type, frame, this.#streams, this.#uploads);
    if (wrong !== undefined) this.#endBroken(frame.id, wrong);
  }

  /** The Follower takes nothing more of a stream that has ended. */
  forget(id: number): void {
    this.#streams?.forget(id);
  }

  /** The connection to the Follower accepts more. */
  resume(): void {
    this.#streams?.resume();
  }

  /** The Follower is gone: the servers stop producing, and their methods get no further items. */
  end(): void {
    const reason = new RpcError(RpcCode.Cancelled, 'the process that made the call is gone');
    for (const call of [...this.#calls.values()]) call.cancel(reason);
    this.#streams?.end();
    this.#uploads?.end();
  }

  #endBroken(id: number, why: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) this.#refuse(id, RpcCode.BadRequest, why);
    else call.break(why);
  }

  #openStreams(): SessionStreams<RelayedStream> | undefined {
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

  #openUploads(): SessionUploads | undefined {
    const way = this.#peer.uploadWay;
    const decoder = relayedItems(this.#peer.codec);
    return way && new SessionUploads({ ...way, decoder, onBroken: (id, why) => this.#endBroken(id, why) });
  }

  #refuse(id: number, code: RpcCode, why: string): void {
    const delivery = code === RpcCode.BadRequest ? 'answered' : 'not-sent';
    this.#peer.answerRelayFailure(id, '', new RpcError(code, why, { delivery }));
  }
}

/** True for a call with a stream, in either direction. */
export function hasStreams({ stream, upload }: RelayedHead): boolean {
  return stream !== undefined || upload === true;
}

function isStream(head: RelayedHead): head is RelayedStreamHead {
  return head.stream !== undefined;
}
