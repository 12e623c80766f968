import sample from 'lodash/sample.js';
import { RpcCode, RpcError, toError } from '../../errors.js';
import type { Codec } from '../../protocol/codec.js';
import { EncodedValue } from '../../protocol/encoded-value.js';
import { printable } from '../../quoted.js';
import type { Subscriber, Topics } from '../../serving/channel.js';
import { LEADER_ERROR, underItsName } from '../error-names.js';
import type { RealClient } from './real-client.js';

/** Keys that one real client is subscribed to at the most. */
const MAX_TOPICS = 10_000;
/** What those, and what was subscribed to by them, may have come in: a head each, which is 64 KiB at the most. */
const MAX_TOPIC_BYTES = 64 * 1024 * 1024;

export interface ClientTopicsOptions {
  /** ms that a Follower has to acknowledge a value. */
  readonly pushTimeout: number;
  /** false: each value goes to one subscriber only. */
  readonly isBroadcast: boolean;
  /** In what values are kept. */
  readonly codec: Codec;
  onError(error: Error): void;
}

interface Topic {
  readonly reg: unknown;
  readonly bytes: number;
  readonly subscribers: Set<Subscriber>;
  readonly listener: (value: unknown) => void;
  last: EncodedValue | undefined;
}

/**
 * What all the processes have subscribed to, on the one real client: it is subscribed once a key, and unsubscribed when the
 * last subscriber has left. Whoever comes later gets the last value at once.
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
    if (topic.last !== undefined && this.#options.isBroadcast) subscriber.push(key, topic.last);
  }

  unsubscribe(key: string, subscriber: Subscriber): void {
    const topic = this.#topics.get(key);
    if (topic?.subscribers.delete(subscriber) && topic.subscribers.size === 0) this.#close(key, topic);
  }

  left(subscriber: Subscriber, reason?: RpcError): void {
    if (reason?.code === RpcCode.PeerSilent) this.#options.onError(underItsName(reason, LEADER_ERROR.silent));
    for (const key of [...this.#topics.keys()]) this.unsubscribe(key, subscriber);
  }

  onUndelivered(key: string, peer: string, error: RpcError): void {
    const name = error.code === RpcCode.Timeout ? LEADER_ERROR.unacknowledged : error.name;
    const message = `a value of ${printable(key)} did not reach ${peer}: ${error.message}`;
    this.#options.onError(underItsName(new RpcError(error.code, message, { cause: error }), name));
  }

  #open(key: string, reg: unknown, subscriber: Subscriber, bytes: number): void {
    if (this.#topics.size >= MAX_TOPICS)
      throw new RpcError(RpcCode.QueueFull, `${MAX_TOPICS} keys are subscribed to already`);
    if (this.#bytes + bytes > MAX_TOPIC_BYTES)
      throw new RpcError(RpcCode.QueueFull, `${this.#bytes} bytes of keys are subscribed to already`);
    const topic: Topic = {
      reg,
      bytes,
      subscribers: new Set([subscriber]),
      listener: (value) => this.#onValue(key, topic, value),
      last: undefined,
    };
    // Before it subscribes: a client that has a value already may give it at once.
    this.#topics.set(key, topic);
    this.#bytes += bytes;
    try {
      this.#client.subscribe(reg, topic.listener);
    } catch (error) {
      this.#forget(key, topic);
      throw error;
    }
  }

  /** One that the real client cannot be unsubscribed from is kept, or it would be subscribed twice. */
  #close(key: string, topic: Topic): void {
    try {
      if (this.#client.unsubscribe(topic.reg, topic.listener)) this.#forget(key, topic);
    } catch (error) {
      this.#forget(key, topic);
      this.#options.onError(toError(error));
    }
  }

  #forget(key: string, topic: Topic): void {
    if (this.#topics.get(key) !== topic) return; // it was left while it was being made
    this.#topics.delete(key);
    this.#bytes -= topic.bytes;
  }

  #onValue(key: string, topic: Topic, value: unknown): void {
    if (this.#topics.get(key) !== topic) return; // it was told to stop
    try {
      topic.last = EncodedValue.of(value, this.#options.codec);
    } catch (error) {
      this.#options.onError(toError(error));
      return;
    }
    for (const subscriber of this.#receivers(topic)) subscriber.push(key, topic.last);
  }

  #receivers({ subscribers }: Topic): readonly Subscriber[] {
    const open = [...subscribers].filter((subscriber) => subscriber.isOpen);
    if (this.#options.isBroadcast) return open;
    const one = sample(open);
    return one === undefined ? [] : [one];
  }
}
