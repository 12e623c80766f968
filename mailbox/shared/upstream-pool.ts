import { endpointKey, endpointOf } from '../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { DEFAULT_PENDING_SIZE, LineMailBox, type MailBox } from '../index.js';
import type { HeldBytes } from './held-relayed-calls.js';
import type { RelayOptions } from './options.js';
import { PooledMailBox, type PooledMailBoxUser } from './pooled-mailbox.js';

/** The real mailboxes, in the Leader: one for each server id at each address that a user knows. */
export class UpstreamPool {
  readonly #options: RelayOptions;
  readonly #make: (server: ServerInfo) => MailBox;
  readonly #mailboxes = new Map<string, PooledMailBox>();
  /** Mailboxes without users, until their last answers are in. */
  readonly #draining = new Set<PooledMailBox>();
  readonly #heldBytes: HeldBytes;
  #returnsCalls = false;

  constructor(options: RelayOptions, make = (server: ServerInfo): MailBox => new LineMailBox(server, options.mailbox)) {
    this.#options = options;
    this.#make = make;
    this.#heldBytes = { now: 0, limit: options.mailbox.maxQueuedBytes };
  }

  /** Number of mailboxes that have users. */
  get size(): number {
    return this.#mailboxes.size;
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
    const pooled = new PooledMailBox(this.#make(server), limit, this.#heldBytes);
    if (this.#returnsCalls) pooled.returnHeld();
    this.#mailboxes.set(key, pooled);
    return pooled;
  }
}

/** A string that only servers with the same id and the same endpoint have in common. */
function poolKey(server: ServerInfo): string {
  return JSON.stringify([server.id, endpointKey(endpointOf(server))]);
}
