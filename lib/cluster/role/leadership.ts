import { settledWithin } from '../../call/held-calls.js';
import { describeError } from '../../diagnostics.js';
import type { RpcError } from '../../errors.js';
import type { PortLease } from '../../leader/port-lease.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import { LeaderRole } from './leader-role.js';
import type { RoleHandler } from './role.js';

/** Everything that a Leader has: the lease of the port, the real client and the role, opened and closed in order. */
export class Leadership {
  readonly #lease: PortLease;
  readonly #options: ResolvedClusterOptions;
  readonly #handler: RoleHandler;
  #channel: LeaderChannel | undefined;
  #role: LeaderRole | undefined;

  constructor(lease: PortLease, options: ResolvedClusterOptions, handler: RoleHandler) {
    this.#lease = lease;
    this.#options = options;
    this.#handler = handler;
  }

  /** Makes the real client and waits until it is ready. Rejects with the failure of its constructor or of `ready`. */
  async open(make: () => LeaderChannel): Promise<LeaderChannel> {
    this.#channel = make();
    await this.#channel.real.whenReady();
    return this.#channel;
  }

  /** Admits Followers, those that wait included. */
  lead(channel: LeaderChannel): LeaderRole {
    this.#role = new LeaderRole(channel, this.#handler, (reason, ms) => this.#end(reason, ms));
    this.#lease.lead(channel);
    return this.#role;
  }

  /** Refuses Followers because the real client has failed. The port stays taken, as with cluster-client. */
  refuse(error: Error): void {
    const { name } = this.#options;
    const refusal = `the real client of ${name} failed in process ${process.pid}: ${error.message}`;
    this.#lease.lead({ name, refusal, invoke: () => {} });
  }

  /** Ends after the calls in flight, or at once where there is no role yet. Rejects where closing the real client fails. */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    if (this.#role === undefined) await this.#end(reason, 0);
    else await this.#role.drain(reason, timeoutMs);
  }

  /** Releases Followers first, while they can be answered, and the port last, so that two real clients are never open. */
  async #end(reason: RpcError, timeoutMs: number): Promise<void> {
    await this.#lease.withdraw(reason, timeoutMs);
    try {
      await settledWithin(this.#closeRealClient(), this.#options.maxWaitTime);
    } finally {
      await this.#lease.release(reason);
    }
  }

  async #closeRealClient(): Promise<void> {
    try {
      await this.#channel?.real.close();
    } catch (error) {
      const { name, logger } = this.#options;
      logger.error(`mailstation: closing the real client of ${name} failed: ${describeError(error)}`);
      throw error;
    }
  }
}
