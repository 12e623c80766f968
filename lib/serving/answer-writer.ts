import { CalledBackError, resultsOf } from '../called-back.js';
import { describeError, type Logger } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { firstOf } from '../falsy-first.js';
import { encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
import { EncodedValue } from '../protocol/encoded-value.js';
import type { FrameWriter } from '../protocol/frame-writer.js';
import {
  EXTENSION_VERSION,
  type Extension,
  failureHead,
  HEAD,
  type RefusalDetail,
  registerResHead,
  resultsHead,
} from '../protocol/message.js';
import { RESPONSE } from '../protocol/packet.js';
import type { RefusalCode } from '../protocol/refusal.js';
import { relayMessage } from '../protocol/relay-message.js';
import { isEncodeRefusal } from '../protocol/value-path.js';
import { printable } from '../quoted.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { discardStream, isStreamable } from '../stream/stream-source.js';
import type { Connection } from '../transport/connection.js';
import { writeBytes, writeFrame } from '../transport/write-frame.js';
import type { ErrorBody } from '../wire-errors.js';
import { answerTurn } from './answer-turn.js';
import { describeForPeer, type ErrorBodyOptions, stockBody } from './error-body.js';
import { needsStream } from './needs-stream.js';

/** Timeout field of an answer. Stock peers copy the request's value; no peer reads the field. */
export const ANSWER_TIMEOUT_MS = 1;
/** Marks a refusal as a mailstation Leader's: the body is encoded by the stock codec. */
export const REFUSAL: Extension = { version: EXTENSION_VERSION, codecs: [], features: [] };
/** How an error is described in the refusal of a registration. */
const WITHOUT_STACK: ErrorBodyOptions = { codec: STOCK_CODEC, withStack: false, isOurs: false };
/**
 * Bytes of an error's message that are sent where the error with all its parts cannot be sent: the whole message, or the
 * beginning. The last size fits every frame.
 */
const BEGINNINGS = [Number.POSITIVE_INFINITY, 4_096, 512, 64];

export interface AnswerWriterOptions {
  /** Sends the stack of a method's error to the caller. */
  readonly exposeStack: boolean;
  readonly logger: Logger;
}

/** The part of a connection that answers are written to. */
export type AnswerConnection = Pick<
  Connection,
  'isOpen' | 'peer' | 'begin' | 'commit' | 'rollback' | 'send' | 'destroy'
>;

/** Writes answers in the form that the peer reads. No method throws: an answer that cannot be sent becomes an error that can. */
export class AnswerWriter {
  readonly #connection: AnswerConnection;
  readonly #options: AnswerWriterOptions;
  readonly #log: RateLimitedLog;
  #codec: Codec = STOCK_CODEC;
  /** True for a mailstation peer, which tells failures of this end and failures of the method apart by a code. */
  #isOurs = false;
  #takesLists = false;
  /** True from an answer that found no room until the next answer that did: one log line is enough. */
  #isOverflowing = false;

  /** `log`: receiver of lines that peers can cause, for all connections of a port. */
  constructor(connection: AnswerConnection, options: AnswerWriterOptions, log = new RateLimitedLog(options.logger)) {
    this.#connection = connection;
    this.#options = options;
    this.#log = log;
  }

  /** Sets the terms of the registration. Before that, and with stock peers, answers have cluster-client's form. */
  agree(codec: Codec, peer: Extension | undefined): void {
    this.#codec = codec;
    this.#isOurs = peer !== undefined;
    this.#takesLists = peer?.features.includes('results') === true;
  }

  /** Accepts a registration. `ext` holds the chosen terms, for a mailstation peer. */
  registered(id: number, ext: Extension | undefined): void {
    // A mailstation peer knows the chosen codec only after reading the head, and expects the stock codec here.
    const codec = this.#isOurs ? STOCK_CODEC : this.#codec;
    this.#write(id, registerResHead(ext), (out) => codec.encode({ success: true }, out));
  }

  /** Refuses the registration of a mailstation peer. */
  refused(id: number, code: RefusalCode, message: string, { failure, holder }: RefusalDetail = {}): void {
    const error = {
      name: 'RpcError',
      message,
      code,
      ...(failure && { cause: describeForPeer(failure, WITHOUT_STACK).body }),
    };
    const ext = holder === undefined ? REFUSAL : { ...REFUSAL, holder };
    this.#write(id, registerResHead(ext), (out) => STOCK_CODEC.encode({ success: false, error }, out));
  }

  /** Refuses the registration of a stock peer, in the form of cluster-client's Leader: the failure itself. */
  refusedStock(id: number, failure: Error, codec: Codec): void {
    const error = stockBody(describeForPeer(failure, { ...WITHOUT_STACK, codec }).body);
    const body = { success: false, error };
    this.#write(id, registerResHead(undefined), (out) => codec.encode(body, out));
  }

  /** Acknowledges a request that has no result. */
  done(id: number): void {
    this.#write(id, HEAD.empty, () => {});
  }

  /**
   * Answers with the results of a method. A stock peer gets the first result only. Returns the failure that was answered in
   * their place where the results cannot be sent.
   */
  results(id: number, method: string, results: readonly unknown[]): RpcError | undefined {
    const connection = this.#connection;
    if (!connection.isOpen) return undefined;
    try {
      const head = this.#takesLists ? resultsHead(results.length, firstOf(results)) : HEAD.success;
      const out = connection.begin(RESPONSE, id, ANSWER_TIMEOUT_MS, head);
      try {
        if (this.#takesLists) encodeList(out, this.#codec, results, 'results');
        else this.#codec.encode(results[0], out);
        answerTurn.encoded(out.at - out.origin);
        connection.commit();
        this.#isOverflowing = false;
      } catch (error) {
        answerTurn.readClock(); // so many bytes, and none to count
        connection.rollback();
        throw error;
      }
      return undefined;
    } catch (error) {
      if (isStreamable(results[0])) return this.#needsStream(id, method, results[0]);
      return this.#resultsFailed(id, method, error);
    }
  }

  /** Answers with the bytes of another server's answer, `source[start … end)`. */
  bytes(id: number, method: string, head: Uint8Array, source: Buffer, start: number, end: number): void {
    if (!this.#connection.isOpen) return;
    try {
      writeBytes(this.#connection, RESPONSE, id, ANSWER_TIMEOUT_MS, head, source, start, end);
    } catch (error) {
      this.#resultsFailed(id, method, error);
    }
  }

  /** Answers a call that could not be relayed, or that the server did not answer. `method` is for the log. */
  relayFailure(id: number, error: RpcError, method = ''): void {
    const { code, delivery = 'unknown' } = error;
    if (!this.#isOurs) return this.failure(id, error, code, method);
    this.#error(id, relayMessage({ type: 'relay_failure', code, delivery }), error, method, code);
  }

  /**
   * Answers with an error. `code` is set where the failure is mailstation's and not the method's; such an error has no stack
   * that would help a caller. `method` is for the log.
   */
  failure(id: number, error: Error, code: RpcCode | undefined, method = ''): void {
    const retryAfter = error instanceof RpcError ? error.retryAfter : undefined;
    const head = code === undefined || !this.#isOurs ? HEAD.failure : failureHead(code, retryAfter);
    this.#error(id, head, error, method, code);
  }

  /** Sends as much of the error as can be sent: with all its parts, without fields and causes, or only its beginning. */
  #error(id: number, head: Uint8Array, error: Error, method: string, ours: RpcCode | undefined): void {
    if (!this.#connection.isOpen) return;
    const { body, leftOut } = describeForPeer(error, {
      codec: this.#codec,
      withStack: ours === undefined && this.#options.exposeStack,
      isOurs: ours !== undefined,
    });
    const passed = this.#passedOn(error, body);
    let failed = this.#errorBody(id, head, { ...body, ...passed });
    if (failed !== undefined && passed?.callbackResults !== undefined) {
      leftOut.push(`the results beside the error: ${messageOf(failed)}`);
      failed = this.#errorBody(id, head, body);
    }
    if (failed === undefined) return this.#logLeftOut(method, error, leftOut);
    const why = messageOf(failed);
    const { name, message, code } = body;
    for (const bytes of BEGINNINGS) {
      if (failed instanceof RpcError && failed.code === RpcCode.QueueFull) break; // the peer reads no answers
      failed = this.#errorBody(id, head, {
        name: beginning(name, bytes / 4),
        message: beginning(message, bytes),
        ...(code !== undefined && { code: typeof code === 'string' ? beginning(code, bytes / 4) : code }),
      });
      if (failed === undefined) return this.#logLeftOut(method, error, [`all but its beginning: ${why}`]);
    }
    this.#connection.destroy(asRpcError(failed));
  }

  /** Arguments that the method gave to its callback: a caller in pomelo-rpc's form gets them beside the error, or in its place. */
  #passedOn(error: Error, { fields }: ErrorBody): Partial<ErrorBody> | undefined {
    if (error instanceof CalledBackError) {
      const { callbackArguments } = error;
      // A peer of ours reads the fields of the error from the first argument.
      return this.#isOurs || fields === undefined ? { callbackArguments, fields: {} } : { callbackArguments };
    }
    const callbackResults = this.#isOurs ? resultsOf(error) : undefined;
    return callbackResults && { callbackResults };
  }

  #errorBody(id: number, head: Uint8Array, body: ErrorBody): unknown {
    answerTurn.readClock(); // the parts that are left out of an error take time too
    return this.#write(id, head, (out) => this.#codec.encode(this.#isOurs ? body : stockBody(body), out));
  }

  #logLeftOut(method: string, error: Error, leftOut: readonly string[]): void {
    if (leftOut.length === 0) return;
    this.#log.warn(
      () =>
        `mailstation: the error "${printable(messageOf(error).slice(0, 100))}" of ${printable(method)} was sent to ` +
        `${this.#connection.peer} without ${leftOut.join('; ')}`,
    );
  }

  /** Returns what failed; undefined where the answer was sent, or the connection has ended. */
  #write(id: number, head: Uint8Array, body: (out: FrameWriter) => void): unknown {
    if (!this.#connection.isOpen) return undefined;
    try {
      writeFrame(this.#connection, RESPONSE, id, ANSWER_TIMEOUT_MS, head, body);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  /**
   * Answers with an error in place of a result for which the queue has no room. The queue has some room for such errors. The
   * connection of a peer that does not read them either is destroyed.
   */
  #overflowed(id: number, method: string, error: RpcError): void {
    const why = overflow(error);
    if (!this.#isOverflowing) {
      const { peer } = this.#connection;
      this.#log.warn(`mailstation: cannot answer a call of ${printable(method)} from ${peer}: ${why}`);
    }
    this.#isOverflowing = true;
    const head = this.#isOurs ? failureHead(RpcCode.QueueFull) : HEAD.failure;
    const body = EncodedValue.of({ name: 'RpcError', message: why }, this.#codec).in(this.#codec);
    this.#connection.send(RESPONSE, id, ANSWER_TIMEOUT_MS, head, body);
  }

  /** The method answers with a stream, and the caller waits for one value. */
  #needsStream(id: number, method: string, stream: unknown): RpcError {
    discardStream(stream);
    const failure = needsStream(method);
    const of = `${printable(method)} from ${this.#connection.peer}`;
    this.#log.warn(`mailstation: refused a call of ${of}: ${printable(failure.message)}`, failure.code);
    this.failure(id, failure, failure.code, method);
    return failure;
  }

  #resultsFailed(id: number, method: string, error: unknown): RpcError {
    if (error instanceof RpcError && error.code === RpcCode.QueueFull) {
      this.#overflowed(id, method, error);
      return error;
    }
    const code = error instanceof RpcError ? error.code : RpcCode.Encode;
    // Codecs call the value `$` in their messages.
    const why = messageOf(error)
      .replace(/^\$(?= )/, 'the result')
      .replace(/^\$/, 'result');
    const failure = new RpcError(code, `the result cannot be sent: ${why}`, { cause: error });
    // The stack helps where code of the result failed, such as a toJSON; otherwise the stack has frames of this library only.
    const isOurs = error instanceof RpcError || isEncodeRefusal(error);
    this.#log.error(() => {
      const shown = isOurs ? `${printable(failure.message)} (${code})` : describeError(failure);
      return `mailstation: cannot answer a call of ${printable(method)} from ${this.#connection.peer}: ${shown}`;
    }, code);
    this.failure(id, failure, code, method);
    return failure;
  }
}

/** Reason in the log and in the answer of a call whose result was dropped. */
function overflow({ message }: RpcError): string {
  return `the result is dropped, since the caller does not read as fast as the server answers: ${message}; request less at once, or raise maxQueuedBytes of the server`;
}

function asRpcError(thrown: unknown): RpcError {
  return thrown instanceof RpcError ? thrown : new RpcError(RpcCode.Encode, messageOf(thrown), { cause: thrown });
}

/** The beginning of a text, in so many bytes of UTF-8 at most, with a mark where something is missing. */
function beginning(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text;
  const encoded = Buffer.from(text.slice(0, Math.min(text.length, bytes)));
  if (encoded.length <= bytes && text.length <= bytes) return text;
  return `${encoded.toString('utf8', 0, Math.max(0, Math.floor(bytes) - 3)).replace(/\ufffd+$/, '')}...`;
}
