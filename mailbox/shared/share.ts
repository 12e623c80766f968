import { settledWithin } from '../../lib/call/held-calls.js';
import { debug, type Logger, withoutNumbers } from '../../lib/diagnostics.js';
import { Candidate, type CandidateState } from '../../lib/election/candidate.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Line, type LineHandler } from '../../lib/follower/line.js';
import type { LineOptions } from '../../lib/follower/line-options.js';
import { ChannelAcceptor } from '../../lib/leader/channel-acceptor.js';
import { type MailBoxStateHead, RELAY } from '../../lib/protocol/relay-message.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { IncomingCall } from '../../lib/serving/incoming-call.js';
import { LocalUpstream } from './local-upstream.js';
import type { RelayOptions, ResolvedShareOptions } from './options.js';
import { RELAY_FEATURES, RelayPeer } from './relay-peer.js';
import { RelaySession } from './relay-session.js';
import { RemoteUpstream } from './remote-upstream.js';
import { acceptorOptions, lineOptions, SHARE_CHANNEL } from './share-channel.js';
import { SharedMailBox, type UpstreamSource } from './shared-mailbox.js';
import type { MailBoxSharing, MakeMailBoxSharing, SharingState } from './sharing.js';
import type { Upstream, UpstreamUser } from './upstream.js';
import { UpstreamPool } from './upstream-pool.js';

const STATES: Readonly<Record<CandidateState, SharingState>> = {
  idle: 'idle',
  competing: 'electing',
  leading: 'leading',
  following: 'following',
  closed: 'closed',
};

/**
 * The mailboxes of a process that shares them with others of its machine. They compete for a port: whoever has it
 * leads, and has the real mailboxes; the others send their calls by way of it. When it is gone the next one leads, and
 * opens what its own mailboxes and the others' ask for.
 */
export class Share implements MailBoxSharing, UpstreamSource {
  readonly #options: ResolvedShareOptions;
  readonly #lineOptions: LineOptions;
  readonly #logger: Logger;
  readonly #onMove: (to: SharingState) => void;
  readonly #candidate: Candidate;
  readonly #relay: UpstreamPool;
  readonly #host: ChannelAcceptor;
  readonly #mailboxes = new Set<SharedMailBox>();
  /** To the process that leads, while this one follows. */
  #line: Line | undefined;
  /** That one, and those to whoever led before, while they still answer. */
  readonly #open = new Set<Line>();
  #onNoneOpen: (() => void) | undefined;
  /** Whoever leads may leave now: this one does not compete any more. */
  #isClosing = false;
  /** By what their servers are called on that line. */
  readonly #remotes = new Map<number, RemoteUpstream>();
  #lastTo = 0;
  #obstacle: RpcError | undefined;
  /** It was logged: while it lasts, it is met again and again. */
  #toldObstacle: string | undefined;

