import { endpointKey, endpointOf } from '../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import { Line } from '../../lib/follower/line.js';
import { jsonText } from '../../lib/json-text.js';
import type { HeldBytes } from '../../lib/relay/held-relayed-calls.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { mayTake } from '../../lib/serving/caller-share.js';
import { DEFAULT_PENDING_SIZE, LineMailBox, type MailBox, type OpenLine } from '../index.js';
import { DialPace } from './dial-pace.js';
import { type RelayOptions, type ResolvedShareOptions, SHARE_DEFAULTS } from './options.js';
import { PooledMailBox, type PooledMailBoxUser } from './pooled-mailbox.js';

/** Share of the free mailboxes, and of the free places for relayed calls, that one Follower may take. */
const FOLLOWER_SHARE = 0.7;

/** Limits over all Followers. */
export type PoolLimits = Pick<ResolvedShareOptions, 'maxServers' | 'maxCalls'>;
type MakeMailBox = (server: ServerInfo, openLine: OpenLine, isWanted: () => boolean) => MailBox;

/** The real mailboxes, in the Leader: one for each server id at each address that a user knows. */
export class UpstreamPool {
  readonly #options: RelayOptions;
  readonly #make: MakeMailBox;
  readonly #maxServers: number;
  /** Calls that are relayed for all Followers. */
  readonly relayed: { now: number; readonly limit: number };
  /** Pace of the attempts to connect for Followers. */
  readonly dialPace = new DialPace();
  readonly #mailboxes = new Map<string, PooledMailBox>();
  /** Mailboxes without users, until their last answers are in. */
  readonly #draining = new Set<PooledMailBox>();
  readonly #heldBytes: HeldBytes;
  #returnsCalls = false;

  constructor(
    options: RelayOptions,
    make: MakeMailBox = (server, openLine, isWanted) => new LineMailBox(server, options.mailbox, openLine, isWanted),
    { maxServers, maxCalls }: PoolLimits = SHARE_DEFAULTS,
  ) {
    this.#options = options;
    this.#maxServers = maxServers;
    this.relayed = { now: 0, limit: maxCalls };
    this.#make = make;
    this.#heldBytes = { now: 0, limit: options.mailbox.maxQueuedBytes };
  }

  /** Number of mailboxes that have users. */
  get size(): number {
    return this.#mailboxes.size;
  }

  /** True where a Follower that uses `own` servers may use this one too. No Follower can use up the mailboxes. */
  mayOpen(server: ServerInfo, own: number): boolean {
    return this.#mailboxes.has(poolKey(server)) || mayTake(own, this.size, this.#maxServers, FOLLOWER_SHARE);
  }

  /** True where a Follower with `own` relayed calls may have one more. */
  mayRelay(own: number): boolean {
    return mayTake(own, this.relayed.now, this.relayed.limit, FOLLOWER_SHARE);
  }

  /** Acquires the mailbox of a server. Its user must {@link release} the mailbox. */
  acquire(server: ServerInfo, user: PooledMailBoxUser): PooledMailBox {
    const pooled = this.mailbox(server);
    pooled.acquire(user);
    return pooled;
  }

  /** The mailbox of a server, made where there is none yet. To be acquired at once, and released with {@link release}. */
  mailbox(server: ServerInfo): PooledMailBox {
    const key = poolKey(server);
    return this.#mailboxes.get(key) ?? this.#open(server, key);
  }

  /** Ends one use. The last user's release closes the mailbox when its calls are answered, after at most `drainTimeout`. */
  release(pooled: PooledMailBox, user: PooledMailBoxUser): void {
    pooled.release(user);
    if (pooled.isUsed) return;
    const { server } = pooled.mailbox;
    const key = poolKey(server);
    if (this.#mailboxes.get(key) !== pooled) return;
    this.#mailboxes.delete(key);
    this.#draining.add(pooled);
    const reason = new RpcError(RpcCode.ServerRemoved, `no process uses the server ${server.id} any more`);
    void pooled.close(reason, this.#options.drainTimeout).finally(() => this.#draining.delete(pooled));
  }

  /** Returns the calls that wait here to their callers: another process is about to lead. */
  returnHeld(): void {
    this.#returnsCalls = true;
    for (const pooled of this.#mailboxes.values()) pooled.returnHeld();
  }

  /** Resolves when all mailboxes are closed, after at most `timeoutMs`. */
  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    const all = [...this.#mailboxes.values(), ...this.#draining];
    this.#mailboxes.clear();
    await Promise.all(all.map((pooled) => pooled.close(reason, timeoutMs)));
  }

  #open(server: ServerInfo, key: string): PooledMailBox {
    // With a `pendingSize` of 0 a call is still held for the moment in which its process does not know the state.
    const limit = this.#options.pendingSize || DEFAULT_PENDING_SIZE;
    const openLine: OpenLine = (options, handler, signal) => {
      const open = (): Promise<Line> => Line.open(options, handler, signal);
      const { gate } = pooled;
      return gate === undefined ? open() : gate.run(open, signal);
    };
    const mailbox = this.#make(server, openLine, () => pooled.isWanted);
    const pooled: PooledMailBox = new PooledMailBox(mailbox, limit, this.#heldBytes);
    if (this.#returnsCalls) pooled.returnHeld();
    this.#mailboxes.set(key, pooled);
    return pooled;
  }
}

/** A string that only servers with the same id and the same endpoint have in common. */
function poolKey(server: ServerInfo): string {
  return jsonText([server.id, endpointKey(endpointOf(server))]);
}
