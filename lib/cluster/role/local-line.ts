import { OutgoingCall } from '../../call/outgoing-call.js';
import type { Logger } from '../../diagnostics.js';
import type { RpcError } from '../../errors.js';
import { directRequestCodec } from '../../follower/request-codec.js';
import { decodeList } from '../../protocol/argument-list.js';
import type { Codec } from '../../protocol/codec.js';
import { FrameWriter } from '../../protocol/frame-writer.js';
import { Framer } from '../../protocol/framer.js';
import { HeadCache } from '../../protocol/head-cache.js';
import { EXTENSION_VERSION, FEATURES } from '../../protocol/message.js';
import { type FrameView, type PacketKind, REQUEST } from '../../protocol/packet.js';
import { type AnswerConnection, AnswerWriter } from '../../serving/answer-writer.js';
import type { StreamConnection } from '../../serving/session-streams.js';
import type { PendingCalls } from '../../transport/pending-calls.js';

/** Fields of a frame that never leaves this process. */
const NO_ID = 1;
const NO_TIMEOUT = 1;

export interface LocalLineOptions {
  readonly codec: Codec;
  readonly maxFrameBytes: number;
  readonly logger: Logger;
}

/**
 * The way of a call within the process that leads, for callers that get copies. Arguments and answers are written into
 * frames and read again by the code that writes and reads a Follower's, so that both sides get the same values and errors.
 */
export class LocalLine {
  readonly answers: AnswerWriter;
  readonly #options: LocalLineOptions;
  readonly #pending: PendingCalls;
  readonly #heads = new HeadCache();
  readonly #writer: FrameWriter;
  #isWriting = false;

  /** Answers settle the calls in `pending`. */
  constructor(options: LocalLineOptions, pending: PendingCalls) {
    this.#options = options;
    this.#pending = pending;
    this.#writer = new FrameWriter(options.maxFrameBytes);
    const { codec, logger } = options;
    // The stack stays in the process, and helps the caller.
    this.answers = new AnswerWriter(this.connection(codec), { exposeStack: true, logger });
    this.answers.agree(codec, { version: EXTENSION_VERSION, codecs: [codec.name], features: FEATURES });
  }

  /** Copies the arguments of a call. Throws what the codec throws on a value that it cannot carry. */
  copyArguments(call: OutgoingCall): unknown[] {
    const { codec } = this.#options;
    call.requestCodec = directRequestCodec;
    const out = this.#begin();
    let args: unknown[] = [];
    try {
      out.begin(REQUEST, NO_ID, NO_TIMEOUT, directRequestCodec.head(call, false, false, false));
      directRequestCodec.writeBody(call, out, codec, false, false);
      out.commit();
      this.#read(out, ({ bytes, bodyStart, end }) => {
        args = decodeList(codec, bytes, bodyStart, end, call.args.length);
      });
    } finally {
      this.#end(out);
    }
    return args;
  }

  /**
   * The parts of a connection that an AnswerWriter and streams need. `codec`: the one that reads what is written. `onItems`: reads items of an
   * upload. Undefined: items are results.
   */
  connection(codec: Codec, onItems?: (frame: FrameView) => void): AnswerConnection & StreamConnection {
    let out = this.#writer;
    let id = NO_ID;
    const line: AnswerConnection & StreamConnection = {
      isOpen: true,
      isBlocked: false,
      queuedBytes: 0,
      maxFrameBytes: this.#options.maxFrameBytes,
      peer: 'this process',
      begin: (kind: PacketKind, answered: number, timeoutMs: number, head: Uint8Array): FrameWriter => {
        out = this.#begin();
        id = answered;
        out.begin(kind, answered, timeoutMs, head);
        return out;
      },
      commit: () => {
        out.commit();
        this.#read(out, (frame) => {
          const head = this.#heads.decode(frame);
          if (head.type === 'stream_items' && onItems !== undefined) onItems(frame);
          else if (head.type === 'stream_items') this.#pending.get(frame.id)?.streamFrame?.(head, frame, codec);
          else this.#pending.take(frame.id)?.answered(head, frame, codec);
        });
        this.#end(out);
      },
      rollback: () => this.#end(out),
      queue: (...[kind, queued, timeoutMs, head, body]) => {
        line.begin(kind, queued, timeoutMs, head).append(body, 0, body.length);
        line.commit();
      },
      send: () => {}, // for a queue that is full, and there is none here
      destroy: (reason: RpcError) => {
        const call = this.#pending.take(id);
        if (call instanceof OutgoingCall) call.fail(reason);
      },
    };
    return line;
  }

  /** A writer without a frame. A call that is made, or answered, while a value is encoded gets a writer of its own. */
  #begin(): FrameWriter {
    if (this.#isWriting) return new FrameWriter(this.#options.maxFrameBytes);
    this.#isWriting = true;
    return this.#writer;
  }

  #end(out: FrameWriter): void {
    out.rollback();
    out.recycle();
    if (out === this.#writer) this.#isWriting = false;
  }

  #read(out: FrameWriter, onFrame: (frame: FrameView) => void): void {
    const framer = new Framer(this.#options.maxFrameBytes, onFrame);
    out.take((bytes) => framer.push(bytes));
  }
}
