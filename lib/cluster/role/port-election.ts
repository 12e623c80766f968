import { RemoteMethod } from '../../call/remote-method.js';
import { debug } from '../../diagnostics.js';
import { Candidate, type CandidateState } from '../../election/candidate.js';
import { hasCode, RpcCode, RpcError, toError } from '../../errors.js';
import { Lifecycle, type Transitions } from '../../lifecycle.js';
import type { Fence } from '../../serving/fence.js';
import type { ResolvedClusterOptions } from '../options.js';
import { endpointWord } from '../place-word.js';
import type { LeaderChannel } from '../real-client/leader-channel.js';
import type { ElectionPort } from './election-port.js';
import { Following } from './following.js';
import { Leadership } from './leadership.js';
import { failureOfLeader, withAdvice } from './refusals.js';
import type { RoleSource, RoleSourceHandler, StartingReport } from './role-source.js';

/**
 *                    took the port            real client ready
 *   idle ──> competing ──────────> opening ─────────────────────> leading
 *               ^  │ another leads    │ real client failed           ^
 *  Leader gone  │  v                  v                              │
 *            following             failed ───────────────────────────┘ another real client is ready
 *
 *   competing ──> failed, where this process must lead and cannot
 *
 *   opening, leading, failed ── another process may lead ──> deposed ── the real client is closed ──> competing
 *
 *   drain(): any ──> closed
 */
const TRANSITIONS = {
  idle: ['competing', 'closed'],
  /** Neither the port nor a Leader was found yet. Each attempt that fails is an obstacle. */
  competing: ['opening', 'following', 'failed', 'closed'],
  /** The port is taken. The real client is made, and Followers wait until the real client is ready. */
  opening: ['leading', 'failed', 'deposed', 'closed'],
  /** A line to the Leader is open. */
  following: ['competing', 'closed'],
  /** Followers are admitted. */
  leading: ['deposed', 'closed'],
  /** The real client has failed, and Followers are refused; or `isLeader: true` found the port taken, for good. */
  failed: ['leading', 'deposed', 'closed'],
  /** The election of a registry is lost. The real client is closed before this process competes again. */
  deposed: ['competing', 'closed'],
  closed: [],
} as const satisfies Transitions<
  'idle' | 'competing' | 'opening' | 'leading' | 'following' | 'failed' | 'deposed' | 'closed'
>;
export type PortElectionState = keyof typeof TRANSITIONS;

const STATE_OF_CANDIDATE: Readonly<Record<CandidateState, PortElectionState>> = {
  idle: 'idle',
  competing: 'competing',
  leading: 'opening',
  following: 'following',
  closed: 'closed',
};

/**
 * Time for running calls when the election is lost. The next Leader cannot lead before a fifth of the lease has passed, which is 600 ms
 * at least, unless a person has taken the lease away. Unit: ms
 */
const DEPOSED_MS = 500;

export interface PortElectionParts {
  readonly options: ResolvedClusterOptions;
  readonly port: ElectionPort;
  /** Name of the method that publishes; undefined where the class has none. */
  readonly publishMethod: string | undefined;
  /** Makes the real client. Called once this process has the port. `fence`: with the election of a registry. */
  makeChannel(fence: Fence | undefined): LeaderChannel;
}

