import { endpointOfUrl } from '../../endpoint-url.js';
import { RpcCode, RpcError, toError } from '../../errors.js';
import { KnownTerms } from '../../follower/known-terms.js';
import { Line, type LineHandler } from '../../follower/line.js';
import { ChannelAcceptor } from '../../leader/channel-acceptor.js';
import { makeLease } from '../../leader/port-lease.js';
import { invalid } from '../../options.js';
import { advertisedUrl } from '../../registry/advertise.js';
import { Candidacy } from '../../registry/candidacy.js';
import type { ElectedLeader, Observation } from '../../registry/election.js';
import type { Term } from '../../term.js';
import { delay } from '../../timers.js';
import type { ResolvedClusterElection } from '../election-options.js';
import type { ResolvedClusterOptions } from '../options.js';
import { doorOptions, lineToLeader } from './connection-options.js';
import type { ClaimedPort, ElectionPort } from './election-port.js';

/** A time in which this process leads, from its claim to the release of the port. */
interface Reign {
  /** Notifies the claimant that this process leads no more. */
  lose(reason: RpcError): void;
  /** Resolves when the port is released, so that this process may be elected again. */
  readonly over: Promise<void>;
}

/**
 * The right to lead, over all machines of a registry. The elected process listens at a port of its own, and announces its address in
 * the registry. The others connect there, and refuse a Leader whose term is over.
 */
export class RegistryPort implements ElectionPort {
  readonly #options: ResolvedClusterOptions;
  readonly #election: ResolvedClusterElection;
  readonly #onError: (error: Error) => void;
  readonly #terms = new KnownTerms();
  /** Undefined in a process that never leads. */
  readonly #candidacy: Candidacy | undefined;
  #observation: Observation | undefined;
  #leader: ElectedLeader | undefined;
  #reign: Reign | undefined;
  /** Why the registry cannot be read, or takes no candidate. */
  #obstacle: RpcError | undefined;
  /** Aborted when there is another Leader, or this process is elected. */
  #change = new AbortController();

  constructor(options: ResolvedClusterOptions, election: ResolvedClusterElection, onError: (error: Error) => void) {
    this.#options = options;
    this.#election = election;
    this.#onError = onError;
    if (options.isLeader !== false) this.#candidacy = this.#enter();
  }

