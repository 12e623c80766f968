import type { OutgoingCall } from '../call/outgoing-call.js';
import type { StreamPort, UploadPort } from '../call/outgoing-stream.js';
import type { Codec } from '../protocol/codec.js';
import { HEAD, type Head } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import { DEFAULT_STREAM_WINDOW, reportInterval, type StreamWindow } from '../protocol/stream-window.js';
import { roomOf } from '../stream/item-frame.js';
import { ItemFrames } from '../stream/item-frames.js';
import { ReceivedBytes } from '../stream/received-bytes.js';
import { SenderTurns } from '../stream/sender-turns.js';
import { SentBytes } from '../stream/sent-bytes.js';
import { type Credit, creditBody } from '../stream/stream-body.js';
import { StreamTotal } from '../stream/stream-total.js';
import type { Connection } from '../transport/connection.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import type { Agreement } from './registration-answer.js';

/** Timeout field of frames that have no answer. */
const UNANSWERED_MS = 1;

/** Streams of the calls of one line: results that arrive, and uploads that leave. */
export class LineStreams {
  readonly #connection: Connection;
  readonly #pending: PendingCalls;
  readonly #window: StreamWindow;
  readonly #total: StreamTotal;
  readonly #agreement: Agreement;
  readonly #uploadTotal: StreamTotal;
  readonly #turns: SenderTurns;
  readonly #sent: SentBytes;
  readonly #frames: ItemFrames;
  readonly #received: ReceivedBytes;

  /** `window`: that of the results, which this end has announced. */
  constructor(connection: Connection, pending: PendingCalls, window: StreamWindow, agreement: Agreement) {
    this.#connection = connection;
    this.#pending = pending;
    this.#window = window;
    this.#total = new StreamTotal(window.total);
    this.#received = new ReceivedBytes(reportInterval(window), (body) =>
      connection.send(REQUEST, 0, UNANSWERED_MS, HEAD.streamReceived, body),
    );
    this.#agreement = agreement;
    const { total, received }: StreamWindow = agreement.uploads ?? DEFAULT_STREAM_WINDOW;
    this.#uploadTotal = new StreamTotal(total);
    this.#sent = new SentBytes(received);
    this.#frames = new ItemFrames(connection, REQUEST);
    this.#turns = new SenderTurns(roomOf(connection, this.#sent));
  }

  /** A call with streams was sent under this id. */
  open(id: number, call: OutgoingCall): void {
    call.stream?.open(this.#port(id));
    const { uploads, codec } = this.#agreement;
    const { upload } = call;
    if (uploads === undefined || upload === undefined) return;
    upload.open(this.#uploadPort(id, uploads, upload.codecFor?.(codec) ?? codec));
  }

  /** Takes a frame of a stream. False for any other frame, and for one of a call that has no such stream. */
  takes(head: Head, frame: FrameView): boolean {
    const { type } = head;
    if (type === 'stream_received') {
      this.#sent.accept(frame);
      this.#turns.resume();
      return true;
    }
    if (type === 'stream_items') this.#received.count(frame);
    else if (type !== 'stream_credit' && type !== 'stream_stop') return false;
    const request = this.#pending.get(frame.id);
    // The frame crossed with the end of its call.
    if (request === undefined) return true;
    return request.streamFrame?.(head, frame, this.#agreement.codec) === true;
  }

  /** The connection accepts more. */
  resume(): void {
    this.#turns.resume();
  }

  #port(id: number): StreamPort {
    const connection = this.#connection;
    return {
      window: this.#window,
      total: this.#total,
      credit: (credit: Credit) => connection.send(REQUEST, id, UNANSWERED_MS, HEAD.streamCredit, creditBody(credit)),
      forget: () => connection.send(REQUEST, id, UNANSWERED_MS, HEAD.cancel),
      noteDeadline: (deadline) => this.#pending.noteDeadline(deadline),
    };
  }

  #uploadPort(id: number, window: StreamWindow, codec: Codec): UploadPort {
    const connection = this.#connection;
    const frames = this.#frames.open(id, codec);
    return {
      window,
      total: this.#uploadTotal,
      turns: this.#turns,
      write: (sequence, item) => this.#sent.sent(frames.write(sequence, item)),
      flush: () => this.#frames.flush(frames),
      end: () => {
        frames.flush();
        connection.send(REQUEST, id, UNANSWERED_MS, HEAD.streamEnd);
      },
    };
  }
}
