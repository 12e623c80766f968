import type { OutgoingCall } from '../../lib/call/outgoing-call.js';
import type { RequestCodec } from '../../lib/call/request-codec.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { ChannelAcceptor } from '../../lib/leader/channel-acceptor.js';
import { RateLimitedLog } from '../../lib/rate-limited-log.js';
import { MethodCache } from '../../lib/relay/method-cache.js';
import { RELAY_FEATURES, RelayPeer } from '../../lib/relay/relay-peer.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { IncomingCall } from '../../lib/serving/incoming-call.js';
import { LocalUpstream } from './local-upstream.js';
import { NamedRequestCodec } from './named-request-codec.js';
import type { RelayOptions, ResolvedShareOptions } from './options.js';
import { RelaySession } from './relay-session.js';
import { acceptorOptions, SHARE_CHANNEL } from './share-channel.js';
import type { Upstream, Upstreams, UpstreamUser } from './upstream.js';
import { UpstreamPool } from './upstream-pool.js';

/** The Leader's part of sharing: the port, a session for each Follower, and the real mailboxes. */
export class Relay implements Upstreams {
  readonly #pool: UpstreamPool;
  readonly #acceptor: ChannelAcceptor;
  readonly #log: RateLimitedLog;
  readonly #codec: RequestCodec<OutgoingCall> | undefined;

  constructor(options: RelayOptions, share: ResolvedShareOptions) {
    const { logger, mailbox } = options;
    const { clientId } = mailbox;
    // These connections carry the calls of all processes, so that each call has the name of its own client.
    this.#codec = clientId === undefined ? undefined : new NamedRequestCodec(clientId);
    const upstream = { ...options, mailbox: { ...mailbox, clientId: undefined, relays: true } };
    this.#log = new RateLimitedLog(logger);
    this.#pool = new UpstreamPool(upstream, undefined, share);
    this.#acceptor = new ChannelAcceptor(acceptorOptions(share, mailbox, logger));
    const parts = { pool: this.#pool, methods: new MethodCache(), log: this.#log, maxInFlight: mailbox.maxInFlight };
    this.#acceptor.lead({
      name: SHARE_CHANNEL,
      invoke: refuse,
      features: RELAY_FEATURES,
      relay: (follower) => new RelaySession(parts, new RelayPeer(follower)),
    });
  }

  /** Takes the port. Rejects with {@link RpcCode.AddressInUse} while another process has the port. */
  claim(): Promise<void> {
    return this.#acceptor.listen();
  }

  open(server: ServerInfo, user: UpstreamUser): Upstream {
    return new LocalUpstream(this.#pool, server, user, this.#codec);
  }

  /** Releases the port. Followers' calls have `timeoutMs` to be answered; calls that wait are returned to them. */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#pool.returnHeld();
    await this.#acceptor.drain(reason, timeoutMs);
  }

  /** Releases the port and ends the connections to Followers at once. The real mailboxes stay open. */
  destroy(reason: RpcError): void {
    this.#acceptor.destroy(reason);
    this.#log.close();
  }

  /** Ends as {@link destroy} does, and closes the real mailboxes. Resolves after at most `timeoutMs`. */
  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.destroy(reason);
    await this.#pool.close(reason, timeoutMs);
  }
}

/** Followers have their calls relayed. A call to the Leader itself finds no service. */
function refuse(call: IncomingCall): void {
  call.refuse(new RpcError(RpcCode.NoMethod, 'this port shares mailboxes and serves no methods'));
}