  async claim(): Promise<ClaimedPort> {
    this.#begin();
    const { name } = this.#options;
    const { endpoint, advertised } = this.#election;
    const term = this.#candidacy?.term;
    if (term === undefined) throw this.#notElected();
    const acceptor = new ChannelAcceptor(doorOptions(this.#options, endpoint, this.#onError));
    try {
      await acceptor.listen();
    } catch (error) {
      // A Leader that no process can reach would keep others from leading.
      this.#candidacy?.passTurn();
      const { message } = toError(error);
      throw new RpcError(RpcCode.Listen, `${name} was elected and cannot listen: ${message}`, { cause: error });
    }
    if (!this.#leads(term)) {
      acceptor.destroy(this.#notElected());
      throw this.#notElected();
    }
    void this.#candidacy?.announce(advertisedUrl(acceptor.endpoints, advertised));
    let lose = (_reason: RpcError): void => {};
    const lost = new Promise<RpcError>((resolve) => {
      lose = resolve;
    });
    let onReleased = (): void => {};
    const over = new Promise<void>((resolve) => {
      onReleased = resolve;
    });
    this.#reign = { lose, over };
    const lease = makeLease(name, acceptor, async (reason) => {
      await acceptor.drain(reason, 0);
      this.#reign = undefined;
      onReleased();
    });
    return { lease, fence: { term, leads: () => this.#leads(term) }, lost };
  }

  async dial(handler: LineHandler, signal: AbortSignal): Promise<Line | undefined> {
    this.#begin();
    for (;;) {
      const { url } = (await this.#announced(signal)) ?? {};
      if (url === undefined) return undefined;
      const changed = this.#change.signal;
      try {
        return await this.#open(url, handler, AbortSignal.any([signal, changed]));
      } catch (error) {
        if (signal.aborted || !changed.aborted) throw error;
      }
    }
  }

  async holder(): Promise<string | undefined> {
    return undefined; // asked for by `isLeader: true` alone, which an election does not take
  }

  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal: AbortSignal.any([signal, this.#change.signal]) });
  }

  async close(): Promise<void> {
    this.#changes();
    await Promise.all([this.#observation?.close(), this.#candidacy?.resign()]);
  }

  #enter(): Candidacy {
    return new Candidacy(this.#election.election, {
      onElected: (term) => {
        this.#terms.trust(this.#options.name, term);
        this.#changes();
      },
      onDeposed: (reason) => {
        this.#reign?.lose(reason);
        return this.#reign?.over;
      },
      onObstacle: (reason) => this.#note(reason),
    });
  }

  /** Nothing is sent before the first attempt. */
  #begin(): void {
    this.#candidacy?.campaign();
    this.#observation ??= this.#election.election.observe({
      onLeader: (leader) => this.#onLeader(leader),
      onObstacle: (reason) => this.#note(reason),
    });
  }

  #onLeader(leader: ElectedLeader | undefined): void {
    const last = this.#leader;
    this.#leader = leader;
    this.#obstacle = undefined;
    if (leader !== undefined) this.#terms.trust(this.#options.name, leader.term);
    if (leader?.url !== last?.url || leader?.term.revision !== last?.term.revision) this.#changes();
  }

  #note(reason: RpcError): void {
    this.#obstacle = reason;
  }

  #changes(): void {
    const last = this.#change;
    this.#change = new AbortController();
    last.abort(new RpcError(RpcCode.ConnectionLost, `${this.#options.name} has another Leader`));
  }

  #leads(term: Term): boolean {
    return this.#candidacy?.term === term;
  }

  /** Waits for a Leader with a place. Undefined: this process is elected. */
  async #announced(signal: AbortSignal): Promise<ElectedLeader | undefined> {
    const { connectTimeout } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      if (this.#candidacy?.term !== undefined) return undefined;
      if (this.#leader?.url !== undefined) return this.#leader;
      const either = AbortSignal.any([signal, this.#change.signal]);
      const isLate = await delay(connectTimeout, true, { signal: either }).catch(() => false);
      if (isLate) throw this.#noLeader(connectTimeout);
    }
  }

  async #open(url: string, handler: LineHandler, signal: AbortSignal): Promise<Line> {
    const { name } = this.#options;
    const endpoint = endpointOfUrl(`the place of the Leader of ${name}`, url);
    const { transport } = this.#election.endpoint;
    if (endpoint.transport !== transport)
      throw invalid(
        `the Leader of ${name} is at ${url}, and this process speaks ${transport}: give all processes the same option tls`,
      );
    let unwatch = (): void => {};
    const watching: LineHandler = {
      ...handler,
      onClosed: (line, reason) => {
        unwatch();
        handler.onClosed(line, reason);
      },
    };
    const line = await Line.open(lineToLeader(this.#options, endpoint, { terms: this.#terms }), watching, signal);
    const { term } = line.agreement;
    if (term === undefined || line.closeReason !== undefined) return line;
    unwatch = this.#terms.watch(name, () => {
      if (this.#terms.isStale(name, term)) handler.onGoaway(line);
    });
    return line;
  }

  #notElected(): RpcError {
    return new RpcError(RpcCode.AddressInUse, `this process does not lead ${this.#election.election.description}`);
  }

  #noLeader(ms: number): RpcError {
    const why = this.#obstacle === undefined ? '' : `: ${this.#obstacle.message}`;
    const message = `no Leader has announced its place in ${this.#election.election.description} within ${ms} ms${why}`;
    return new RpcError(RpcCode.Connect, message, { cause: this.#obstacle ?? new Error('there is no Leader') });
  }
}
