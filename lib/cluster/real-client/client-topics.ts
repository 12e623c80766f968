import { RpcCode, RpcError, toError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { EncodedValue } from '../../protocol/encoded-value.js';
import { printable } from '../../quoted.js';
import type { Subscriber, Topics } from '../../serving/channel.js';
import { LEADER_ERROR, withName } from '../error-names.js';
import { userKey } from '../keys.js';
import { LastValue } from '../last-value.js';

/** Maximum number of keys that one real client is subscribed to. */
const MAX_TOPICS = 10_000;
/** Maximum size of all those keys, as they arrived: a head each, of up to 64 KiB. */
const MAX_TOPIC_BYTES = 64 * 1024 * 1024;

/** Where the values come from: the real client in this process, or the Leader on another machine. */
export interface TopicSource {
  /** Throws, or rejects, for a key that cannot be subscribed to. The listener may get values at once. */
  subscribe(reg: unknown, listener: (value: unknown) => void, key: string): Promise<void> | undefined;
  /** False where the source has no way to unsubscribe. */
  unsubscribe(reg: unknown, listener: (value: unknown) => void, key: string): boolean;
}

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
  /** Set while the source has not said yet whether the key can be subscribed to. */
  opening: Promise<void> | undefined;
}

/**
 * Subscriptions of several processes at one source. The source is subscribed once per key, and unsubscribed
 * when the last subscriber of the key has gone. The other end, over the listeners of one process, is `Subscriptions`.
 */
export class ClientTopics implements Topics {
  readonly #source: TopicSource;
  readonly #options: ClientTopicsOptions;
  readonly #topics = new Map<string, Topic>();
  #bytes = 0;

  constructor(source: TopicSource, options: ClientTopicsOptions) {
    this.#source = source;
    this.#options = options;
  }

  get pushTimeout(): number {
    return this.#options.pushTimeout;
  }

  get size(): number {
    return this.#topics.size;
  }

  subscribe(key: string, reg: unknown, subscriber: Subscriber, bytes = key.length): Promise<void> | undefined {
    const topic = this.#topics.get(key);
    if (topic === undefined) return this.#open(key, reg, subscriber, bytes);
    if (!topic.subscribers.has(subscriber)) {
      topic.subscribers.add(subscriber);
      topic.last.replay(subscriber);
    }
    return topic.opening;
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

  #open(key: string, reg: unknown, subscriber: Subscriber, bytes: number): Promise<void> | undefined {
    if (this.#topics.size >= MAX_TOPICS) throw tooMany(`the limit of ${MAX_TOPICS} keys is reached`);
    if (this.#bytes + bytes > MAX_TOPIC_BYTES)
      throw tooMany(`${this.#bytes} bytes of keys are subscribed to already, of ${MAX_TOPIC_BYTES} at most`);
    const topic: Topic = {
      reg,
      bytes,
      subscribers: new Set([subscriber]),
      listener: (value) => this.#onValue(key, topic, value),
      last: new LastValue<Subscriber>(this.#options.isBroadcast, (to, value) => to.push(key, value)),
      opening: undefined,
    };
    // Before subscribing: a source that has a value already may give that value at once.
    this.#topics.set(key, topic);
    this.#bytes += bytes;
    try {
      const asked = this.#source.subscribe(reg, topic.listener, key);
      topic.opening = asked && this.#opened(key, topic, asked);
      return topic.opening;
    } catch (error) {
      this.#forget(key, topic);
      throw error;
    }
  }

  async #opened(key: string, topic: Topic, asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (error) {
      this.#forget(key, topic);
      throw error;
    } finally {
      topic.opening = undefined;
    }
  }

  /** Keeps a topic that the source has no way to unsubscribe from: a new topic would subscribe a second time. */
  #close(key: string, topic: Topic): void {
    try {
      if (this.#source.unsubscribe(topic.reg, topic.listener, key)) this.#forget(key, topic);
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
    if (this.#topics.get(key) !== topic || this.#options.mayPush?.() === false) return; // the source stops
    let encoded: EncodedValue;
    try {
      encoded = value instanceof EncodedValue ? value : EncodedValue.of(value, this.#options.codec);
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
