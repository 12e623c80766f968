import { RpcCode, RpcError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { Head } from '../protocol/message.js';
import { type FrameView, REQUEST } from '../protocol/packet.js';
import { performance } from '../timers.js';
import type { Connection } from './connection.js';
import type { PendingCalls, SentRequest } from './pending-calls.js';

/** A request of the protocol itself, such as `register_channel` or `goaway`: not a user's call. */
export class ControlRequest implements SentRequest {
  readonly deadline: number;
  frameNumber = 0;
  readonly sentAt = undefined;
  readonly #what: string;
  readonly timeoutMs: number;
  readonly #onAnswer: (head: Head, frame: FrameView) => void;
  readonly #onFailure: (error: RpcError) => void;

  /** `what` names the request in the message of a timeout. */
  constructor(
    what: string,
    timeoutMs: number,
    onAnswer: (head: Head, frame: FrameView) => void,
    onFailure: (error: RpcError) => void,
  ) {
    this.#what = what;
    this.timeoutMs = timeoutMs;
    this.deadline = performance.now() + timeoutMs;
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
  }

  answered(head: Head, frame: FrameView, _codec: Codec): void {
    this.#onAnswer(head, frame);
  }

  lost(reason: RpcError): void {
    this.#onFailure(reason);
  }

  expire(): void {
    this.#onFailure(new RpcError(RpcCode.Timeout, `no answer to ${this.#what} in ${this.timeoutMs} ms`));
  }
}

/** Sends a control request. Throws as {@link Connection.send} does; then no request waits for an answer. */
export function sendControl(
  request: ControlRequest,
  connection: Connection,
  pending: PendingCalls,
  head: Uint8Array,
  body?: Uint8Array,
): void {
  const id = pending.add(request);
  try {
    connection.send(REQUEST, id, request.timeoutMs, head, body);
  } catch (error) {
    pending.take(id);
    throw error;
  }
}
