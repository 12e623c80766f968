import { settledWithin } from '../../call/held-calls.js';
import { describeError } from '../../diagnostics.js';
import type { RpcError } from '../../errors.js';
import type { PortLease } from '../../leader/port-lease.js';
import type { Fence } from '../../serving/fence.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import { StartingClient, type StartingClientHandler } from '../real-client/starting-client.js';
import type { ClaimedPort } from './election-port.js';
import { LeaderRole } from './leader-role.js';
import type { RoleHandler } from './role.js';

/** Everything that a Leader has: the lease of the port, the real client and the role, opened and closed in order. */
export class Leadership {
  /** The right of an elected Leader to answer; undefined where the port alone decides. */
  readonly fence: Fence | undefined;
  /** Resolves when this process leads no more though its port is open; undefined where that cannot be. */
  readonly lost: Promise<RpcError> | undefined;
  readonly #lease: PortLease;
  readonly #options: ResolvedClusterOptions;
  readonly #handler: RoleHandler;
  #client: StartingClient | undefined;
  #role: LeaderRole | undefined;
  #drained: Promise<void> | undefined;

  constructor({ lease, fence, lost }: ClaimedPort, options: ResolvedClusterOptions, handler: RoleHandler) {
    this.fence = fence;
    this.lost = lost;
    this.#lease = lease;
    this.#options = options;
    this.#handler = handler;
  }

  /** Makes the real client, and another one after each that fails. */
  open(make: () => LeaderChannel, handler: StartingClientHandler): void {
    this.#client = new StartingClient(make, this.#options, handler);
    this.#lease.starting?.(() => this.lastError);
    this.#client.start();
  }

  /** Last `error` event of the real client. */
  get lastError(): Error | undefined {
    return this.#client?.lastError;
  }

  /** Admits Followers, those that wait included. */
  lead(channel: LeaderChannel): LeaderRole {
    this.#role = new LeaderRole(channel, this.#options, this.#handler, (reason, ms) => this.#end(reason, ms));
    this.#lease.lead(channel);
    return this.#role;
  }

  /** Refuses Followers while the real client has failed. The port stays taken, as with cluster-client. */
  refuse(failure: Error): void {
    const { name, transcode } = this.#options;
    const refusal = `the real client of ${name} failed in process ${process.pid}: ${failure.message}`;
    const term = this.fence && { term: this.fence.term };
    this.#lease.lead({ name, refusal, failure, invoke: () => {}, ...term, ...(transcode && { codec: transcode }) });
  }

  /**
   * Ends after the calls in flight, or at once where there is no role yet. Rejects where closing the real client fails. A second call
   * returns the same promise.
   */
  drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#drained ??= this.#drain(reason, timeoutMs);
    return this.#drained;
  }

  async #drain(reason: RpcError, timeoutMs: number): Promise<void> {
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
      await this.#client?.close();
    } catch (error) {
      const { name, logger } = this.#options;
      logger.error(`mailstation: closing the real client of ${name} failed: ${describeError(error)}`);
      throw error;
    }
  }
}
