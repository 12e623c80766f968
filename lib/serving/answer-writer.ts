import { CalledBackError } from '../called-back.js';
import { describeError, type Logger } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
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
  registerResHead,
  resultsHead,
} from '../protocol/message.js';
import { RESPONSE } from '../protocol/packet.js';
import type { RefusalCode } from '../protocol/refusal.js';
import { relayMessage } from '../protocol/relay-message.js';
import { isEncodeRefusal } from '../protocol/value-path.js';
import { printable } from '../quoted.js';
import type { Connection } from '../transport/connection.js';
import { writeFrame } from '../transport/write-frame.js';
import { errorFields, toWireError } from '../wire-errors.js';

/** Timeout field of an answer. Stock peers copy the request's value; no peer reads the field. */
const ANSWER_TIMEOUT_MS = 1;
/** Marks a refusal as a mailstation Leader's: the body is encoded by the stock codec. */
const REFUSAL: Extension = { version: EXTENSION_VERSION, codecs: [], features: [] };
/** Length of an error's text that fits into every frame. Characters */
const MAX_SHORT_MESSAGE = 500;

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
  #codec: Codec = STOCK_CODEC;
  /** True for a mailstation peer, which tells failures of this end and failures of the method apart by a code. */
  #isOurs = false;
  #takesLists = false;
  /** True from an answer that found no room until the next answer that did: one log line is enough. */
  #isOverflowing = false;

  constructor(connection: AnswerConnection, options: AnswerWriterOptions) {
    this.#connection = connection;
    this.#options = options;
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

  /** Refuses the registration of a mailstation peer. `failure` is the error for which the Leader has failed. */
  refused(id: number, code: RefusalCode, message: string, failure?: Error): void {
    const error = { name: 'RpcError', message, code, ...(failure && { cause: toWireError(failure) }) };
    this.#write(id, registerResHead(REFUSAL), (out) => STOCK_CODEC.encode({ success: false, error }, out));
  }

  /** Refuses the registration of a stock peer, in the form of cluster-client's Leader: the failure itself. */
  refusedStock(id: number, failure: Error, codec: Codec): void {
    const body = { success: false, error: errorFields(failure) };
    this.#write(id, registerResHead(undefined), (out) => codec.encode(body, out));
  }

  /** Acknowledges a request that has no result. */
  done(id: number): void {
    this.#write(id, HEAD.empty, () => {});
  }

  /** Answers with the results of a method. A stock peer gets the first result only. `method` is for the log. */
  results(id: number, method: string, results: readonly unknown[]): void {
    const connection = this.#connection;
    if (!connection.isOpen) return;
    try {
      const head = this.#takesLists ? resultsHead(results.length) : HEAD.success;
      const out = connection.begin(RESPONSE, id, ANSWER_TIMEOUT_MS, head);
      try {
        if (this.#takesLists) encodeList(out, this.#codec, results, 'results');
        else this.#codec.encode(results[0], out);
        connection.commit();
        this.#isOverflowing = false;
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      this.#resultsFailed(id, method, error);
    }
  }

  /** Answers with the bytes of another server's answer, `source[start … end)`. */
  bytes(id: number, method: string, head: Uint8Array, source: Buffer, start: number, end: number): void {
    const failed = this.#write(id, head, (out) => out.append(source, start, end));
    if (failed !== undefined) this.#resultsFailed(id, method, failed);
  }

  /** Answers a call that could not be relayed, or that the server did not answer. */
  relayFailure(id: number, error: RpcError): void {
    const { code, delivery = 'unknown' } = error;
    const head = relayMessage({ type: 'relay_failure', code, delivery });
    const failed = this.#write(id, head, (out) => this.#codec.encode(toWireError(error), out));
    if (failed !== undefined) this.#connection.destroy(asRpcError(failed));
  }

  /** Answers with an error. `code` is set where the failure is mailstation's and not the method's. */
  failure(id: number, error: Error, code: RpcCode | undefined): void {
    const retryAfter = error instanceof RpcError ? error.retryAfter : undefined;
    const head = code === undefined || !this.#isOurs ? HEAD.failure : failureHead(code, retryAfter);
    const { exposeStack } = this.#options;
    const failed = this.#write(id, head, (out) =>
      this.#codec.encode(answeredError(error, exposeStack && code === undefined), out),
    );
    if (failed === undefined) return;
    // The error has a field that cannot be encoded, or a text that is larger than a frame may be.
    const message = `the call failed with an error that cannot be sent: ${messageOf(failed)}`.slice(
      0,
      MAX_SHORT_MESSAGE,
    );
    const stillFailed = this.#write(id, head, (out) => this.#codec.encode({ name: 'Error', message }, out));
    if (stillFailed !== undefined) this.#connection.destroy(asRpcError(stillFailed));
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
      this.#options.logger.warn(`mailstation: cannot answer a call of ${printable(method)} from ${peer}: ${why}`);
    }
    this.#isOverflowing = true;
    const head = this.#isOurs ? failureHead(RpcCode.QueueFull) : HEAD.failure;
    const body = EncodedValue.of({ name: 'RpcError', message: why }, this.#codec).in(this.#codec);
    this.#connection.send(RESPONSE, id, ANSWER_TIMEOUT_MS, head, body);
  }

  #resultsFailed(id: number, method: string, error: unknown): void {
    if (error instanceof RpcError && error.code === RpcCode.QueueFull) return this.#overflowed(id, method, error);
    const code = error instanceof RpcError ? error.code : RpcCode.Encode;
    // Codecs call the value `$` in their messages.
    const why = messageOf(error)
      .replace(/^\$(?= )/, 'the result')
      .replace(/^\$/, 'result');
    const failure = new RpcError(code, `the result cannot be sent: ${why}`, { cause: error });
    // The stack helps where code of the result failed, such as a toJSON; otherwise the stack has frames of this library only.
    const isOurs = error instanceof RpcError || isEncodeRefusal(error);
    const shown = isOurs ? `${printable(failure.message)} (${code})` : describeError(failure);
    this.#options.logger.error(
      `mailstation: cannot answer a call of ${printable(method)} from ${this.#connection.peer}: ${shown}`,
    );
    this.failure(id, failure, code);
  }
}

/** Reason in the log and in the answer of a call whose result was dropped. */
function overflow({ message }: RpcError): string {
  return `the result is dropped, since the caller does not read as fast as the server answers: ${message}; request less at once, or raise maxQueuedBytes of the server`;
}

function asRpcError(thrown: unknown): RpcError {
  return thrown instanceof RpcError ? thrown : new RpcError(RpcCode.Encode, messageOf(thrown), { cause: thrown });
}

/**
 * An error as an answer has it. The stack can tell strangers too much, and travels only where the user allows that, and only
 * with a method's error: the stack of a refusal shows nothing but this package's files.
 */
function answeredError(error: Error, withStack: boolean): object {
  const passed = error instanceof CalledBackError && { callbackArguments: error.callbackArguments };
  const fields = { ...errorFields(error), ...passed };
  const { stack } = error;
  return withStack && typeof stack === 'string' ? { ...fields, stack } : fields;
}
