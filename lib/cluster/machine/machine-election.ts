import type { OutgoingCall } from '../../call/outgoing-call.js';
import { debug } from '../../diagnostics.js';
import { Candidate, type CandidateState } from '../../election/candidate.js';
import { RpcCode, RpcError } from '../../errors.js';
import { Lifecycle, type Transitions } from '../../lifecycle.js';
import { type ElectionPort, electionPort } from '../role/election-port.js';
import { Following } from '../role/following.js';
import { type PortElectionParts, publishing } from '../role/port-election.js';
import { failureOfLeader } from '../role/refusals.js';
import type { RoleSource, RoleSourceHandler, StartingReport } from '../role/role-source.js';
import { machineCodec } from './machine-codec.js';
import { MachineLeader } from './machine-leader.js';
import { machineOptions } from './machine-options.js';

/**
 *                  took the place of the machine
 *   idle ──> competing ──────────────────────────> leading
 *               ^  │ another process has the place
 *   that process│  v
 *        is gone following
 *
 *   drain(): any ──> closed
 */
const TRANSITIONS = {
  idle: ['competing', 'closed'],
  /** Neither the place nor a holder was found yet. Each attempt that fails is an obstacle. */
  competing: ['leading', 'following', 'closed'],
  /** A line to the process that has the connection, or the real client, is open. */
  following: ['competing', 'closed'],
  /** Has the connection of the machine, or the real client. */
  leading: ['closed'],
  closed: [],
} as const satisfies Transitions<CandidateState>;

export interface MachineElectionParts extends Omit<PortElectionParts, 'port'> {
  /** Makes the port of the election over all machines, in the process that has the place of the machine. */
  makePort(): ElectionPort;
}

export interface MachineElectionHandler extends RoleSourceHandler {
  /** Called with a call that was not sent to a Leader, and that goes to the next one. */
  onReturned(call: OutgoingCall): void;
}

/**
 * Roles in two tiers: the processes of a machine compete for a place, and the process that has the place competes with those of the other machines
 * to have the real client, or has the connection to the Leader for all processes of the machine.
 */
export class MachineElection implements RoleSource {
  readonly #parts: MachineElectionParts;
  readonly #handler: MachineElectionHandler;
  readonly #channel: string;
  readonly #near: ElectionPort;
  readonly #candidate: Candidate;
  readonly #following: Following;
  readonly #lifecycle = new Lifecycle<CandidateState>('idle', TRANSITIONS, (to, from) => this.#onMove(to, from));
  /** Belongs to `leading`; set when the place is taken, just before the move. */
  #leader: MachineLeader | undefined;

  constructor(parts: MachineElectionParts, handler: MachineElectionHandler) {
    const { options, publishMethod } = parts;
    const { name, responseTimeout, election } = options;
    const near = machineOptions(options);
    this.#parts = parts;
    this.#handler = handler;
    this.#channel = near.name;
    this.#near = electionPort(near, (error) => handler.onError(error));
    const requestCodec = machineCodec((call) => handler.onReturned(call));
    const role = { name, responseTimeout, publishMethod: publishing(name, publishMethod), requestCodec };
    this.#following = new Following(this.#near, role, handler);
    this.#candidate = new Candidate({
      claim: election?.share?.lead === false ? undefined : () => this.#claim(),
      follow: this.#following.follow.bind(this.#following),
      onObstacle: (error) => this.#onObstacle(error),
      onRefused: (error) => {
        handler.onSearching();
        handler.onPassingObstacle(error);
      },
      onMove: (to) => this.#lifecycle.move(to),
    });
  }

  get starting(): StartingReport | undefined {
    return this.#leader?.starting;
  }

  start(): void {
    this.#candidate.persist();
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#lifecycle.move('closed');
    this.#candidate.releaseLine();
    await this.#candidate.destroy(reason);
    try {
      await this.#leader?.drain(reason, timeoutMs);
    } finally {
      await this.#following.drain(reason, timeoutMs);
    }
  }

  async #claim(): Promise<void> {
    const { lease } = await this.#near.claim();
    const far = { ...this.#parts, port: this.#parts.makePort() };
    this.#leader = new MachineLeader({ far, near: lease, channel: this.#channel }, this.#handler);
  }

  #onObstacle(error: RpcError): void {
    const failure = failureOfLeader(error);
    if (failure !== undefined) return this.#handler.onFailed(failure);
    this.#handler.onSearching();
    this.#handler.onObstacle(error);
  }

  #onMove(to: CandidateState, from: CandidateState): void {
    const { name } = this.#parts.options;
    debug.leader('machine of %s: %s -> %s', name, from, to);
    if (to === 'leading') this.#leader?.start();
    if (to === 'following' && this.#following.role !== undefined) this.#handler.onRole(this.#following.role);
    if (to === 'competing' && from === 'following') {
      this.#following.left();
      const why = `the process of this machine that has the connection to the Leader of ${name} is gone, or has lost the Leader`;
      this.#handler.onLost(new RpcError(RpcCode.ConnectionLost, why));
    }
  }
}
