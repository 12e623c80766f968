import { RpcCode, RpcError } from '../errors.js';
import type { Head } from '../protocol/message.js';
import type { FrameView } from '../protocol/packet.js';
import { quoted } from '../quoted.js';
import type { RateLimitedLog } from '../rate-limited-log.js';
import { isStreamFrame } from '../serving/stream-calls.js';
import type { MethodCache } from './method-cache.js';
import type { RelayPeer } from './relay-peer.js';
import { answerRelayed, RelayedCall, type RelayedHead } from './relayed-call.js';
import { RelayedCallTable } from './relayed-call-table.js';
import { hasStreams, RelayedStreams } from './relayed-streams.js';

export interface RelayedCallsParts<RelayHead extends RelayedHead> {
  readonly peer: RelayPeer;
  readonly methods: MethodCache;
  /** Lines about Followers, over all of them. */
  readonly log: RateLimitedLog;
  /** Number of calls that are relayed for all Followers. */
  readonly total: { now: number };
  /** Reason for which a Follower with `own` relayed calls may have no further one; undefined where there is room. */
  refusal(own: number): string | undefined;
  /** Sends a call for which there is room on its way to the server. */
  send(call: RelayedCall, head: RelayHead): void;
}

/** Calls of one Follower that are relayed, from the request to the answer. */
export class RelayedCalls<RelayHead extends RelayedHead> {
  readonly #parts: RelayedCallsParts<RelayHead>;
  readonly #streams: RelayedStreams;
  /** Calls in flight, by the id of their request. */
  readonly #calls = new RelayedCallTable();
  #inFlight = 0;

  constructor(parts: RelayedCallsParts<RelayHead>) {
    this.#parts = parts;
    this.#streams = new RelayedStreams(parts.peer, parts.log);
  }

  /** Sends the call on its way, or refuses the call where there is no room. */
  relay(head: RelayHead, frame: FrameView): void {
    const { peer, total } = this.#parts;
    const { id } = frame;
    if (hasStreams(head) && !this.#streams.admits(head, id)) return;
    const full = this.#parts.refusal(this.#inFlight);
    const call = this.#make(head, frame);
    peer.taken();
    this.#inFlight += 1;
    total.now += 1;
    this.#calls.add(id, call);
    if (full === undefined) this.#parts.send(call, head);
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

  #make(head: RelayedHead, frame: FrameView): RelayedCall {
    const { peer, methods } = this.#parts;
    const { id } = frame;
    const method = methods.get(head.method);
    if (hasStreams(head)) return this.#streams.make(head, frame, method, () => this.#over(id));
    // The one closure of a relayed call: each further one would cost every call.
    return new RelayedCall(peer, head, frame, method, (error, results) => {
      this.#over(id);
      if (error !== undefined && head.oneway) this.#logOneway(head, error);
      answerRelayed(peer, id, head, error, results);
    });
  }

  #over(id: number): void {
    this.#inFlight -= 1;
    this.#parts.total.now -= 1;
    this.#calls.delete(id);
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
