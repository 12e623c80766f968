import { RpcCode, RpcError } from '../../lib/errors.js';
import type { Head, RelayHead } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { type OpenMailBoxHead, type RelayedState, relayMessage } from '../../lib/protocol/relay-message.js';
import { quoted } from '../../lib/quoted.js';
import type { RateLimitedLog } from '../../lib/rate-limited-log.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { RelayHandler, RelayRequest } from '../../lib/serving/channel.js';
import { isStreamFrame } from '../../lib/serving/stream-calls.js';
import { toWireError } from '../../lib/wire-errors.js';
import { DialGate } from './dial-gate.js';
import { MethodCache } from './method-cache.js';
import type { PooledMailBox, PooledMailBoxUser } from './pooled-mailbox.js';
import type { RelayPeer } from './relay-peer.js';
import { answering, RelayedCall } from './relayed-call.js';
import { hasStreams, RelayedStreams } from './relayed-streams.js';
import type { UpstreamStatus } from './upstream.js';
import type { UpstreamPool } from './upstream-pool.js';

/** Servers that one Follower may have connected at once. */
const MAX_SERVERS = 4_096;

/** Lower bound of the calls that one Follower may have in flight. A Follower has a `maxInFlight` of its own. */
const MIN_IN_FLIGHT = 50_000;

/** Parts of the Leader that all sessions share. */
export interface RelayParts {
  readonly pool: UpstreamPool;
  /** Methods of Followers without a name. */
  readonly methods: MethodCache;
  /** Lines about Followers, over all of them. */
  readonly log: RateLimitedLog;
  readonly maxInFlight: number;
}

interface Use {
  readonly pooled: PooledMailBox;
  readonly user: PooledMailBoxUser;
}

/** The Leader's end for one Follower: the servers that the Follower has named, and the calls that it sends them. */
export class RelaySession implements RelayHandler {
  readonly #parts: RelayParts;
  readonly #peer: RelayPeer;
  /** By the number that the Follower has given the server. */
  readonly #uses = new Map<number, Use>();
  /** Calls in flight, by the id of their request. */
  readonly #calls = new Map<number, RelayedCall>();
  readonly #gate: DialGate;
  readonly #methods: MethodCache;
  readonly #streams: RelayedStreams;
  #inFlight = 0;

  constructor(parts: RelayParts, peer: RelayPeer) {
    this.#parts = parts;
    this.#peer = peer;
    this.#gate = new DialGate(parts.pool.dialPace);
    this.#streams = new RelayedStreams(peer, parts.log);
    this.#methods = peer.clientId === undefined ? parts.methods : new MethodCache(peer.clientId);
  }

  onRequest(head: RelayRequest, frame: FrameView): void {
    if (!this.#peer.isOpen) return; // no outcome could be reported
    if (head.type === 'relay') this.#relay(head, frame);
    else if (head.type === 'open_mailbox') this.#open(head);
    else this.#close(head.to);
  }

  onCancel(id: number): void {
    this.#streams.forget(id);
    this.#calls.get(id)?.cancel(new RpcError(RpcCode.Cancelled, 'the caller has cancelled the call'));
  }

  streamFrame({ type }: Head, frame: FrameView): boolean {
    if (!isStreamFrame(type)) return false;
    this.#streams.take(type, frame);
    return true;
  }

  onDrained(): void {
    this.#streams.resume();
  }

  onGone(): void {
    this.#streams.end();
    for (const to of [...this.#uses.keys()]) this.#close(to);
  }

  #open({ to, server }: OpenMailBoxHead): void {
    const known = this.#uses.get(to);
    if (known !== undefined) {
      known.pooled.acquire(known.user);
      return;
    }
    const report = (state: RelayedState, status: Omit<UpstreamStatus, 'state'> = {}): void => {
      const [lastFailure, reason] = [status.lastFailure, status.reason].map((error) => error && toWireError(error));
      this.#peer.tell(
        relayMessage({ type: 'mailbox_state', to, state, lastFailure, reason, generation: status.generation }),
      );
    };
    const info: ServerInfo = { ...server, serverType: '' };
    const own = this.#uses.size;
    if (own >= MAX_SERVERS || !this.#parts.pool.mayOpen(info, own)) {
      const most =
        own >= MAX_SERVERS ? `${MAX_SERVERS} servers for one process` : `${own} servers for this process now`;
      const why = `the process that shares its mailboxes connects no more than ${most} (share.maxServers)`;
      this.#parts.log.warn(`mailstation: refused to connect ${quoted(server.id)} for ${this.#peer.name}: ${why}`);
      return report('backoff', { lastFailure: new RpcError(RpcCode.Overloaded, why) });
    }
    const user: PooledMailBoxUser = {
      gate: this.#gate,
      onStatus: (status) => report(status.state, status),
      onFull: () => report('full'),
      onDrained: () => report('ready'),
    };
    this.#uses.set(to, { pooled: this.#parts.pool.acquire(info, user), user });
  }

  #close(to: number): void {
    const use = this.#uses.get(to);
    if (use === undefined) return;
    this.#uses.delete(to);
    this.#parts.pool.release(use.pooled, use.user);
  }

  #relay(head: RelayHead, frame: FrameView): void {
    const limit = Math.max(MIN_IN_FLIGHT, this.#parts.maxInFlight);
    const { id } = frame;
    const { relayed } = this.#parts.pool;
    const mayRelay = this.#parts.pool.mayRelay(this.#inFlight);
    if (hasStreams(head) && !this.#streams.admits(head, id)) return;
    const call = this.#makeCall(head, frame, (error) => {
      this.#inFlight -= 1;
      relayed.now -= 1;
      this.#calls.delete(id);
      if (error !== undefined && head.oneway) this.#logOneway(head, error);
    });
    this.#peer.taken();
    this.#inFlight += 1;
    relayed.now += 1;
    this.#calls.set(id, call);
    const use = this.#uses.get(head.to);
    if (use === undefined) {
      call.fail(call.error(RpcCode.BadRequest, `no mailbox was opened under the number ${head.to}`, 'not-sent'));
    } else if (this.#inFlight > limit || !mayRelay) {
      const most = mayRelay ? `${limit} calls` : `${this.#inFlight - 1} of ${relayed.now - 1} calls`;
      const why = `${most} of this process are being relayed, which is the limit${mayRelay ? '' : ' (share.maxCalls)'}`;
      call.fail(call.error(RpcCode.PendingFull, why, 'not-sent'));
    } else {
      use.pooled.relay(call);
    }
  }

  #makeCall(head: RelayHead, frame: FrameView, onSettled: (error: RpcError | undefined) => void): RelayedCall {
    const method = this.#methods.get(head.method);
    if (hasStreams(head)) return this.#streams.make(head, frame, method, () => onSettled(undefined));
    return new RelayedCall(this.#peer, head, frame, method, answering(this.#peer, frame.id, head, onSettled));
  }

  /** The caller regards a one-way call as sent, and waits for no outcome. */
  #logOneway({ method }: RelayHead, error: RpcError): void {
    this.#parts.log.warn(
      () =>
        `mailstation: a one-way call of ${quoted(method)}, relayed for ${this.#peer.name}, was not sent: ${quoted(error.message)}`,
      'one-way',
    );
  }
}
