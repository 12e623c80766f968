import { outsideContexts } from '../async-context.js';
import { debug } from '../diagnostics.js';
import { RpcCode, RpcError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import type { Term } from '../term.js';
import { delay } from '../timers.js';
import { throwUncaught } from '../uncaught.js';
import { candidateText } from './candidate-text.js';
import type { CandidateHandler, ElectionCandidate } from './election.js';
import { ELECTION_TRANSITIONS, type ElectionState } from './election-state.js';
import type { Entry, Lease, Operation, Snapshot } from './engine.js';
import { asRegistryError, mayPass } from './engine-errors.js';
import { RecordWatch } from './record-watch.js';
import type { EngineUse, SharedEngine } from './shared-engine.js';
import { within } from './within.js';

/** Pause before the next campaign, so that many candidates do not begin at once. Unit: ms */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;
/** Pause after a failure that no waiting mends, such as a refused password. Unit: ms */
const REFUSED_MS = 2_000;
/** Longest time of a resignation. Unit: ms */
const FAREWELL_MS = 1_000;

export interface CandidateParts {
  readonly engine: SharedEngine;
  /** Prefix of the keys of all candidates. */
  readonly prefix: string;
  /** Time of the lease. Unit: ms */
  readonly ttl: number;
  /** The election in the middle of a sentence. */
  readonly description: string;
}

/** Data of one campaign: a key under a lease, whose name has the id of the lease. */
interface Campaign {
  readonly lease: Lease;
  readonly key: string;
}

/** Data of the state `leading`. */
interface Leading {
  readonly lease: Lease;
  readonly term: Term;
}

/**
 * Candidate on the engine of a registry. Each candidate has a key under a lease; the key that was made first leads. A candidate watches
 * the key before its own alone, so that the end of a Leader wakes one candidate and not all.
 */
export class EngineCandidate implements ElectionCandidate {
  readonly #parts: CandidateParts;
  readonly #handler: CandidateHandler;
  readonly #lifecycle = new Lifecycle<ElectionState>('idle', ELECTION_TRANSITIONS, (to, from) =>
    debug.leader('%s: %s -> %s', this.#parts.description, from, to),
  );
  readonly #closing = new AbortController();
  #use: EngineUse | undefined;
  #campaign: Campaign | undefined;
  #leading: Leading | undefined;
  #resigned: Promise<void> | undefined;

  constructor(handler: CandidateHandler, parts: CandidateParts) {
    this.#handler = handler;
    this.#parts = parts;
  }

  get state(): ElectionState {
    return this.#lifecycle.state;
  }

  get term(): Term | undefined {
    return this.isLeader() ? this.#leading?.term : undefined;
  }

  isLeader(): boolean {
    return this.#leading?.lease.alive() === true;
  }

  campaign(): void {
    if (!this.#lifecycle.move('campaigning')) return;
    const use = this.#parts.engine.use();
    this.#use = use;
    outsideContexts(() => void this.#run(use));
  }

  async announce(url: string): Promise<void> {
    const [leading, campaign, use] = [this.#leading, this.#campaign, this.#use];
    if (leading === undefined || campaign === undefined || use === undefined) return;
    const own = { key: campaign.key, created: leading.term.revision };
    while (this.#leading === leading && leading.lease.alive()) {
      try {
        await use.engine.commit([own], [putOf(campaign, url)]);
        return;
      } catch (error) {
        if (this.#leading === leading) this.#handler.onObstacle(asRegistryError(error));
        await delay(pauseAfter(error), undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
      }
    }
  }

  resign(): Promise<void> {
    this.#resigned ??= this.#resign();
    return this.#resigned;
  }

  async #resign(): Promise<void> {
    this.#lifecycle.move('resigned');
    this.#leading = undefined;
    this.#closing.abort();
    await within(FAREWELL_MS, this.#campaign?.lease.end());
    await within(FAREWELL_MS, this.#use?.release());
  }

  async #run(use: EngineUse): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let pause = pauseAfter(undefined);
      try {
        await this.#compete(use);
      } catch (error) {
        if (signal.aborted) return;
        pause = pauseAfter(error);
        this.#handler.onObstacle(asRegistryError(error));
      }
      // A key that is left over would keep the candidates behind it from leading until its lease is over.
      void this.#campaign?.lease.end();
      this.#campaign = undefined;
      await delay(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** One campaign, from the lease to the end of the lease. */
  async #compete({ engine }: EngineUse): Promise<void> {
    const { prefix, ttl } = this.#parts;
    const lease = await engine.lease(ttl);
    const campaign = { lease, key: `${prefix}${lease.id}` };
    this.#campaign = campaign;
    if (this.#closing.signal.aborted) return void lease.end();
    await engine.commit([{ key: campaign.key, created: 0 }], [putOf(campaign)]);
    while (lease.alive() && !this.#closing.signal.aborted) {
      const snapshot = await engine.list(prefix);
      const own = snapshot.entries.find(({ key }) => key === campaign.key);
      if (own === undefined) return; // removed by hand, or with its store
      const before = lastBefore(snapshot, own);
      if (before === undefined) return this.#lead(campaign, snapshot, own);
      this.#handler.onFollowing?.();
      await this.#untilGone(before, snapshot, lease);
    }
  }

  /** An error of the user's function must not leave a Leader behind that takes itself for a candidate. */
  #tell(term: Term): void {
    try {
      this.#handler.onElected(term);
    } catch (error) {
      throwUncaught(error);
    }
  }

  /** Resolves when the key may be gone: it was removed, or the watch is over. */
  async #untilGone({ key }: Entry, after: Snapshot, lease: Lease): Promise<void> {
    let wake = (): void => {};
    const removed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const watching = this.#use?.engine.watch(key, after, ({ events }) => {
      if (events.some((event) => event.type === 'delete' && event.key === key)) wake();
    });
    this.#closing.signal.addEventListener('abort', wake, { once: true });
    try {
      await Promise.race([removed, watching?.ended, lease.lost]);
    } finally {
      this.#closing.signal.removeEventListener('abort', wake);
      watching?.close();
    }
  }

  /** Resolves when the candidate leads no more, and its user has been notified. */
  async #lead({ lease, key }: Campaign, after: Snapshot, { created }: Entry): Promise<void> {
    const term: Term = Object.freeze({ store: after.store, revision: created });
    if (!lease.alive() || !this.#lifecycle.move('leading')) return;
    this.#leading = { lease, term };
    const { engine } = this.#use as EngineUse;
    let lose = (_why: string): void => {};
    const removed = new Promise<string>((resolve) => {
      lose = resolve;
    });
    const watch = new RecordWatch(engine, { key, lease: lease.id, after }, (why) => lose(why));
    this.#tell(term);
    const why = await Promise.race([removed, lease.lost.then((reason) => `its lease was lost (${reason})`)]);
    watch.close();
    this.#leading = undefined;
    if (!this.#lifecycle.move('deposed')) return;
    const reason = new RpcError(RpcCode.LeaseLost, `${this.#parts.description}: this process leads no more: ${why}`);
    try {
      await this.#handler.onDeposed(reason);
    } finally {
      this.#lifecycle.move('campaigning');
    }
  }
}

/** The candidate right before one's own; undefined for the first, which leads. */
function lastBefore({ entries }: Snapshot, own: Entry): Entry | undefined {
  const before = entries.filter(({ created }) => created < own.created);
  return before.sort((one, other) => other.created - one.created)[0];
}

function putOf({ key, lease }: Campaign, url?: string): Operation {
  return { type: 'put', key, value: candidateText(url), lease };
}

/** Unit: ms */
function pauseAfter(error: unknown): number {
  const pause = RETRY_MS + Math.random() * RETRY_JITTER_MS;
  return error === undefined || mayPass(error) ? pause : pause + REFUSED_MS;
}
