import { debug } from '../../lib/diagnostics.js';
import { Candidate, type CandidateState } from '../../lib/election/candidate.js';
import { urlOf } from '../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { Line, LineHandler } from '../../lib/follower/line.js';
import { LeaderNews } from '../../lib/leader-news.js';
import { Lifecycle, type Transitions } from '../../lib/lifecycle.js';
import type { ServerInfo } from '../../lib/server-info.js';
import type { OpenLine } from '../index.js';
import { LeaderLines } from './leader-lines.js';
import type { RelayOptions, ResolvedShareOptions } from './options.js';
import { Relay } from './relay.js';
import type { RemoteUpstreams } from './remote-upstreams.js';
import { lineOptions } from './share-channel.js';
import { ShareObstacles } from './share-obstacles.js';
import { SharedMailBox, type UpstreamSource } from './shared-mailbox.js';
import type { MailBoxSharing, MakeMailBoxSharing, SharingState } from './sharing.js';
import type { Upstream, Upstreams, UpstreamUser } from './upstream.js';

/**
 *                    took the port
 *   idle ──> electing ─────────────> leading
 *               ^  │ registered with the Leader
 *  Leader gone  │  v
 *            following
 *
 *   close(): any ──> draining ── lines ended, or time over ──> closed
 *            at once ────────────────────────────────────────> closed
 */
const TRANSITIONS = {
  idle: ['electing', 'draining', 'closed'],
  electing: ['leading', 'following', 'draining', 'closed'],
  following: ['electing', 'draining', 'closed'],
  leading: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Transitions<SharingState | 'draining'>;

const MOVES: Readonly<Record<CandidateState, SharingState | undefined>> = {
  idle: undefined,
  competing: 'electing',
  leading: 'leading',
  following: 'following',
  closed: undefined, // closed by the share alone
};

/** Parts of a share that reach other processes. */
export interface ShareParts {
  readonly relay: Pick<Relay, keyof Relay>;
  readonly openLine?: OpenLine;
}

/**
 * The end, in one process, of mailboxes that several processes of a machine share. The processes compete for a port. The
 * process that takes the port leads, and has the real mailboxes; the others follow, and send their calls through the
 * Leader. When the Leader is gone, the next Leader opens what its own mailboxes and its Followers ask for.
 */
export class Share implements MailBoxSharing, UpstreamSource {
  readonly #onMove: (to: SharingState) => void;
  readonly #relay: ShareParts['relay'];
  readonly #lines: LeaderLines;
  readonly #candidate: Candidate;
  readonly #mailboxes = new Set<SharedMailBox>();
  readonly #obstacles: ShareObstacles;
  readonly #news: LeaderNews;
  readonly #lifecycle = new Lifecycle<SharingState | 'draining'>('idle', TRANSITIONS, (to, from, reason) =>
    this.#onStateMove(to, from, reason as RpcError | undefined),
  );
  /** Way to the real mailboxes, while leading or following. */
  #upstreams: Upstreams | undefined;
  /** Way over the line that the candidate has opened last. */
  #dialled: RemoteUpstreams | undefined;
  /** State that users see while draining. */
  #stateBeforeDrain: SharingState = 'idle';

  constructor(
    options: RelayOptions,
    share: ResolvedShareOptions,
    onMove: (to: SharingState) => void,
    { relay, openLine }: ShareParts = { relay: new Relay(options, share) },
  ) {
    this.#onMove = onMove;
    this.#relay = relay;
    this.#obstacles = new ShareObstacles(share, options.logger);
    this.#news = new LeaderNews('shared-mailboxes', urlOf(share.endpoint));
    this.#lines = new LeaderLines(lineOptions(share, options.mailbox), openLine);
    this.#candidate = new Candidate({
      claim: share.lead ? () => relay.claim() : undefined,
      release: () =>
        relay.destroy(new RpcError(RpcCode.Closed, 'the client was stopped while it took the shared port')),
      follow: (handler, signal) => this.#follow(handler, signal),
      onObstacle: (error) => this.#obstacles.add(error),
      onMove: (to) => this.#onCandidateMove(to),
    });
  }

  get state(): SharingState {
    const { state } = this.#lifecycle;
    return state === 'draining' ? this.#stateBeforeDrain : state;
  }

  get obstacle(): RpcError | undefined {
    return this.#lifecycle.state === 'electing' ? this.#obstacles.last : undefined;
  }

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

  upstream(server: ServerInfo, user: UpstreamUser): Upstream | undefined {
    return this.#upstreams?.open(server, user);
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#lifecycle.state === 'leading') await this.#relay.drain(reason, timeoutMs);
  }

  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    if (timeoutMs > 0) await this.#drainLines(reason, timeoutMs);
    this.#lifecycle.move('closed', reason);
    const claimOver = this.#candidate.destroy(reason);
    this.#lines.destroy(reason);
    await this.#relay.close(reason, timeoutMs);
    await claimOver; // the port may be bound again now
  }

  /** A share that drains competes no more: another process may lead. */
  async #drainLines(reason: RpcError, timeoutMs: number): Promise<void> {
    const { state } = this;
    if (!this.#lifecycle.move('draining', reason)) return;
    this.#stateBeforeDrain = state;
    this.#candidate.releaseLine();
    void this.#candidate.destroy(reason);
    await this.#lines.drain(reason, timeoutMs);
  }

  async #follow(handler: LineHandler, signal: AbortSignal): Promise<Line> {
    this.#dialled = await this.#lines.connect(handler, signal);
    return this.#dialled.line;
  }

  #onCandidateMove(to: CandidateState): void {
    const state = MOVES[to];
    if (state !== undefined) this.#lifecycle.move(state);
  }

  #onStateMove(to: SharingState | 'draining', from: SharingState | 'draining', reason: RpcError | undefined): void {
    debug.station('share: %s -> %s %s', from, to, reason?.message ?? '');
    if (from === 'following' && to === 'electing') this.#onLeaderGone();
    if (to === 'leading') this.#onLeaderFound(this.#relay);
    if (to === 'following' && this.#dialled !== undefined) this.#onLeaderFound(this.#dialled);
    if (to === 'closed') this.#onEnd();
    if (to !== 'draining') this.#onMove(to);
  }

  #onLeaderFound(upstreams: Upstreams): void {
    this.#upstreams = upstreams;
    this.#obstacles.clear();
    this.#news.leads(upstreams === this.#relay ? 'this' : 'another');
    for (const mailbox of [...this.#mailboxes]) mailbox.onUpstream();
  }

  #onEnd(): void {
    this.#upstreams = undefined;
    this.#news.ended();
  }

  #onLeaderGone(): void {
    const { line } = this.#dialled ?? {};
    this.#upstreams = undefined;
    this.#news.none();
    this.#dialled?.clear();
    this.#dialled = undefined;
    const why = `the process that leads the shared mailboxes ${line?.isGoingAway ? 'is stopping' : 'is gone'}`;
    const reason = new RpcError(RpcCode.ConnectionLost, why, { cause: line?.closeReason });
    for (const mailbox of [...this.#mailboxes]) mailbox.onUpstreamLost(reason);
  }
}

/** Argument of a station for the option `share`; undefined without that option. */
export function shareMailBoxes(
  options: RelayOptions & { readonly share: ResolvedShareOptions | undefined },
): MakeMailBoxSharing | undefined {
  const { share } = options;
  return share && ((onMove) => new Share(options, share, onMove));
}
