import { isError } from '../error-parts.js';
import { type RpcCode, RpcError, toError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { InvokeHead, StreamTime } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { Connection } from '../transport/connection.js';
import type { Answerer, IncomingCall } from './incoming-call.js';
import type { CallCounter, ConcurrencyLimit } from './overload.js';
import { SessionStreams } from './session-streams.js';
import { StreamedCall } from './streamed-call.js';

/** Time after which a connection with too many streams may find room for another. Unit: ms */
const RETRY_AFTER_MS = 100;

/** The calls of the connection, as their streams need them. */
export interface StreamCallsOwner extends Answerer, CallCounter {
  failed(call: IncomingCall, error: Error, code: RpcCode | undefined): void;
  watchCancel(call: IncomingCall): void;
  /** Refuses a call for which there is no room. */
  refuse(head: InvokeHead, frame: FrameView, why: string, retryAfter: number): void;
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
  readonly maxStreams: number;
}

/** Calls of one connection whose results are streams: admits them, makes them, and takes their credits. */
export class StreamCalls {
  readonly #owner: StreamCallsOwner;
  /** Undefined: the peer takes no streams. */
  readonly #streams: SessionStreams | undefined;

  constructor(owner: StreamCallsOwner, { connection, codec, limit, window, maxStreams }: StreamCallsOptions) {
    this.#owner = owner;
    this.#streams =
      window &&
      new SessionStreams({
        ...{ connection, codec, window, maxStreams, log: limit.log },
        onFirstItem: (call) => owner.onFirstItem(call),
        onAbandoned: (call) => limit.watch(call, owner),
        onLost: (call, error) => this.#cleanUpFailed(call, error),
      });
  }

  /** True where a call for a stream may begin. Otherwise the call has been refused. */
  admits(head: InvokeHead, frame: FrameView): boolean {
    const { id } = frame;
    const streams = this.#streams;
    if (streams === undefined) {
      this.#owner.answerBadRequest(id, 'a call for a stream, and no window in ext.stream of the registration');
      return false;
    }
    if (streams.has(id)) {
      this.#owner.cancel(id);
      this.#owner.answerBadRequest(id, 'the id of an open stream was used for another stream');
      return false;
    }
    if (streams.full !== undefined) this.#owner.refuse(head, frame, streams.full, RETRY_AFTER_MS);
    return streams.full === undefined;
  }

  /** Makes the call of a request that {@link StreamCalls.admits} has let pass. */
  make(head: InvokeHead, time: StreamTime, id: number, args: unknown[], deadline: number): StreamedCall {
    const streams = this.#streams as SessionStreams;
    const meta = head.meta ? args.shift() : undefined;
    const call = new StreamedCall(streams, time, this.#owner, id, head.method, args, meta, deadline, head.caller);
    streams.add(call);
    this.#owner.watchCancel(call);
    return call;
  }

  /** The caller has taken items of a stream. A credit that makes no sense ends the stream. */
  credit(frame: FrameView): void {
    const wrong =
      this.#streams === undefined ? 'a credit for a request that is no stream' : this.#streams.credit(frame);
    if (wrong === undefined) return;
    this.#owner.cancel(frame.id);
    this.#owner.answerBadRequest(frame.id, wrong);
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
  }

  /** A source whose consumer has left has failed. A source that was aborted fails for that reason, which is no fault. */
  #cleanUpFailed(call: StreamedCall, error: unknown): void {
    if (error instanceof RpcError || (isError(error) && error.name === 'AbortError')) return;
    this.#owner.failed(call, toError(error), undefined);
  }
}
