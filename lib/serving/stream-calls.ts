import { type RpcCode, toError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { Head, InvokeHead } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { Connection } from '../transport/connection.js';
import type { Answerer, IncomingCall } from './incoming-call.js';
import type { CallCounter, ConcurrencyLimit } from './overload.js';
import { NO_STREAM, SessionStreams, type StreamingCall } from './session-streams.js';
import { SessionUploads } from './session-uploads.js';
import { StreamedCall } from './streamed-call.js';
import { UploadedCall } from './uploaded-call.js';

/** Time after which a connection with too many streams may find room for another. Unit: ms */
const RETRY_AFTER_MS = 100;

/** Types of the frames that a caller sends for its streams. */
const STREAM_FRAMES = ['stream_credit', 'stream_received', 'stream_items', 'stream_end'] as const;
export type StreamFrameType = (typeof STREAM_FRAMES)[number];

export function isStreamFrame(type: Head['type']): type is StreamFrameType {
  return (STREAM_FRAMES as readonly string[]).includes(type);
}

/**
 * Gives a frame to the streams of its connection. Returns what is wrong with a frame against the rules; undefined for a good one.
 * `streams`, `uploads`: undefined where the connection has none.
 */
export function takeStreamFrame<Call extends StreamingCall>(
  type: StreamFrameType,
  frame: FrameView,
  streams: SessionStreams<Call> | undefined,
  uploads: SessionUploads | undefined,
): string | undefined {
  if (type === 'stream_items') return uploads?.items(frame);
  if (type === 'stream_end') return uploads?.ended(frame.id);
  return streams === undefined ? NO_STREAM : streams.take(type, frame);
}

/** The calls of the connection, as their streams need them. */
export interface StreamCallsOwner extends Answerer, CallCounter {
  failed(call: IncomingCall, error: Error, code: RpcCode | undefined): void;
  watchCancel(call: IncomingCall): void;
  /** Refuses a call before it has begun. Without `retryAfter`, the call breaks the rules of streams. */
  refuse(head: InvokeHead, frame: FrameView, why: string, retryAfter?: number): void;
  answerBadRequest(id: number, why: string): void;
  cancel(id: number): void;
  /** The call has its first item: its caller waits no longer for an answer. */
  onFirstItem(call: StreamedCall): void;
}

export interface StreamCallsOptions {
  readonly connection: Connection;
  readonly codec: Codec;
  readonly limit: ConcurrencyLimit;
  /** Undefined: the peer takes no streams. */
  readonly window: StreamWindow | undefined;
  /** Undefined: this end takes no uploads. */
  readonly uploadWindow: StreamWindow | undefined;
  readonly maxStreams: number;
}

/** Calls of one connection with streams: admits them, makes them, and takes the frames of their streams. */
export class StreamCalls {
  readonly #owner: StreamCallsOwner;
  /** Undefined: the peer takes no streams. */
  readonly #streams: SessionStreams | undefined;
  /** Undefined: this end takes no uploads. */
  readonly #uploads: SessionUploads | undefined;
  readonly #maxStreams: number;

  constructor(
    owner: StreamCallsOwner,
    { connection, codec, limit, window, uploadWindow, maxStreams }: StreamCallsOptions,
  ) {
    this.#owner = owner;
    this.#maxStreams = maxStreams;
    this.#uploads =
      uploadWindow &&
      new SessionUploads({
        ...{ connection, decoder: codec, window: uploadWindow },
        onBroken: (id, why) => this.#endBroken(id, why),
      });
    this.#streams =
      window &&
      new SessionStreams({
        ...{ connection, codec, window, maxStreams, log: limit.log },
        onFirstItem: (call) => owner.onFirstItem(call),
        onAbandoned: (call) => limit.watch(call, owner),
        onLost: (call, error) => this.#cleanUpFailed(call, error),
      });
  }

  /** True where a call with a stream may begin. Otherwise the call has been refused. */
  admits(head: InvokeHead, frame: FrameView): boolean {
    const { id } = frame;
    const [streams, uploads] = [this.#streams, this.#uploads];
    if (head.stream !== undefined && streams === undefined) {
      this.#owner.refuse(head, frame, 'a call for a stream, and no window in ext.stream of the registration');
      return false;
    }
    if (head.upload === true && uploads === undefined) {
      this.#owner.refuse(head, frame, 'a call with a stream of items, which this channel does not take');
      return false;
    }
    if (streams?.has(id) === true || uploads?.has(id) === true) {
      this.#endBroken(id, 'the id of an open stream was used for another stream');
      return false;
    }
    // The call's own upload is there already where the call has waited for its permission.
    const open = (streams?.size ?? 0) + (uploads?.sizeBeside(id) ?? 0);
    const tooMany = `this connection has ${open} streams open (maxStreams)`;
    const why = open < this.#maxStreams ? head.stream && streams?.refusal : tooMany;
    if (why !== undefined) this.#owner.refuse(head, frame, why, RETRY_AFTER_MS);
    return why === undefined;
  }

  /** Makes the call of a request that {@link StreamCalls.admits} has let pass. */
  make({ method, meta: hasMeta, stream, upload, caller }: InvokeHead, id: number, args: unknown[], deadline: number) {
    const streams = this.#streams as SessionStreams;
    const meta = hasMeta ? args.shift() : undefined;
    const source = upload ? this.#uploads?.open(id) : undefined;
    const owner = this.#owner;
    const call =
      stream === undefined
        ? new UploadedCall(source, owner, id, method, args, meta, deadline, caller)
        : new StreamedCall(streams, stream, source, owner, id, method, args, meta, deadline, caller);
    if (call instanceof StreamedCall) streams.add(call);
    owner.watchCancel(call);
    return call;
  }

  /** A call with an upload waits for its permission, and its items may arrive meanwhile. */
  hold(id: number): void {
    this.#uploads?.hold(id);
  }

  /** The call waits no more. Where the call was not made, its items are given up. */
  unhold(id: number): void {
    this.#uploads?.unhold(id);
  }

  /** Takes a frame of a stream. A frame against the rules ends the stream. */
  take(type: StreamFrameType, frame: FrameView): void {
    const wrong = takeStreamFrame(type, frame, this.#streams, this.#uploads);
    if (wrong !== undefined) this.#endBroken(frame.id, wrong);
  }

  /** The peer has broken the rules of a stream. */
  #endBroken(id: number, why: string): void {
    this.#uploads?.fail(id, why);
    this.#owner.cancel(id);
    this.#owner.answerBadRequest(id, why);
  }

  /** The caller takes nothing more of a stream that has ended. */
  forget(id: number): void {
    this.#streams?.forget(id);
  }

  /** The connection accepts more. */
  resume(): void {
    this.#streams?.resume();
  }

  /** The connection has ended. */
  end(): void {
    this.#streams?.end();
    this.#uploads?.end();
  }

  /** A source whose consumer has left has failed. */
  #cleanUpFailed(call: StreamedCall, error: unknown): void {
    this.#owner.failed(call, toError(error), undefined);
  }
}
