import { RpcCode, RpcError } from '../../errors.js';
import { LINE_DEFAULTS } from '../../follower/line-options.js';
import type { Codec } from '../../protocol/codec.js';
import { chooseCodec, STOCK_CODEC } from '../../protocol/codecs.js';
import type { EncodedValue } from '../../protocol/encoded-value.js';
import type { Feature } from '../../protocol/message.js';
import type { RateLimitedLog } from '../../rate-limited-log.js';
import { HeldRelayedCalls } from '../../relay/held-relayed-calls.js';
import { MethodCache } from '../../relay/method-cache.js';
import { RelayPeer } from '../../relay/relay-peer.js';
import { type RelayedCall, returnCall } from '../../relay/relayed-call.js';
import { RelayedCalls } from '../../relay/relayed-calls.js';
import { mayTake } from '../../serving/caller-share.js';
import type { Channel, RegisteredFollower, RelayHandler } from '../../serving/channel.js';
import type { IncomingCall } from '../../serving/incoming-call.js';
import type { ResolvedClusterOptions } from '../options.js';
import { ClientTopics, type TopicSource } from '../real-client/client-topics.js';
import type { FollowerRole } from '../role/follower-role.js';

/** Features of the channel. `progress` is missing: reports of late calls do not travel through a relay. */
const FEATURES: readonly Feature[] = ['results', 'meta', 'goaway', 'cancel', 'stream', 'trace'];

/** Calls that are relayed for all processes of the machine at once. The connection to the Leader carries half as many, and the others wait. */
const MAX_CALLS = 2 * LINE_DEFAULTS.maxInFlight;

/** Share of the free places for relayed calls that one process may take. */
const PROCESS_SHARE = 0.7;

export interface RelayChannelParts {
  /** Name under which the other processes of the machine register. */
  readonly name: string;
  readonly options: Pick<
    ResolvedClusterOptions,
    'name' | 'transcode' | 'isBroadcast' | 'responseTimeout' | 'pendingSize'
  >;
  /** This process at the Leader. */
  readonly role: FollowerRole;
  /** Lines about the other processes of the machine. */
  readonly log: RateLimitedLog;
  /** Called with an error that no call and no subscription has. */
  onError(error: Error): void;
}

/**
 * The channel of the process that has the connection of a machine to the Leader: the calls and values of the other processes go through that
 * connection as bytes, and each key is subscribed to once.
 */
export class RelayChannel implements Channel {
  readonly name: string;
  readonly features = FEATURES;
  readonly codec?: Codec;
  readonly topics: ClientTopics;
  readonly #parts: RelayChannelParts;
  readonly #held: HeldRelayedCalls;
  readonly #total = { now: 0 };
  /** Receivers of the values of each key: the topics. */
  readonly #listeners = new Map<string, (value: EncodedValue) => void>();
  #isOver = false;

  constructor(parts: RelayChannelParts) {
    const { name, options, onError } = parts;
    const { transcode, isBroadcast, responseTimeout, pendingSize } = options;
    this.name = name;
    this.#parts = parts;
    if (transcode !== undefined) this.codec = transcode;
    this.topics = new ClientTopics(this.#source(), {
      pushTimeout: responseTimeout,
      isBroadcast,
      codec: transcode ?? chooseCodec(['msgpack']) ?? STOCK_CODEC,
      onError,
    });
    const bytes = { now: 0, limit: LINE_DEFAULTS.maxQueuedBytes };
    this.#held = new HeldRelayedCalls(pendingSize, bytes, (call) => call.fail(notTaken(call)));
  }

  /** Calls are taken as bytes: none comes here. */
  invoke(call: IncomingCall): void {
    call.refuse(new RpcError(RpcCode.NoMethod, 'this process relays the calls of its machine, and serves no methods'));
  }

  relay(follower: RegisteredFollower): RelayHandler {
    const peer = new RelayPeer(follower);
    const { log } = this.#parts;
    const calls = new RelayedCalls({
      ...{ peer, log, total: this.#total, refusal: (own: number) => this.#refusal(own) },
      send: (call) => this.#send(call),
      methods: new MethodCache(peer.clientId),
    });
    return {
      onCall: (head, frame) => {
        if (peer.isOpen) calls.relay(head, frame);
      },
      onRequest: (_head, { id }) => {
        const why = 'this channel shares no mailboxes';
        peer.answerRelayFailure(id, '', new RpcError(RpcCode.BadRequest, why, { delivery: 'not-sent' }));
      },
      onCancel: (id) => calls.cancel(id),
      streamFrame: (head, frame) => calls.streamFrame(head, frame),
      onDrained: () => calls.onDrained(),
      onGone: () => {
        calls.end();
        this.#held.dropUnwanted();
      },
    };
  }

  /** A value of the Leader. */
  onValue(key: string, value: EncodedValue): void {
    this.#listeners.get(key)?.(value);
  }

  /** The connection to the Leader takes calls again. */
  onDrained(): void {
    while (!this.#isOver && !this.#parts.role.isFull) {
      const call = this.#held.take();
      if (call === undefined) return;
      if (call.isWanted) this.#parts.role.invoke(call);
      else call.expire();
    }
  }

  /** The Leader is gone: calls that wait here, and those that still come, go back to their processes. */
  end(): void {
    this.#isOver = true;
    for (const call of this.#held.takeAll()) returnCall(call);
  }

  #send(call: RelayedCall): void {
    const { role, options } = this.#parts;
    call.serverId = options.name;
    if (this.#isOver) return returnCall(call);
    if (!role.isFull && this.#held.size === 0) return role.invoke(call);
    call.move('queued', 'room');
    this.#held.add(call);
  }

  #refusal(own: number): string | undefined {
    if (mayTake(own, this.#total.now, MAX_CALLS, PROCESS_SHARE)) return undefined;
    return `${own} of the ${this.#total.now} calls that are relayed for this machine are of this process, which is the limit`;
  }

  #source(): TopicSource {
    return {
      subscribe: (reg, listener, key) =>
        new Promise((resolve, reject) => {
          this.#listeners.set(key, listener);
          this.#parts.role.request('subscribe', key, reg, (refusal) => {
            if (refusal === undefined) return resolve();
            // The key may have been given up, and asked for anew, before this answer came.
            if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
            reject(refusal);
          });
        }),
      unsubscribe: (reg, _listener, key) => {
        this.#listeners.delete(key);
        this.#parts.role.unsubscribe(key, reg);
        return true;
      },
    };
  }
}

function notTaken(call: RelayedCall): RpcError {
  const why = `the connection of this machine to the Leader took no more calls for ${call.timeout} ms`;
  return call.error(RpcCode.Timeout, why, 'not-sent');
}
