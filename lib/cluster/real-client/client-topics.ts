import { RpcCode, RpcError, toError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { EncodedValue } from '../../protocol/encoded-value.js';
import { printable } from '../../quoted.js';
import type { Subscriber, Topics } from '../../serving/channel.js';
import { LEADER_ERROR, withName } from '../error-names.js';
import { userKey } from '../keys.js';
import { LastValue } from '../last-value.js';
import type { RealClient } from './real-client.js';

/** Maximum number of keys that one real client is subscribed to. */
const MAX_TOPICS = 10_000;
/** Maximum size of all those keys, as they arrived: a head each, of up to 64 KiB. */
const MAX_TOPIC_BYTES = 64 * 1024 * 1024;

export interface ClientTopicsOptions {
  /** Time for a Follower to acknowledge a value. Unit: ms. */
  readonly pushTimeout: number;
  /** False: each value goes to one subscriber only. */
  readonly isBroadcast: boolean;
  /** Encodes the values that are kept. */
  readonly codec: Codec;
  /** False where this process leads no more: another Leader gives the values. @default true */
  mayPush?(): boolean;
  onError(error: Error): void;
}

interface Topic {
  readonly reg: unknown;
  readonly bytes: number;
  readonly subscribers: Set<Subscriber>;
  readonly listener: (value: unknown) => void;
  readonly last: LastValue<Subscriber>;
}

/**
 * Subscriptions of all processes at the one real client. The real client is subscribed once per key, and unsubscribed
 * when the last subscriber of the key has gone. The other end, over the listeners of one process, is `Subscriptions`.
 */
export class ClientTopics implements Topics {
  readonly #client: RealClient;
  readonly #options: ClientTopicsOptions;
  readonly #topics = new Map<string, Topic>();
  #bytes = 0;

  constructor(client: RealClient, options: ClientTopicsOptions) {
    this.#client = client;
    this.#options = options;
  }

  get pushTimeout(): number {
    return this.#options.pushTimeout;
  }

  get size(): number {
    return this.#topics.size;
  }

  subscribe(key: string, reg: unknown, subscriber: Subscriber, bytes = key.length): void {
    const topic = this.#topics.get(key);
    if (topic === undefined) return this.#open(key, reg, subscriber, bytes);
    if (topic.subscribers.has(subscriber)) return;
    topic.subscribers.add(subscriber);
    topic.last.replay(subscriber);
  }

  unsubscribe(key: string, subscriber: Subscriber): void {
    const topic = this.#topics.get(key);
    if (topic?.subscribers.delete(subscriber) && topic.subscribers.size === 0) this.#close(key, topic);
  }

  left(subscriber: Subscriber, reason?: RpcError): void {
    if (reason?.code === RpcCode.PeerSilent) this.#options.onError(withName(reason, LEADER_ERROR.silent));
    for (const key of [...this.#topics.keys()]) this.unsubscribe(key, subscriber);
  }

  onUndelivered(key: string, peer: string, error: RpcError): void {
    const name = error.code === RpcCode.Timeout ? LEADER_ERROR.unacknowledged : error.name;
    const message = `a value of ${printable(userKey(key))} did not reach ${peer}: ${error.message}`;
    this.#options.onError(withName(new RpcError(error.code, message, { cause: error }), name));
  }

  #open(key: string, reg: unknown, subscriber: Subscriber, bytes: number): void {
    if (this.#topics.size >= MAX_TOPICS) throw tooMany(`the limit of ${MAX_TOPICS} keys is reached`);
    if (this.#bytes + bytes > MAX_TOPIC_BYTES)
      throw tooMany(`${this.#bytes} bytes of keys are subscribed to already, of ${MAX_TOPIC_BYTES} at most`);
    const topic: Topic = {
      reg,
      bytes,
      subscribers: new Set([subscriber]),
      listener: (value) => this.#onValue(key, topic, value),
      last: new LastValue<Subscriber>(this.#options.isBroadcast, (to, value) => to.push(key, value)),
    };
    // Before subscribing: a real client that has a value already may give that value at once.
    this.#topics.set(key, topic);
    this.#bytes += bytes;
    try {
      this.#client.subscribe(reg, topic.listener);
    } catch (error) {
      this.#forget(key, topic);
      throw error;
    }
  }

  /** Keeps a topic that the real client has no method to unsubscribe from: a new topic would subscribe a second time. */
  #close(key: string, topic: Topic): void {
    try {
      if (this.#client.unsubscribe(topic.reg, topic.listener)) this.#forget(key, topic);
    } catch (error) {
      this.#forget(key, topic);
      this.#options.onError(toError(error));
    }
  }

  #forget(key: string, topic: Topic): void {
    if (this.#topics.get(key) !== topic) return; // closed while being opened
    this.#topics.delete(key);
    this.#bytes -= topic.bytes;
  }

  #onValue(key: string, topic: Topic, value: unknown): void {
    if (this.#topics.get(key) !== topic || this.#options.mayPush?.() === false) return; // the real client stops
    let encoded: EncodedValue;
    try {
      encoded = EncodedValue.of(value, this.#options.codec);
    } catch (error) {
      this.#options.onError(toError(error));
      return;
    }
    topic.last.set(
      encoded,
      [...topic.subscribers].filter((subscriber) => subscriber.isOpen),
    );
  }
}

function tooMany(why: string): RpcError {
  return new RpcError(
    RpcCode.QueueFull,
    `the Leader cannot subscribe to another key: ${why}; unsubscribe from keys that are no longer used`,
  );
}
