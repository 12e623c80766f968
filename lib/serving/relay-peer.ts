import type { RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { RelayHead } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import {
  type CloseMailBoxHead,
  type OpenMailBoxHead,
  RELAY,
  UNANSWERED_ID,
  UNANSWERED_TIMEOUT_MS,
} from '../protocol/relay-message.js';
import type { Connection } from '../transport/connection.js';
import type { AnswerWriter } from './answer-writer.js';

/** What a channel that relays takes: telling of late calls does not go past it. */
export const RELAY_FEATURES: readonly string[] = ['results', 'meta', 'goaway', 'cancel', RELAY];

/** Counts a connection's calls: it is not let go before the last one is over. */
export interface CallCount {
  taken(): void;
  released(): void;
}

export type RelayRequest = RelayHead | OpenMailBoxHead | CloseMailBoxHead;

/** What is done for one Follower of a channel that relays. */
export interface RelayHandler {
  /** Must not throw. `frame` is valid until it returns. */
  onRequest(head: RelayRequest, frame: FrameView): void;
  /** It wants no answer to the call with this id any more. One that is over, or never was, is no error. */
  onCancel(id: number): void;
  /** Its connection has ended. */
  onGone(): void;
}

/** A Follower whose calls go on to other servers: they are taken, and answered, as bytes. */
export class RelayPeer {
  /** Agreed on with it. */
  readonly codec: Codec;
  readonly #calls: CallCount;
  readonly #connection: Connection;
  readonly #answers: AnswerWriter;

  constructor(calls: CallCount, connection: Connection, answers: AnswerWriter, codec: Codec) {
    this.#calls = calls;
    this.#connection = connection;
    this.#answers = answers;
    this.codec = codec;
  }

  /** False: nobody is there any more to be answered. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get name(): string {
    return this.#connection.peer;
  }

  /** Sends what nobody answers. */
  tell(head: Uint8Array): void {
    this.#connection.send(REQUEST, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS, head);
  }

  /** One of its calls has come in: it is not let go before that was {@link served}. */
  taken(): void {
    this.#calls.taken();
  }

  served(): void {
    this.#calls.released();
  }

  /** Another server's answer, `bytes[start … end)`, under a head of ours. */
  answerBytes(id: number, method: string, head: Uint8Array, bytes: Buffer, start: number, end: number): void {
    this.#answers.bytes(id, method, head, bytes, start, end);
  }

  answerResults(id: number, method: string, results: readonly unknown[]): void {
    this.#answers.results(id, method, results);
  }

  answerError(id: number, error: Error, code: RpcCode | undefined): void {
    this.#answers.failure(id, error, code);
  }

  /** The call has not come to the server's own answer; the peer makes the same error of it. */
  answerRelayFailure(id: number, error: RpcError): void {
    this.#answers.relayFailure(id, error);
  }
}