/** Roles by competing for a port with the clients of the same name in all processes of this machine. */
export class PortElection implements RoleSource {
  readonly #parts: PortElectionParts;
  readonly #handler: RoleSourceHandler;
  readonly #candidate: Candidate;
  readonly #lifecycle = new Lifecycle<PortElectionState>('idle', TRANSITIONS, (to, from, reason) =>
    this.#onMove(to, from, reason),
  );
  /** Lines to Leaders. The role there belongs to `following`, and is set when the line is open, just before the move. */
  readonly #following: Following;
  /** Belongs to `opening`, `leading` and `failed`; set when the port is taken, just before the move. */
  #leadership: Leadership | undefined;

  constructor(parts: PortElectionParts, handler: RoleSourceHandler) {
    const { name, responseTimeout, isLeader } = parts.options;
    this.#parts = parts;
    this.#handler = handler;
    const publishMethod = publishing(name, parts.publishMethod);
    this.#following = new Following(parts.port, { name, responseTimeout, publishMethod }, handler);
    this.#candidate = new Candidate({
      claim: isLeader === false ? undefined : () => this.#claim(),
      follow: isLeader === true ? undefined : this.#following.follow.bind(this.#following),
      pause: parts.port.pause?.bind(parts.port),
      onObstacle: (error) => this.#onObstacle(error),
      onRefused: (error) => {
        handler.onSearching();
        handler.onPassingObstacle(error);
      },
      onMove: (to) => this.#lifecycle.move(STATE_OF_CANDIDATE[to]),
    });
  }

  get state(): PortElectionState {
    return this.#lifecycle.state;
  }

  get starting(): StartingReport | undefined {
    return this.state === 'opening' ? this.#leadership : undefined;
  }

  start(): void {
    if (this.#parts.options.isLeader === true) void this.#leadOrFail();
    else this.#candidate.persist();
  }

  async drain(reason: RpcError, timeoutMs: number): Promise<void> {
    this.#lifecycle.move('closed');
    this.#candidate.releaseLine();
    await this.#candidate.destroy(reason);
    try {
      // A claim that was pending has set the leadership by now.
      await this.#leadership?.drain(reason, timeoutMs);
    } finally {
      await this.#following.drain(reason, timeoutMs);
      await this.#parts.port.close?.();
    }
  }

  async #leadOrFail(): Promise<void> {
    try {
      await this.#candidate.compete();
    } catch (error) {
      if (this.state !== 'competing') return;
      const reason = await this.#cannotLead(toError(error));
      if (this.#lifecycle.move('failed', reason)) this.#handler.onFailed(reason);
    }
  }

  async #cannotLead(error: Error): Promise<Error> {
    if (!hasCode(error, [RpcCode.AddressInUse])) return error;
    const { name, endpoint } = this.#parts.options;
    const holder = await this.#parts.port.holder();
    const who = holder === undefined ? error.message : `${error.message}, by ${holder}`;
    const why = `create "${name}" leader failed, the ${endpointWord(endpoint)} is occupied by other: ${who}`;
    return new RpcError(RpcCode.AddressInUse, why, { cause: error });
  }

  async #claim(): Promise<void> {
    const claimed = await this.#parts.port.claim();
    this.#leadership = new Leadership(claimed, this.#parts.options, this.#handler);
  }

  /** A Leader whose real client has failed is no reason to wait: callers get the failure until a Leader takes calls. */
  #onObstacle(error: RpcError): void {
    const failure = failureOfLeader(error);
    if (failure !== undefined) return this.#handler.onFailed(failure);
    this.#handler.onSearching();
    this.#handler.onObstacle(withAdvice(error));
  }

  #onMove(to: PortElectionState, from: PortElectionState, reason: Error | undefined): void {
    const { name } = this.#parts.options;
    debug.leader('election of %s: %s -> %s %s', name, from, to, reason?.message ?? '');
    if (to === 'following' && this.#following.role !== undefined) this.#handler.onRole(this.#following.role);
    if (to === 'opening' && this.#leadership !== undefined) this.#open(this.#leadership);
    if (to === 'competing' && from === 'following') {
      this.#following.left();
      this.#handler.onLost(new RpcError(RpcCode.ConnectionLost, `the Leader of ${name} is gone`));
    }
  }

  /** Followers are admitted, and calls made, once the real client is ready. Until then both wait. */
  #open(leadership: Leadership): void {
    this.#handler.onSearching();
    void leadership.lost?.then((reason) => this.#onDeposed(leadership, reason));
    leadership.open(() => this.#parts.makeChannel(leadership.fence), {
      onReady: (channel) => {
        if (this.#lifecycle.move('leading')) this.#handler.onRole(leadership.lead(channel));
      },
      onFailed: (error) => {
        this.#lifecycle.move('failed', error);
        if (this.state !== 'failed') return;
        leadership.refuse(error);
        this.#handler.onFailed(error);
      },
    });
  }

  /** Another process may lead from now on, or soon: the real client is closed, and this process competes again. */
  async #onDeposed(leadership: Leadership, reason: RpcError): Promise<void> {
    const hasLed = this.state === 'leading';
    if (!this.#lifecycle.move('deposed', reason)) return; // closed: the leadership is drained there
    if (hasLed) this.#handler.onLost(reason);
    else this.#handler.onSearching();
    try {
      await leadership.drain(reason, DEPOSED_MS);
    } catch (error) {
      this.#handler.onError(toError(error)); // the real client could not be closed
    }
    if (this.#leadership === leadership) this.#leadership = undefined;
    this.#candidate.competeAgain();
  }
}

/** The method of all publications, made once: a RemoteMethod keeps its encoded packet heads. */
export function publishing(serverType: string, method: string | undefined): RemoteMethod | undefined {
  return method === undefined
    ? undefined
    : new RemoteMethod({ namespace: '', serverType, service: '', method }, method);
}
