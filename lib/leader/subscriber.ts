import { messageOf, RpcCode, RpcError, toError } from '../errors.js';
import type { Codec } from '../protocol/codec.js';
import type { EncodedValue } from '../protocol/encoded-value.js';
import type { SubscribeHead } from '../protocol/message.js';
import { REQUEST } from '../protocol/packet.js';
import { subscribeResultHead } from '../protocol/value-message.js';
import type { Subscriber, Topics } from '../serving/channel.js';
import type { Connection } from '../transport/connection.js';
import type { PendingCalls } from '../transport/pending-calls.js';
import { SentValues } from './sent-values.js';

/** A Follower's connection, as a subscriber to the topics of its channel. */
export class ConnectedSubscriber implements Subscriber {
  readonly #connection: Connection;
  readonly #pending: PendingCalls;
  readonly #topics: Topics;
  readonly #codec: Codec;
  /** A connection that ends first is reported by `left`. */
  readonly #sent = new SentValues((key, error) => this.#topics.onUndelivered(key, this.#connection.peer, error));

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
    const id = this.#pending.nextId();
    try {
      this.#connection.send(REQUEST, id, pushTimeout, subscribeResultHead(key), value.in(this.#codec));
    } catch (error) {
      const code = error instanceof RpcError ? error.code : RpcCode.Encode;
      const undelivered = new RpcError(code, `the value cannot be sent: ${messageOf(error)}`, { cause: error });
      return this.#topics.onUndelivered(key, this.#connection.peer, undelivered);
    }
    // A queue that is too long ends the connection.
    if (this.isOpen) this.#sent.add(id, key, pushTimeout);
  }

  /** The peer has answered the packet with this id, which may be that of a value. */
  onAcknowledged(id: number): void {
    this.#sent.acknowledge(id);
  }

  /** The connection has ended: the topics forget this subscriber. */
  onClosed(reason: RpcError): void {
    this.#sent.clear();
    this.#topics.left(this, reason);
  }
}
