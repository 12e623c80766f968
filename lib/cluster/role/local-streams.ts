import type { OutgoingCall } from '../../call/outgoing-call.js';
import type { OutgoingStream } from '../../call/outgoing-stream.js';
import { RpcCode, RpcError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { DEFAULT_STREAM_WINDOW as WINDOW } from '../../protocol/stream-window.js';
import type { RateLimitedLog } from '../../rate-limited-log.js';
import type { Answerer } from '../../serving/incoming-call.js';
import { SessionStreams } from '../../serving/session-streams.js';
import { StreamedCall } from '../../serving/streamed-call.js';
import { StreamTotal } from '../../stream/stream-total.js';
import { nextTick } from '../../timers.js';
import type { PendingCalls } from '../../transport/pending-calls.js';
import type { LocalLine } from './local-line.js';

export interface LocalStreamsParts {
  readonly line: LocalLine;
  readonly pending: PendingCalls;
  readonly answers: Answerer;
  readonly log: RateLimitedLog;
  /** Codec of one stream. */
  makeCodec(): Codec;
  /** Reports an error of a source that reaches no reader. */
  onLost(method: string, error: unknown): void;
}

/** Streams of the real client whose readers are in the same process: with the same windows and ends as those of a Follower. */
export class LocalStreams {
  readonly #parts: LocalStreamsParts;
  /** Calls that are not over, by their ids. */
  readonly #calls = new Map<number, StreamedCall>();

  constructor(parts: LocalStreamsParts) {
    this.#parts = parts;
  }

  /** Returns the call as the real client gets it. The items that it answers with go to `stream`. */
  begin(call: OutgoingCall, stream: OutgoingStream, args: unknown[]): StreamedCall {
    const { line, pending, answers, log, makeCodec, onLost } = this.#parts;
    const codec = makeCodec();
    const id = pending.add(call);
    const streams = new SessionStreams<StreamedCall>({
      ...{ connection: line.connection(codec), codec, window: WINDOW, maxStreams: 1, log },
      onFirstItem: () => {},
      onAbandoned: () => {},
      onLost: (lost, error) => onLost(lost.method, error),
    });
    const owner = {
      begin: streams.begin.bind(streams),
      // A source that never ends is not kept: nothing further is to be said to it.
      abandoned: () => void this.#calls.delete(id),
      unending: () => {},
      over: () => void this.#calls.delete(id),
    };
    const { name } = call.method;
    const served = new StreamedCall(
      ...([owner, stream.time, undefined, answers, id, name, args, undefined, call.deadline, undefined] as const),
    );
    this.#calls.set(id, served);
    stream.open({
      window: WINDOW,
      total: new StreamTotal(WINDOW.total),
      // An item is taken while it is written, and counts as sent after that.
      credit: (credit) => nextTick(() => streams.taken(id, credit)),
      forget: () => streams.forget(id),
      noteDeadline: (deadline) => pending.noteDeadline(deadline),
    });
    call.heldBy(() => {
      pending.take(id);
      this.cancel([id]);
    });
    return served;
  }

  /** The readers of these calls want no more. Other ids change nothing. */
  cancel(ids: Iterable<number>, reason = new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call')): void {
    for (const id of ids) this.#calls.get(id)?.cancelled(reason);
  }

  /** No stream goes on. */
  end(reason: RpcError): void {
    this.cancel([...this.#calls.keys()], reason);
  }
}
