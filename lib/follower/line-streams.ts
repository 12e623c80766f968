import type { StreamPort } from '../call/outgoing-stream.js';
import { HEAD } from '../protocol/message.js';
import { REQUEST } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import { type Credit, creditBody } from '../stream/stream-body.js';
import { StreamTotal } from '../stream/stream-total.js';
import type { Connection } from '../transport/connection.js';
import type { PendingCalls } from '../transport/pending-calls.js';

/** Timeout field of a credit, which has no answer. */
const CREDIT_TIMEOUT_MS = 1;

/** Streams of results that arrive on one line. */
export class LineStreams {
  readonly #connection: Connection;
  readonly #pending: PendingCalls;
  readonly #window: StreamWindow;
  readonly #total: StreamTotal;

  constructor(connection: Connection, pending: PendingCalls, window: StreamWindow) {
    this.#connection = connection;
    this.#pending = pending;
    this.#window = window;
    this.#total = new StreamTotal(window.total);
  }

  /** The line as the stream with this id sees it. */
  port(id: number): StreamPort {
    const connection = this.#connection;
    return {
      window: this.#window,
      total: this.#total,
      credit: (credit: Credit) =>
        connection.send(REQUEST, id, CREDIT_TIMEOUT_MS, HEAD.streamCredit, creditBody(credit)),
      forget: () => connection.send(REQUEST, id, 1, HEAD.cancel),
      noteDeadline: (deadline) => this.#pending.noteDeadline(deadline),
    };
  }
}
