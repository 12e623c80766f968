import { RpcCode, RpcError } from '../../lib/errors.js';
import type { RelayHead } from '../../lib/protocol/message.js';
import type { FrameView } from '../../lib/protocol/packet.js';
import { type OpenMailBoxHead, type RelayedState, relayMessage } from '../../lib/protocol/relay-message.js';
import { quoted } from '../../lib/quoted.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { RelayHandler, RelayRequest } from '../../lib/serving/channel.js';
import { tellError } from '../../lib/wire-errors.js';
import type { PooledMailBox, PooledMailBoxUser } from './pooled-mailbox.js';
import type { RelayPeer } from './relay-peer.js';
import { RelayedCall } from './relayed-call.js';
import type { UpstreamStatus } from './upstream.js';
import type { UpstreamPool } from './upstream-pool.js';

/** Servers that one Follower may have connected at once. */
const MAX_TARGETS = 4_096;

/** Calls of one Follower at once, at the least: it bounds them itself, by a `maxInFlight` of its own. */
const MIN_IN_FLIGHT = 50_000;

interface Used {
  readonly target: PooledMailBox;
  readonly user: PooledMailBoxUser;
}

/** One Follower of the process that leads: the servers that it has named, and the calls that it sends them. */
export class RelaySession implements RelayHandler {
  readonly #relay: UpstreamPool;
  readonly #peer: RelayPeer;
  /** By the number that the Follower has given it. */
  readonly #used = new Map<number, Used>();
  /** Under way, by the id of its request. */
  readonly #calls = new Map<number, RelayedCall>();
  #inFlight = 0;

  constructor(relay: UpstreamPool, peer: RelayPeer) {
    this.#relay = relay;
    this.#peer = peer;
  }

  onRequest(head: RelayRequest, frame: FrameView): void {
    if (!this.#peer.isOpen) return; // nobody could be told what becomes of it
    if (head.type === 'relay') this.#send(head, frame);
    else if (head.type === 'open_mailbox') this.#open(head);
    else this.#close(head.to);
  }

  onCancel(id: number): void {
    this.#calls.get(id)?.cancel(new RpcError(RpcCode.Cancelled, 'its caller has cancelled it'));
  }

  onGone(): void {
    for (const to of [...this.#used.keys()]) this.#close(to);
  }

  #open({ to, server }: OpenMailBoxHead): void {
    const known = this.#used.get(to);
    if (known !== undefined) {
      known.target.use(known.user);
      return;
    }
    const tell = (state: RelayedState, news: Omit<UpstreamStatus, 'state'> = {}): void => {
      const [lastFailure, reason] = [news.lastFailure, news.reason].map((error) => error && tellError(error));
      this.#peer.tell(relayMessage({ type: 'mailbox_state', to, state, lastFailure, reason }));
    };
    if (this.#used.size >= MAX_TARGETS) {
      const why = `this process has ${MAX_TARGETS} servers connected already, which is as many as one may share`;
      return tell('backoff', { lastFailure: new RpcError(RpcCode.Connect, why) });
    }
    const user: PooledMailBoxUser = {
      onNews: (news) => tell(news.state, news),
      onFull: () => tell('full'),
      onDrained: () => tell('ready'),
    };
    const info: ServerInfo = { ...server, serverType: '' };
    this.#used.set(to, { target: this.#relay.use(info, user), user });
  }

  #close(to: number): void {
    const used = this.#used.get(to);
    if (used === undefined) return;
    this.#used.delete(to);
    this.#relay.leave(used.target, used.user);
  }

  #send(head: RelayHead, frame: FrameView): void {
    const limit = Math.max(MIN_IN_FLIGHT, this.#relay.options.mailbox.maxInFlight);
    const { id } = frame;
    const call = new RelayedCall(this.#peer, head, frame, this.#relay.method(head.method), (error) => {
      this.#inFlight -= 1;
      this.#calls.delete(id);
      if (error !== undefined && head.oneway) this.#logOneway(head, error);
    });
    this.#peer.taken();
    this.#inFlight += 1;
    this.#calls.set(id, call);
    const used = this.#used.get(head.to);
    if (used === undefined) {
      call.fail(call.error(RpcCode.BadRequest, `${head.to} is the number of no mailbox that was opened`, 'not-sent'));
    } else if (this.#inFlight > limit) {
      const why = `${limit} calls of this process are being relayed already, which is as many as one may have`;
      call.fail(call.error(RpcCode.PendingFull, why, 'not-sent'));
    } else {
      used.target.relay(call);
    }
  }

  /** Its caller has been told that it is on its way, and waits for nothing. */
  #logOneway({ method }: RelayHead, error: RpcError): void {
    this.#relay.logger.warn(
      `mailstation: a one-way call of ${quoted(method)} that ${this.#peer.name} shares was not sent: ${quoted(error.message)}`,
    );
  }
}
