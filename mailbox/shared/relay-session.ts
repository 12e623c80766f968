import { RpcCode, RpcError } from '../../lib/errors.js';
import type { Head, RelayHead } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { type OpenMailBoxHead, type RelayedState, relayMessage } from '../../lib/protocol/relay-message.js';
import { quoted } from '../../lib/quoted.js';
import type { RateLimitedLog } from '../../lib/rate-limited-log.js';
import { MethodCache } from '../../lib/relay/method-cache.js';
import type { RelayPeer } from '../../lib/relay/relay-peer.js';
import type { RelayedCall } from '../../lib/relay/relayed-call.js';
import { RelayedCalls } from '../../lib/relay/relayed-calls.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { RelayHandler, RelayRequest } from '../../lib/serving/channel.js';
import { toWireError } from '../../lib/wire-errors.js';
import { DialGate } from './dial-gate.js';
import type { PooledMailBox, PooledMailBoxUser } from './pooled-mailbox.js';
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
  readonly #calls: RelayedCalls<RelayHead>;
  readonly #gate: DialGate;

  constructor(parts: RelayParts, peer: RelayPeer) {
    this.#parts = parts;
    this.#peer = peer;
    this.#gate = new DialGate(parts.pool.dialPace);
    this.#calls = new RelayedCalls({
      peer,
      methods: peer.clientId === undefined ? parts.methods : new MethodCache(peer.clientId),
      log: parts.log,
      total: parts.pool.relayed,
      refusal: (own) => this.#refusal(own),
      send: (call, head) => this.#send(call, head),
    });
  }

  onRequest(head: RelayRequest, frame: FrameView): void {
    if (!this.#peer.isOpen) return; // no outcome could be reported
    if (head.type === 'relay') this.#calls.relay(head, frame);
    else if (head.type === 'open_mailbox') this.#open(head);
    else this.#close(head.to);
  }

  onCancel(id: number): void {
    this.#calls.cancel(id);
  }

  streamFrame(head: Head, frame: FrameView): boolean {
    return this.#calls.streamFrame(head, frame);
  }

  onDrained(): void {
    this.#calls.onDrained();
  }

  onGone(): void {
    this.#calls.end();
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

  #send(call: RelayedCall, { to }: RelayHead): void {
    const use = this.#uses.get(to);
    if (use !== undefined) return use.pooled.relay(call);
    call.fail(call.error(RpcCode.BadRequest, `no mailbox was opened under the number ${to}`, 'not-sent'));
  }

  #refusal(own: number): string | undefined {
    const { pool, maxInFlight } = this.#parts;
    const limit = Math.max(MIN_IN_FLIGHT, maxInFlight);
    const mayRelay = pool.mayRelay(own);
    if (own < limit && mayRelay) return undefined;
    const most = mayRelay ? `${limit} calls` : `${own} of ${pool.relayed.now} calls`;
    return `${most} of this process are being relayed, which is the limit${mayRelay ? '' : ' (share.maxCalls)'}`;
  }
}
