import type { RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import { REQUEST } from '../protocol/packet.js';
import { RELAY, RELAY_URL, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS } from '../protocol/relay-message.js';
import type { StreamWindow } from '../protocol/stream-window.js';
import type { RegisteredFollower } from '../serving/channel.js';
import type { Connection } from '../transport/connection.js';

/** Features of a channel that relays. `progress` is missing: reports of late calls do not travel through a relay. */
export const RELAY_FEATURES: readonly string[] = [
  ...['results', 'meta', 'goaway', 'cancel', 'stream', 'trace'],
  ...[RELAY, RELAY_URL],
];

/** A Follower whose calls are relayed to other servers. Requests and answers stay bytes. */
export class RelayPeer {
  readonly #follower: RegisteredFollower;

  constructor(follower: RegisteredFollower) {
    this.#follower = follower;
  }

  /** Codec that was agreed on at registration. */
  get codec(): Codec {
    return this.#follower.codec;
  }

  /** Connection and window of the streams that are sent to the Follower. Undefined: the Follower takes no streams. */
  get streamWay(): { readonly connection: Connection; readonly window: StreamWindow } | undefined {
    const { connection, window } = this.#follower;
    return window && { connection, window };
  }

  /** Connection and window of the uploads that the Follower sends. Undefined: the Follower sends none. */
  get uploadWay(): { readonly connection: Connection; readonly window: StreamWindow } | undefined {
    const { connection, uploadWindow } = this.#follower;
    return uploadWindow && { connection, window: uploadWindow };
  }

  /** Name that the Follower's client gave itself. */
  get clientId(): string | undefined {
    return this.#follower.clientId;
  }

  /** False once the connection has ended: an answer would reach no caller. */
  get isOpen(): boolean {
    return this.#follower.connection.isOpen;
  }

  /** Address and port, for messages. */
  get name(): string {
    return this.#follower.connection.peer;
  }

  /** Sends a request that has no answer. */
  tell(head: Uint8Array): void {
    this.#follower.connection.send(REQUEST, UNANSWERED_ID, UNANSWERED_TIMEOUT_MS, head);
  }

  /** Counts a call that has arrived. A drain waits for {@link served}. */
  taken(): void {
    this.#follower.calls.taken();
  }

  served(): void {
    this.#follower.calls.released();
  }

  /** Answers with the bytes of a server's answer, `bytes[start … end)`, under a head that this process made. */
  answerBytes(id: number, method: string, head: Uint8Array, bytes: Buffer, start: number, end: number): void {
    this.#follower.answers.bytes(id, method, head, bytes, start, end);
  }

  answerResults(id: number, method: string, results: readonly unknown[]): void {
    this.#follower.answers.results(id, method, results);
  }

  answerError(id: number, method: string, error: Error, code: RpcCode | undefined): void {
    this.#follower.answers.failure(id, error, code, method);
  }

  /** Reports that the server did not answer the call. The Follower rejects the call with the same code and `delivery`. */
  answerRelayFailure(id: number, method: string, error: RpcError): void {
    this.#follower.answers.relayFailure(id, error, method);
  }
}
