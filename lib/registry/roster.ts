import { outsideContexts } from '../async-context.js';
import { debug } from '../diagnostics.js';
import type { RpcError } from '../errors.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { clearTimeout, delay, setTimeout } from '../timers.js';
import type { Change, Engine, Snapshot, Watching } from './engine.js';
import { asRegistryError, mayPass } from './engine-errors.js';
import { NODES } from './keys.js';
import { NodeList } from './node-list.js';
import type { RosterList } from './roster-source.js';

/** Pause before the store is read again, so that many clients do not read at once. Unit: ms */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;
/** Pause after a failure that no waiting mends, such as a refused password: a registry checks a password slowly. Unit: ms */
const REFUSED_MS = 2_000;
/** Time for the servers of a store that was emptied to register in the new one. A server does so within some seconds. Unit: ms */
const CARRY_MS = 10_000;

/**
 *             listed                 the watch ended
 *   listing ─────────> watching ──────────────────────┐
 *     ^  │ failed                                     v
 *     │  └────────────────────────────────────────> pausing
 *     └───────────────────── due ──────────────────────┘
 *   close(): any ──> closed
 */
const TRANSITIONS = {
  listing: ['watching', 'pausing', 'closed'],
  watching: ['pausing', 'closed'],
  pausing: ['listing', 'closed'],
  closed: [],
} as const satisfies Transitions<'listing' | 'watching' | 'pausing' | 'closed'>;

export interface EngineRosterHandler {
  onList(list: RosterList): void;
  /** `isFinal`: no waiting mends the reason. */
  onFailure(reason: RpcError, isFinal: boolean): void;
  /** A line for the log, without the name of the registry. */
  onLine(line: string): void;
}

/**
 * Reads the records of all servers, and watches them. The watch is never resumed: when it ends, the roster reads everything again, and
 * the followers see the difference.
 */
export class EngineRoster {
  readonly #engine: Engine;
  readonly #handler: EngineRosterHandler;
  readonly #nodes: NodeList;
  readonly #lifecycle = new Lifecycle<keyof typeof TRANSITIONS>('listing', TRANSITIONS, (to, from) =>
    debug.station('roster: %s -> %s', from, to),
  );
  readonly #closing = new AbortController();
  #watching: Watching | undefined;
  #carry: NodeJS.Timeout | undefined;

  constructor(engine: Engine, maxServers: number, handler: EngineRosterHandler) {
    this.#engine = engine;
    this.#handler = handler;
    this.#nodes = new NodeList(maxServers, (line) => handler.onLine(line));
    outsideContexts(() => void this.#run());
  }

  /** True while the roster hears of each change. */
  get isWatching(): boolean {
    return this.#lifecycle.state === 'watching';
  }

  close(): void {
    this.#lifecycle.move('closed');
    this.#closing.abort();
    this.#watching?.close();
    clearTimeout(this.#carry);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#lifecycle.state === 'listing') {
      let pause = RETRY_MS + Math.random() * RETRY_JITTER_MS;
      try {
        await this.#follow(await this.#engine.list(NODES));
      } catch (error) {
        if (!mayPass(error)) pause += REFUSED_MS;
        if (!signal.aborted) this.#fail(error);
      }
      this.#lifecycle.move('pausing');
      await delay(pause, undefined, { signal, ref: false }).catch(() => {});
      this.#lifecycle.move('listing');
    }
  }

  /** Resolves when the watch is over. */
  async #follow(snapshot: Snapshot): Promise<void> {
    if (!this.#lifecycle.move('watching')) return;
    const watching = this.#engine.watch(NODES, snapshot, (change) => this.#onChange(change));
    this.#watching = watching;
    if (this.#nodes.replace(snapshot)) this.#carryOn();
    this.#handler.onList(this.#nodes.list());
    const { reason, error } = await watching.ended;
    this.#watching = undefined;
    // A store that no longer has old changes is well: the list is read again at once.
    if (reason !== 'closed' && reason !== 'compacted') this.#fail(error);
  }

  #onChange(change: Change): void {
    this.#nodes.apply(change);
    this.#handler.onList(this.#nodes.list());
  }

  #carryOn(): void {
    this.#handler.onLine(
      `its store is another one, emptied or restored: the servers of the last list stay for ${CARRY_MS / 1_000} s, in which they register again`,
    );
    clearTimeout(this.#carry);
    this.#carry = setTimeout(() => {
      if (this.#nodes.dropCarried()) this.#handler.onList(this.#nodes.list());
    }, CARRY_MS).unref();
  }

  #fail(error: unknown): void {
    const reason = asRegistryError(error);
    this.#handler.onFailure(reason, !mayPass(reason));
  }
}
