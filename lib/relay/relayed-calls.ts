import { RpcCode, RpcError } from '../errors.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { quoted } from '../quoted.js';
import type { RateLimitedLog } from '../rate-limited-log.js';
import { isStreamFrame } from '../serving/stream-calls.js';
import type { MethodCache } from './method-cache.js';
import type { RelayPeer } from './relay-peer.js';
import { answering, RelayedCall, type RelayedHead } from './relayed-call.js';
import { hasStreams, RelayedStreams } from './relayed-streams.js';

export interface RelayedCallsParts {
  readonly peer: RelayPeer;
  readonly methods: MethodCache;
  /** Lines about Followers, over all of them. */
  readonly log: RateLimitedLog;
  /** Number of calls that are relayed for all Followers. */
  readonly total: { now: number };
  /** Reason for which a Follower with `own` relayed calls may have no further one; undefined where there is room. */
  refusal(own: number): string | undefined;
}

/** Calls of one Follower that are relayed, from the request to the answer. */
export class RelayedCalls {
  readonly #parts: RelayedCallsParts;
  readonly #streams: RelayedStreams;
  /** Calls in flight, by the id of their request. */
  readonly #calls = new Map<number, RelayedCall>();
  #inFlight = 0;

  constructor(parts: RelayedCallsParts) {
    this.#parts = parts;
    this.#streams = new RelayedStreams(parts.peer, parts.log);
  }

  /** Hands the call to `send`, or refuses the call where there is no room. */
  relay(head: RelayedHead, frame: FrameView, send: (call: RelayedCall) => void): void {
    const { peer, total, refusal } = this.#parts;
    const { id } = frame;
    if (hasStreams(head) && !this.#streams.admits(head, id)) return;
    const full = refusal(this.#inFlight);
    const call = this.#make(head, frame, (error) => {
      this.#inFlight -= 1;
      total.now -= 1;
      this.#calls.delete(id);
      if (error !== undefined && head.oneway) this.#logOneway(head, error);
    });
    peer.taken();
    this.#inFlight += 1;
    total.now += 1;
    this.#calls.set(id, call);
    if (full === undefined) send(call);
    else call.fail(call.error(RpcCode.PendingFull, full, 'not-sent'));
  }

  /** The caller has cancelled the call with this id. An unknown id, or a call that is over, changes nothing. */
  cancel(id: number): void {
    this.#streams.forget(id);
    this.#calls.get(id)?.cancel(new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call'));
  }

  /** Takes a frame of a stream. False for any other frame. */
  streamFrame({ type }: Head, frame: FrameView): boolean {
    if (!isStreamFrame(type)) return false;
    this.#streams.take(type, frame);
    return true;
  }

  /** The Follower's connection accepts more. */
  onDrained(): void {
    this.#streams.resume();
  }

  /** The Follower's connection has ended. */
  end(): void {
    this.#streams.end();
  }

  #make(head: RelayedHead, frame: FrameView, onSettled: (error: RpcError | undefined) => void): RelayedCall {
    const { peer, methods } = this.#parts;
    const method = methods.get(head.method);
    if (hasStreams(head)) return this.#streams.make(head, frame, method, () => onSettled(undefined));
    return new RelayedCall(peer, head, frame, method, answering(peer, frame.id, head, onSettled));
  }

  /** The caller regards a one-way call as sent, and waits for no outcome. */
  #logOneway({ method }: RelayedHead, error: RpcError): void {
    const { log, peer } = this.#parts;
    log.warn(
      () =>
        `mailstation: a one-way call of ${quoted(method)}, relayed for ${peer.name}, was not sent: ${quoted(error.message)}`,
      'one-way',
    );
  }
}