  constructor(options: RelayOptions, share: ResolvedShareOptions, onMove: (to: SharingState) => void) {
    const { logger, mailbox } = options;
    this.#options = share;
    this.#lineOptions = lineOptions(share, mailbox);
    this.#logger = logger;
    this.#onMove = onMove;
    this.#relay = new UpstreamPool(options, logger);
    this.#host = new ChannelAcceptor(acceptorOptions(share, mailbox, logger));
    this.#host.lead({
      name: SHARE_CHANNEL,
      invoke: refuse,
      features: RELAY_FEATURES,
      relay: (follower) => new RelaySession(this.#relay, new RelayPeer(follower)),
    });
    this.#candidate = new Candidate({
      claim: share.lead ? () => this.#host.listen() : undefined,
      release: () => this.#host.destroy(new RpcError(RpcCode.Closed, 'the client was stopped while it took the port')),
      follow: (handler, signal) => this.#follow(handler, signal),
      onObstacle: (error) => this.#onObstacle(error),
      onMove: (to) => this.#onCandidateMove(to),
    });
  }

  get state(): SharingState {
    return STATES[this.#candidate.state];
  }

  get obstacle(): RpcError | undefined {
    if (this.#obstacle !== undefined || this.state !== 'electing') return this.#obstacle;
    return new RpcError(RpcCode.Connect, `nobody has the shared mailboxes, port ${this.#options.port}, yet`);
  }

  /** Competes from now on, until it is closed. */
  start(): void {
    this.#candidate.persist();
  }

  open(server: ServerInfo): SharedMailBox {
    const mailbox = new SharedMailBox(server, this);
    this.#mailboxes.add(mailbox);
    return mailbox;
  }

  onClosed(mailbox: SharedMailBox): void {
    this.#mailboxes.delete(mailbox);
  }

  target(server: ServerInfo, user: UpstreamUser): Upstream | undefined {
    if (this.state === 'leading') return new LocalUpstream(this.#relay, server, user);
    const line = this.#line;
    if (line === undefined) return undefined;
    this.#lastTo += 1;
    const to = this.#lastTo;
    const remote = new RemoteUpstream(line, to, server, user, () => {
      if (this.#line === line) this.#remotes.delete(to);
    });
    this.#remotes.set(to, remote);
    return remote;
  }

  /**
   * Lets the next one lead, where this one does: what it has for others is answered, for `timeoutMs` at the most, and
   * what waits here goes back to them. This process's own mailboxes go on as they are.
   */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.state !== 'leading') return;
    this.#relay.giveBack();
    await this.#host.retire(reason, timeoutMs);
  }

  /**
   * Sends what is queued, and closes all connections: after `timeoutMs` at the latest. 0: at once. What was sent has been
   * settled before, or is given up.
   */
  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    if (timeoutMs > 0) await this.#drainLines(reason, timeoutMs);
    const claimOver = this.#candidate.destroy(reason);
    this.#host.destroy(reason);
    for (const line of [...this.#open]) line.destroy(reason);
    await this.#relay.close(reason, timeoutMs);
    await claimOver; // the caller may bind the port next
  }

  async #drainLines(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return;
    const drained = new Promise<void>((resolve) => {
      this.#onNoneOpen = resolve;
    });
    for (const line of [...this.#open]) line.drain(reason, timeoutMs);
    await settledWithin(drained, timeoutMs); // one that was left before may have more time for what it answers
  }

  async #follow(handler: LineHandler, signal: AbortSignal): Promise<Line> {
    const shareHandler: LineHandler = {
      onGoaway: (line) => {
        if (!this.#isClosing) handler.onGoaway(line);
      },
      onClosed: (line, reason) => {
        this.#open.delete(line);
        if (!this.#isClosing) handler.onClosed(line, reason);
        if (this.#open.size === 0) this.#onNoneOpen?.();
      },
      onDrained: () => this.#onLineDrained(),
      onMailBoxState: (line, head) => this.#onMailBoxState(line, head),
    };
    const line = await Line.open(this.#lineOptions, shareHandler, signal);
    if (!line.features.includes(RELAY)) {
      const why = `${line.peer} leads no shared mailboxes: it is a server, or another package's Leader`;
      const refusal = new RpcError(RpcCode.Register, why);
      line.destroy(refusal);
      throw refusal;
    }
    this.#line = line;
    if (line.closeReason === undefined) this.#open.add(line);
    return line;
  }

  #onCandidateMove(to: CandidateState): void {
    debug.station('share: %s', to);
    if (to === 'leading' || to === 'following') {
      this.#obstacle = undefined;
      this.#toldObstacle = undefined;
      for (const mailbox of [...this.#mailboxes]) mailbox.attach();
    }
    if (to === 'competing' && this.#line !== undefined) this.#leave(this.#line);
    this.#onMove(STATES[to]);
  }

  #leave(line: Line): void {
    this.#line = undefined;
    this.#remotes.clear();
    const why = line.isGoingAway ? 'is stopping' : 'is gone';
    const cause = line.closeReason;
    const reason = new RpcError(RpcCode.ConnectionLost, `the process that has the shared mailboxes ${why}`, { cause });
    for (const mailbox of [...this.#mailboxes]) mailbox.detach(reason);
  }

  #onMailBoxState(line: Line, head: MailBoxStateHead): void {
    if (line === this.#line) this.#remotes.get(head.to)?.onState(head);
  }

  #onLineDrained(): void {
    for (const remote of [...this.#remotes.values()]) remote.onDrained();
  }

  #onObstacle(error: RpcError): void {
    const { port } = this.#options;
    const told = withoutNumbers(error.message);
    if (told !== this.#toldObstacle)
      this.#logger.warn(`mailstation: the mailboxes cannot be shared on port ${port}: ${error.message}`);
    this.#toldObstacle = told;
    const why = `nobody has the shared mailboxes, port ${port}: ${error.message}`;
    this.#obstacle = new RpcError(RpcCode.Connect, why, { cause: error.cause ?? error });
  }
}

/** What a station is handed for the option `share`; undefined without that option. */
export function shareMailBoxes(
  options: RelayOptions & { readonly share: ResolvedShareOptions | undefined },
): MakeMailBoxSharing | undefined {
  const { share } = options;
  return share && ((onMove) => new Share(options, share, onMove));
}

/** Its Followers have their calls relayed, each to the server that it names. */
function refuse(call: IncomingCall): void {
  call.refuse(new RpcError(RpcCode.NoMethod, 'mailboxes are shared here, and nothing is served'));
}
