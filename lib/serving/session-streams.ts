import { isError } from '../error-parts.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { type FrameView, RESPONSE } from '../protocol/packet.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import { printable } from '../quoted.js';
import type { RateLimitedLog } from '../rate-limited-log.js';
import { type ItemConnection, roomOf } from '../stream/item-frame.js';
import { ItemFrames, type StreamFrames } from '../stream/item-frames.js';
import { SenderTurns } from '../stream/sender-turns.js';
import { SentBytes } from '../stream/sent-bytes.js';
import type { SentItems } from '../stream/sent-items.js';
import { type Credit, readCredit } from '../stream/stream-body.js';
import { StreamSender } from '../stream/stream-sender.js';
import type { StreamSource } from '../stream/stream-source.js';
import { StreamTotal } from '../stream/stream-total.js';
import type { Connection } from '../transport/connection.js';
import type { StreamedCall } from './streamed-call.js';

/** Streams that one connection may have open at once, where the Leader has no such option. */
export const DEFAULT_MAX_STREAMS = 1_000;

/**
 * Streams of one connection that may have ended while their consumers have not taken everything, for each that may be open. Only
 * counts are kept of them: few are enough for peers that never read, and many for those that read later.
 */
const UNTAKEN_FOR_EACH = 10;

/** Fault of a credit for an id that has no stream. */
export const NO_STREAM = 'a credit for a request that is no stream';

/** A call whose results are sent as a stream. */
export interface StreamingCall {
  /** Id of the request. */
  readonly id: number;
  readonly method: string;
  /** The source has ended, and all its items are sent. */
  done(returned: unknown): void;
  /** The source has failed. */
  failed(error: unknown): void;
  /** An item cannot be sent. */
  refuse(error: RpcError): void;
  /** The stream was stopped, and its source has ended. */
  drop(): void;
}

/** The part of a connection that streams are written to. */
export type StreamConnection = ItemConnection & Pick<Connection, 'peer'>;

export interface SessionStreamsOptions<Call extends StreamingCall = StreamedCall> {
  readonly connection: StreamConnection;
  readonly codec: Codec;
  /** How far the streams may be ahead of their consumers, as the peer has announced. */
  readonly window: StreamWindow;
  readonly maxStreams: number;
  /** Receiver of lines that peers can cause, for all connections of a port. */
  readonly log: RateLimitedLog;
  /** The first item of a call was sent. */
  onFirstItem(call: Call): void;
  /** The caller wants no more of the call. */
  onAbandoned(call: Call): void;
  /** Reports an error of a source that reaches no caller. */
  onLost(call: Call, error: unknown): void;
}

/** A stream that is open, and its frames. */
interface Sending {
  readonly sender: StreamSender;
  readonly frames: StreamFrames;
}

/** Streams of results that one connection sends. Made with the first of them. */
export class SessionStreams<Call extends StreamingCall = StreamedCall> {
  readonly #options: SessionStreamsOptions<Call>;
  readonly #total: StreamTotal;
  readonly #turns: SenderTurns;
  readonly #sent: SentBytes;
  readonly #frames: ItemFrames;
  /** By the id of the call: streams that are open. */
  readonly #senders = new Map<number, Sending>();
  /**
   * Likewise: what was sent of streams that are over here, where the consumer has not taken everything. It counts these bytes until
   * it says otherwise, and would take further items for too many if they were forgotten here before.
   */
  readonly #untaken = new Map<number, SentItems>();
  /** Calls that are not over, by their ids. */
  readonly #calls = new Map<number, Call>();

  constructor(options: SessionStreamsOptions<Call>) {
    this.#options = options;
    this.#total = new StreamTotal(options.window.total);
    this.#sent = new SentBytes(options.window.received);
    this.#frames = new ItemFrames(options.connection, RESPONSE);
    this.#turns = new SenderTurns(roomOf(options.connection, this.#sent));
  }

  /** Calls that are not over. */
  get size(): number {
    return this.#calls.size;
  }

