import { RemoteMethod } from '../../lib/call/remote-method.js';
import type { Logger } from '../../lib/diagnostics.js';
import { endpointKey, endpointOf } from '../../lib/endpoint.js';
import { RpcCode, RpcError } from '../../lib/errors.js';
import type { ServerInfo } from '../../lib/server-info.js';
import { DEFAULT_PENDING_SIZE, LineMailBox } from '../index.js';
import type { RelayOptions } from './options.js';
import { type HeldBytes, PooledMailBox, type PooledMailBoxUser } from './pooled-mailbox.js';

/** Methods whose heads are kept. */
const MAX_METHODS = 4_096;
/** Characters of one whose heads are kept. */
const MAX_KEPT_NAME = 256;

/** The real mailboxes, in the process that leads: one for each server at each address that anybody has it at. */
export class UpstreamPool {
  readonly options: RelayOptions;
  readonly logger: Logger;
  readonly #targets = new Map<string, PooledMailBox>();
  /** Of which nobody makes use any more, until their last answers are in. */
  readonly #leaving = new Set<PooledMailBox>();
  readonly #methods = new Map<string, RemoteMethod>();
  readonly #heldBytes: HeldBytes;
  #givesBack = false;

  constructor(options: RelayOptions, logger: Logger) {
    this.options = options;
    this.logger = logger;
    this.#heldBytes = { now: 0, limit: options.mailbox.maxQueuedBytes };
  }

  /** Servers that there are connections to, or that are being connected to. */
  get size(): number {
    return this.#targets.size;
  }

  /** The mailbox of a server, made where there is none. Its user must {@link leave} it. */
  use(server: ServerInfo, user: PooledMailBoxUser): PooledMailBox {
    const key = poolKey(server);
    const known = this.#targets.get(key);
    const target = known ?? this.#open(server, key);
    target.use(user);
    return target;
  }

  /** The last one closes it, when what was sent is answered: at the latest after `drainTimeout`. */
  leave(target: PooledMailBox, user: PooledMailBoxUser): void {
    target.leave(user);
    if (target.isUsed) return;
    const { server } = target.mailbox;
    const key = poolKey(server);
    if (this.#targets.get(key) !== target) return;
    this.#targets.delete(key);
    this.#leaving.add(target);
    const reason = new RpcError(RpcCode.ServerRemoved, `nobody has use for ${server.id} any more`);
    void target.close(reason, this.options.drainTimeout).finally(() => this.#leaving.delete(target));
  }

  /** Its name is all that is known of it here, and all that its packets say. */
  method(name: string): RemoteMethod {
    const known = this.#methods.get(name);
    if (known !== undefined) return known;
    const method = RemoteMethod.named(name);
    if (name.length > MAX_KEPT_NAME) return method;
    if (this.#methods.size >= MAX_METHODS) this.#methods.clear();
    this.#methods.set(name, method);
    return method;
  }

  /** What waits here goes back to its callers: another process is about to lead. */
  giveBack(): void {
    this.#givesBack = true;
    for (const target of this.#targets.values()) target.giveBack();
  }

  /** Resolves when all connections are closed: after `timeoutMs` at the latest. */
  async close(reason: RpcError, timeoutMs: number): Promise<void> {
    const all = [...this.#targets.values(), ...this.#leaving];
    this.#targets.clear();
    await Promise.all(all.map((target) => target.close(reason, timeoutMs)));
  }

  #open(server: ServerInfo, key: string): PooledMailBox {
    const { mailbox, pendingSize } = this.options;
    // With a `pendingSize` of 0 a call is still held for the moment in which its process does not know better.
    const target = new PooledMailBox(
      new LineMailBox(server, mailbox),
      pendingSize || DEFAULT_PENDING_SIZE,
      this.#heldBytes,
    );
    if (this.#givesBack) target.giveBack();
    this.#targets.set(key, target);
    return target;
  }
}

/** A string that only servers with the same id and the same endpoint have in common. */
function poolKey(server: ServerInfo): string {
  return JSON.stringify([server.id, endpointKey(endpointOf(server))]);
}
