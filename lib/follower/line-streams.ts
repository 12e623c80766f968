import type { OutgoingCall } from '../call/outgoing-call.js';
import type { StreamPort, UploadPort } from '../call/outgoing-stream.js';
import type { Codec } from '../protocol/codec.js';
import { HEAD, type Head } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import { DEFAULT_STREAM_WINDOW, reportInterval, type StreamWindow } from '../protocol/stream-window.js';
import { roomOf, writeItem } from '../stream/item-frame.js';
import { SenderTurns } from '../stream/sender-turns.js';
import { COUNT_BYTES, type Credit, countBody, creditBody } from '../stream/stream-body.js';
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
  /** Bytes of items after which the peer gets a report, that have arrived, and that were reported. */
  readonly #interval: number;
  #received = 0;
  #reported = 0;

  /** `window`: that of the results, which this end has announced. */
  constructor(connection: Connection, pending: PendingCalls, window: StreamWindow, agreement: Agreement) {
    this.#connection = connection;
    this.#pending = pending;
    this.#window = window;
    this.#total = new StreamTotal(window.total);
    this.#interval = reportInterval(window);
    this.#agreement = agreement;
    this.#uploadTotal = new StreamTotal((agreement.uploads ?? DEFAULT_STREAM_WINDOW).total);
    this.#turns = new SenderTurns(roomOf(connection));
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
    const isForUpload = head.type === 'stream_credit' || head.type === 'stream_stop';
    if (!isForUpload && head.type !== 'stream_items') return false;
    if (head.type === 'stream_items') this.#count(frame);
    const request = this.#pending.get(frame.id);
    // The frame crossed with the end of its call.
    if (request === undefined) return true;
    return request.streamFrame?.(head, frame, this.#agreement.codec) === true;
  }

  /** The connection accepts more. */
  resume(): void {
    this.#turns.resume();
  }

  /** The peer is to send no more at once than arrives soon: answers of calls wait behind it. */
  #count({ bodyStart, end }: FrameView): void {
    this.#received += Math.max(0, end - bodyStart - COUNT_BYTES);
    if (this.#received - this.#reported < this.#interval) return;
    this.#reported = this.#received;
    this.#connection.send(REQUEST, 0, UNANSWERED_MS, HEAD.streamReceived, countBody(this.#received));
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
    return {
      window,
      total: this.#uploadTotal,
      turns: this.#turns,
      write: (sequence, item) => writeItem(connection, REQUEST, id, codec, sequence, item),
      end: () => connection.send(REQUEST, id, UNANSWERED_MS, HEAD.streamEnd),
    };
  }
}
