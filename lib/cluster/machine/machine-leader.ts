import { RpcCode, RpcError } from '../../errors.js';
import type { PortLease } from '../../leader/port-lease.js';
import type { EncodedValue } from '../../protocol/encoded-value.js';
import { RateLimitedLog } from '../../rate-limited-log.js';
import type { ElectionPort } from '../role/election-port.js';
import { FollowerRole } from '../role/follower-role.js';
import { PortElection, type PortElectionParts } from '../role/port-election.js';
import type { Role } from '../role/role.js';
import type { RoleSourceHandler, StartingReport } from '../role/role-source.js';
import { machinePort } from './machine-port.js';
import { RelayChannel } from './relay-channel.js';
import { RelayRole } from './relay-role.js';

export interface MachineLeaderParts {
  /** The election over all machines. */
  readonly far: PortElectionParts;
  /** The right to lead at the place of the machine. */
  readonly near: PortLease;
  /** Name of the channel there. */
  readonly channel: string;
}

/**
 * Everything that the process with the place of a machine has: the only candidate of the machine in the election over all machines, the connection to the
 * Leader or the real client, and the channel for the other processes of the machine.
 */
export class MachineLeader implements RoleSourceHandler {
  readonly #parts: MachineLeaderParts;
  readonly #handler: RoleSourceHandler;
  readonly #log: RateLimitedLog;
  readonly #far: PortElection;
  /** While this process follows a Leader elsewhere. */
  #relay: RelayChannel | undefined;
  /** The Leader elsewhere has failed, and the other processes of the machine are refused with that failure. */
  #isRefusing = false;

  constructor(parts: MachineLeaderParts, handler: RoleSourceHandler) {
    const { far, near, channel } = parts;
    this.#parts = parts;
    this.#handler = handler;
    this.#log = new RateLimitedLog(far.options.logger);
    const port: ElectionPort = machinePort(far.port, near, channel);
    this.#far = new PortElection({ ...far, port }, this);
  }

  get starting(): StartingReport | undefined {
    return this.#far.starting;
  }

  start(): void {
    this.#wait();
    this.#far.start();
  }

  /** The other processes of the machine first, while their calls can be answered, and the place of the machine last. */
  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    const { near } = this.#parts;
    if (this.#relay !== undefined) await near.withdraw(reason, timeoutMs);
    this.#relay?.end();
    try {
      await this.#far.drain(reason, timeoutMs);
    } finally {
      this.#log.close();
      await near.release(reason);
    }
  }

  onRole(role: Role): void {
    this.#isRefusing = false;
    if (!(role instanceof FollowerRole)) return this.#handler.onRole(role); // the channel is led at both places
    const { far, near, channel } = this.#parts;
    const onError = (error: Error): void => this.#handler.onError(error);
    const relay = new RelayChannel({ name: channel, options: far.options, role, log: this.#log, onError });
    this.#relay = relay;
    this.#handler.onRole(new RelayRole(role, relay, this.#handler));
    near.lead(relay);
  }

  onLost(reason: RpcError): void {
    this.#endRelay(reason);
    this.#handler.onLost(reason);
  }

  onObstacle(error: RpcError): void {
    this.#handler.onObstacle(error);
  }

  onPassingObstacle(error: RpcError): void {
    this.#handler.onPassingObstacle(error);
  }

  /** The failure of a real client in this process is reported to the other processes by the leadership. */
  onFailed(error: Error): void {
    if (this.#far.state === 'competing' && !this.#isRefusing) this.#refuse(error);
    this.#handler.onFailed(error);
  }

  onSearching(): void {
    if (this.#isRefusing) this.#admit();
    this.#handler.onSearching();
  }

  onValue(key: string, value: EncodedValue): void {
    if (this.#relay === undefined) this.#handler.onValue(key, value);
    else this.#relay.onValue(key, value);
  }

  onError(error: Error): void {
    this.#handler.onError(error);
  }

  onDrained(): void {
    this.#relay?.onDrained();
    this.#handler.onDrained();
  }

  /** The calls in flight may still be answered by a Leader that leaves in order. */
  #endRelay(reason: RpcError): void {
    if (this.#relay === undefined) return;
    this.#relay.end();
    this.#relay = undefined;
    void this.#parts.near.withdraw(reason, this.#parts.far.options.responseTimeout);
    this.#wait();
  }

  /** The other processes of the machine wait with this one, which reports the reason if the wait takes too long. */
  #wait(): void {
    this.#parts.near.starting?.(() => undefined);
  }

  #refuse(failure: Error): void {
    const { far, near, channel } = this.#parts;
    const { name, transcode } = far.options;
    const refusal = `the real client of ${name} failed in the process that leads: ${failure.message}`;
    this.#isRefusing = true;
    near.lead({ name: channel, refusal, failure, invoke: () => {}, ...(transcode && { codec: transcode }) });
  }

  #admit(): void {
    const { near, far } = this.#parts;
    this.#isRefusing = false;
    void near.withdraw(new RpcError(RpcCode.ConnectionLost, `the Leader of ${far.options.name} is gone`), 0);
    this.#wait();
  }
}