  /** Why no further stream may begin, where too many have ended whose items are not taken; undefined where one may. */
  get refusal(): string | undefined {
    if (this.#untaken.size < this.#options.maxStreams * UNTAKEN_FOR_EACH) return undefined;
    return `${this.#untaken.size} streams of this connection have ended, and their items are not taken`;
  }

  /** A call for a stream has arrived; {@link SessionStreams.over} ends it. */
  add(call: Call): void {
    this.#calls.set(call.id, call);
  }

  /** The call is over. Called before its answer is written, which is to arrive behind the items. */
  over(call: Call): void {
    // A later call may have got the id of one that was abandoned.
    if (this.#calls.get(call.id) !== call) return;
    this.#calls.delete(call.id);
    this.#senders.get(call.id)?.frames.flush();
  }

  /** A source that never ends must not count for good among the streams of the connection. */
  unending(call: Call, sender: StreamSender | undefined): void {
    this.over(call);
    if (sender !== undefined) this.#ended(call.id, sender);
  }

  /** True while a call with this id is not over. */
  has(id: number): boolean {
    return this.#calls.has(id);
  }

  begin(call: Call, source: StreamSource): StreamSender {
    const { window, codec, onLost } = this.#options;
    const frames = this.#frames.open(call.id, codec);
    const sender: StreamSender = new StreamSender(
      source,
      { window, total: this.#total, turns: this.#turns },
      {
        write: (sequence, item) => this.#write(call, frames, sequence, item),
        onFull: () => this.#frames.flush(frames),
        onDone: (returned) => {
          this.#ended(call.id, sender);
          call.done(returned);
        },
        onFailed: (error) => {
          this.#ended(call.id, sender);
          call.failed(error);
        },
        onUnsendable: (error) => {
          this.#ended(call.id, sender);
          call.refuse(this.#unsendable(call, error));
        },
        onStopped: (error) => {
          this.#ended(call.id, sender);
          if (error !== undefined && !isAbort(error)) onLost(call, error);
          call.drop();
        },
      },
    );
    this.#senders.set(call.id, { sender, frames });
    return sender;
  }

  /** Takes what the consumers say. Returns what is wrong with a frame that makes no sense; undefined for a good one. */
  take(type: 'stream_credit' | 'stream_received', frame: FrameView): string | undefined {
    return type === 'stream_credit' ? this.#credit(frame) : this.#received(frame);
  }

  #credit({ id, bytes, bodyStart, end }: FrameView): string | undefined {
    if (!this.#senders.has(id) && !this.#untaken.has(id)) return NO_STREAM;
    const credit = readCredit(bytes, bodyStart, end);
    return credit === undefined ? 'a credit without its two counts' : this.taken(id, credit);
  }

  /** The consumer of a stream has taken items. Returns what is wrong with that. */
  taken(id: number, credit: Credit): string | undefined {
    const sending = this.#senders.get(id);
    if (sending !== undefined) return sending.sender.credit(credit);
    const untaken = this.#untaken.get(id);
    const wrong = untaken?.credit(credit);
    if (untaken?.areTaken === true) this.#untaken.delete(id);
    return wrong;
  }

  #received(frame: FrameView): string | undefined {
    const wrong = this.#sent.takeReport(frame);
    if (wrong === undefined) this.#turns.resume();
    return wrong;
  }

  /** The caller of this stream takes nothing more. An unknown id is no error. */
  forget(id: number): void {
    const sending = this.#senders.get(id);
    sending?.frames.flush();
    sending?.sender.forget();
    this.#senders.delete(id);
    this.#untaken.get(id)?.forget();
    this.#untaken.delete(id);
  }

  /** The caller wants no more, or is late. The credits of a late one may still come, and are no fault. */
  abandoned(call: Call): void {
    this.#options.onAbandoned(call);
  }

  /** The connection accepts more. */
  resume(): void {
    this.#turns.resume();
  }

  /** The connection has ended. Its calls are aborted by their owner. */
  end(): void {
    this.#turns.clear();
    this.#senders.clear();
    this.#untaken.clear();
  }

  /** The stream is over here. One that was forgotten before has no place any more, and its id may belong to another. */
  #ended(id: number, sender: StreamSender): void {
    const sending = this.#senders.get(id);
    if (sending?.sender !== sender) return;
    sending.frames.flush();
    this.#senders.delete(id);
    if (!sender.items.areTaken) this.#untaken.set(id, sender.items);
  }

  #write(call: Call, frames: StreamFrames, sequence: number, item: unknown): number {
    const bytes = frames.write(sequence, item);
    this.#sent.sent(bytes);
    if (sequence === 0) this.#options.onFirstItem(call);
    return bytes;
  }

  #unsendable({ method }: Call, error: unknown): RpcError {
    const code = error instanceof RpcError ? error.code : RpcCode.Encode;
    const why = `an item of the stream cannot be sent: ${messageOf(error)}`;
    const { log, connection } = this.#options;
    log.error(
      () => `mailstation: cannot go on with ${printable(method)} for ${connection.peer}: ${printable(why)}`,
      code,
    );
    return new RpcError(code, why, { cause: error });
  }
}

/** A source that was aborted fails for that reason, which is no fault. */
function isAbort(error: unknown): boolean {
  return error instanceof RpcError || (isError(error) && error.name === 'AbortError');
}
