import { messageOf, RpcCode, RpcError, toError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import { type SubscribeHead, subscribeResultHead } from '../protocol/message.js';
import type { Subscriber, Topics } from '../serving/channel.js';
import type { Connection } from '../transport/connection.js';
import { ControlRequest, sendControl } from '../transport/control-request.js';
import type { PendingCalls } from '../transport/pending-calls.js';

/** A Follower's connection, as a subscriber to the topics of its channel. */
export class ConnectedSubscriber implements Subscriber {
  readonly #connection: Connection;
  readonly #pending: PendingCalls;
  readonly #topics: Topics;
  readonly #codec: Codec;

  constructor(connection: Connection, pending: PendingCalls, topics: Topics, codec: Codec) {
    this.#connection = connection;
    this.#pending = pending;
    this.#topics = topics;
    this.#codec = codec;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /**
   * Subscribes or unsubscribes. `bytes` is the size of the head. `onOutcome` is called once, now or later: with the reason where the key
   * cannot be subscribed to.
   */
  onRequest({ type, key, reg }: SubscribeHead, bytes: number, onOutcome: (refusal: Error | undefined) => void): void {
    const refuse = (error: unknown): void => onOutcome(toError(error));
    let asked: Promise<void> | undefined;
    try {
      if (type === 'unSubscribe') this.#topics.unsubscribe(key, this);
      else asked = this.#topics.subscribe(key, reg, this, bytes);
    } catch (error) {
      return refuse(error);
    }
    if (asked === undefined) onOutcome(undefined);
    else asked.then(() => onOutcome(undefined), refuse);
  }

  push(key: string, value: EncodedValue): void {
    if (!this.isOpen) return;
    const { pushTimeout } = this.#topics;
    // A connection that ends first is reported by `leave`.
    const onFailure = (error: RpcError): void => {
      if (error.code === RpcCode.Timeout) this.#topics.onUndelivered(key, this.#connection.peer, error);
    };
    const request = new ControlRequest('a subscribed value', pushTimeout, () => {}, onFailure);
    try {
      sendControl(request, this.#connection, this.#pending, subscribeResultHead(key), value.in(this.#codec));
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RpcCode.Encode;
      const undelivered = new RpcError(code, `the value cannot be sent: ${messageOf(error)}`, { cause: error });
      this.#topics.onUndelivered(key, this.#connection.peer, undelivered);
    }
  }

  /** The connection has ended: the topics forget this subscriber. */
  onClosed(reason: RpcError): void {
    this.#topics.left(this, reason);
  }
}
