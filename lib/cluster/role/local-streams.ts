import type { OutgoingCall } from '../../call/outgoing-call.js';
import type { OutgoingStream, OutgoingUpload } from '../../call/outgoing-stream.js';
import { RpcCode, RpcError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { type FrameView, REQUEST, RESPONSE } from '../../protocol/packet.js';
import { DEFAULT_STREAM_WINDOW as WINDOW } from '../../protocol/stream-window.js';
import type { RateLimitedLog } from '../../rate-limited-log.js';
import type { RawBytes } from '../../raw-bytes.js';
import type { Answerer } from '../../serving/incoming-call.js';
import { IncomingUpload } from '../../serving/incoming-upload.js';
import { SessionStreams } from '../../serving/session-streams.js';
import { StreamedCall, type StreamedCallOwner } from '../../serving/streamed-call.js';
import { UploadedCall } from '../../serving/uploaded-call.js';
import { roomOf } from '../../stream/item-frame.js';
import { ItemFrames } from '../../stream/item-frames.js';
import { SenderTurns } from '../../stream/sender-turns.js';
import { creditBody } from '../../stream/stream-body.js';
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
  readonly #calls = new Map<number, UploadedCall>();

  constructor(parts: LocalStreamsParts) {
    this.#parts = parts;
  }

  /** Returns the call as the real client gets it, with its streams in both directions. */
  begin(call: OutgoingCall, args: unknown[]): UploadedCall {
    const { pending, answers } = this.#parts;
    const id = pending.add(call);
    const { method, stream, upload, deadline, options } = call;
    const incoming = upload && this.#receive(id, call, upload);
    const parts = [incoming?.receiver, answers, id, method.name, args, options.meta, deadline, undefined] as const;
    const results = stream && this.#send(id, stream);
    const served =
      results === undefined ? new UploadedCall(...parts) : new StreamedCall(results.owner, results.time, ...parts);
    this.#calls.set(id, served);
    call.heldBy(() => {
      pending.take(id);
      this.cancel([id]);
    });
    results?.open();
    incoming?.open();
    return served;
  }

  /** The way of the results, to be opened when the call is known. */
  #send(id: number, stream: OutgoingStream) {
    const { line, pending, log, makeCodec, onLost } = this.#parts;
    const codec = makeCodec();
    const streams = new SessionStreams<StreamedCall>({
      ...{ connection: line.connection(codec), codec, window: WINDOW, maxStreams: 1, log },
      onFirstItem: () => {},
      onAbandoned: () => {},
      onLost: (lost, error) => onLost(lost.method, error),
    });
    const owner: StreamedCallOwner = {
      begin: streams.begin.bind(streams),
      // A source that never ends is not kept: nothing further is to be said to it.
      abandoned: () => void this.#calls.delete(id),
      unending: () => {},
      over: () => void this.#calls.delete(id),
    };
    const open = (): void =>
      stream.open({
        window: WINDOW,
        total: new StreamTotal(WINDOW.total),
        // An item is taken while it is written, and counts as sent after that.
        credit: (credit) => nextTick(() => streams.taken(id, credit)),
        forget: () => streams.forget(id),
        noteDeadline: (deadline) => pending.noteDeadline(deadline),
      });
    return { owner, time: stream.time, open };
  }

  /** The way of the items that the caller sends, likewise. */
  #receive(id: number, call: OutgoingCall, upload: OutgoingUpload) {
    const codec = this.#parts.makeCodec();
    const broken = (_id: number, why: string): void => call.abandon(call.error(RpcCode.BadRequest, why, 'answered'));
    const receiver: IncomingUpload = new IncomingUpload(
      id,
      {
        credit: (_id, credit) => nextTick(() => upload.credit(unframed(creditBody(credit)))),
        stop: () => upload.stop(),
        broken,
        over: () => void this.#calls.delete(id),
      },
      { window: WINDOW, total: new StreamTotal(WINDOW.total) },
    );
    const connection = this.#parts.line.connection(codec, (frame) => void receiver.items(frame, codec));
    const frames = new ItemFrames(connection, REQUEST).open(id, codec);
    const open = (): void =>
      upload.open({
        window: WINDOW,
        total: new StreamTotal(WINDOW.total),
        turns: new SenderTurns(roomOf(connection)),
        write: (sequence, item) => frames.write(sequence, item),
        flush: () => frames.flush(),
        end: () => {
          frames.flush();
          void receiver.ended();
        },
      });
    return { receiver, open };
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

/** A body as a frame has it, for a reader of frames. */
function unframed(bytes: RawBytes): FrameView {
  return { kind: RESPONSE, id: 0, timeout: 1, bytes, headStart: 0, bodyStart: 0, end: bytes.length };
}
