import { describeError, type Logger } from '../diagnostics.js';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { encodeList } from '../protocol/argument-list.js';
import type { Codec } from '../protocol/codec.js';
import { STOCK_CODEC } from '../protocol/codecs.js';
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
import { printable } from '../quoted.js';
import type { Connection } from '../transport/connection.js';
import { tellError } from '../wire-errors.js';

/** An answer's timeout field: stock peers copy the request's, nobody reads it. */
const ANSWER_TIMEOUT_MS = 1;
/** Says that it is one of ours who refuses, and so in what the reason is encoded. */
const REFUSAL: Extension = { version: EXTENSION_VERSION, codecs: [], features: [] };
/** Characters. */
const MAX_SHORT_MESSAGE = 500;

export interface AnswerWriterOptions {
  /** Send the stack of a method's error along. */
  readonly exposeStack: boolean;
  readonly logger: Logger;
}

/** Writes answers in the form that the peer understands. Nothing here throws; what cannot be sent becomes an error that can. */
export class AnswerWriter {
  readonly #connection: Connection;
  readonly #options: AnswerWriterOptions;
  #codec: Codec = STOCK_CODEC;
  /** The peer is of our own kind, and can tell our failures from its method's. */
  #isOurs = false;
  #takesLists = false;

  constructor(connection: Connection, options: AnswerWriterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** What was agreed on at registration; before, and with stock peers, it is cluster-client's own form. */
  agree(codec: Codec, peer: Extension | undefined): void {
    this.#codec = codec;
    this.#isOurs = peer !== undefined;
    this.#takesLists = peer?.features.includes('results') === true;
  }

  /** `ext` is what was chosen, for a peer that had asked. */
  registered(id: number, ext: Extension | undefined): void {
    // A stock peer reads it with what it reads everything; one of ours does not know yet what that will be.
    const codec = this.#isOurs ? STOCK_CODEC : this.#codec;
    this.#write(id, registerResHead(ext), (out) => codec.encode({ success: true }, out));
  }

  /** Refuses a registration; only for mailstation peers, since a stock peer dies of a refusal. */
  refused(id: number, code: RefusalCode, message: string): void {
    const body = { success: false, error: { name: 'RpcError', message, code } };
    this.#write(id, registerResHead(REFUSAL), (out) => STOCK_CODEC.encode(body, out));
  }

  /** What was asked for was done, and there is nothing to say. */
  done(id: number): void {
    this.#write(id, HEAD.empty, () => {});
  }

  /** A stock peer gets the first result. `method` is for the log. */
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
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      this.#resultsFailed(id, method, error);
    }
  }

  /** Another server's answer, as it came: `source[start … end)`. */
  bytes(id: number, method: string, head: Uint8Array, source: Buffer, start: number, end: number): void {
    const failed = this.#write(id, head, (out) => out.append(source, start, end));
    if (failed !== undefined) this.#resultsFailed(id, method, failed);
  }

  /** A call that was to be relayed has failed, before or after the server had it. */
  relayFailure(id: number, error: RpcError): void {
    const { code, delivery = 'unknown' } = error;
    const head = relayMessage({ type: 'relay_failure', code, delivery });
    const failed = this.#write(id, head, (out) => this.#codec.encode(tellError(error), out));
    if (failed !== undefined) this.#connection.destroy(asRpcError(failed));
  }

  /** `code`: the failure is ours and not the method's. */
  failure(id: number, error: Error, code: RpcCode | undefined): void {
    const head = code === undefined || !this.#isOurs ? HEAD.failure : failureHead(code);
    const { exposeStack } = this.#options;
    const failed = this.#write(id, head, (out) => this.#codec.encode(errorFields(error, exposeStack), out));
    if (failed === undefined) return;
    // An error that cannot be read, or whose text is larger than a frame may be.
    const message = `the call failed with an error that cannot be sent: ${messageOf(failed)}`.slice(
      0,
      MAX_SHORT_MESSAGE,
    );
    const stillFailed = this.#write(id, head, (out) => this.#codec.encode({ name: 'Error', message }, out));
    if (stillFailed !== undefined) this.#connection.destroy(asRpcError(stillFailed));
  }

  /** Undefined when it was sent, or when there is no sending any more. */
  #write(id: number, head: Uint8Array, body: (out: FrameWriter) => void): unknown {
    const connection = this.#connection;
    if (!connection.isOpen) return undefined;
    try {
      const out = connection.begin(RESPONSE, id, ANSWER_TIMEOUT_MS, head);
      try {
        body(out);
        connection.commit();
      } catch (error) {
        connection.rollback();
        throw error;
      }
    } catch (error) {
      return error;
    }
    return undefined;
  }

  #resultsFailed(id: number, method: string, error: unknown): void {
    // A peer that reads nothing would not read this either.
    if (error instanceof RpcError && error.code === RpcCode.QueueFull) return this.#connection.destroy(error);
    const code = error instanceof RpcError ? error.code : RpcCode.Encode;
    const failure = new RpcError(code, `its result cannot be sent: ${messageOf(error)}`, { cause: error });
    this.#options.logger.error(
      `mailstation: ${this.#connection.peer} called ${printable(method)}: ${describeError(failure)}`,
    );
    this.failure(id, failure, code);
  }
}

function asRpcError(thrown: unknown): RpcError {
  return thrown instanceof RpcError ? thrown : new RpcError(RpcCode.Encode, messageOf(thrown), { cause: thrown });
}

/** What of an error crosses the wire. */
function errorFields(error: Error, withStack: boolean): Record<string, unknown> {
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  const fields: Record<string, unknown> = { name: String(name), message: String(message) };
  if (typeof code === 'string' || typeof code === 'number') fields['code'] = code;
  if (withStack && typeof stack === 'string') fields['stack'] = stack;
  return fields;
}
