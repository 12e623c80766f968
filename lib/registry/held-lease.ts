import { outsideContexts } from '../async-context.js';
import { Lifecycle, type Transitions } from '../lifecycle.js';
import { clearTimeout, delay, setTimeout } from '../timers.js';
import type { Clock } from './clock.js';
import type { Granted, Lease, LeaseCalls, LeaseLoss } from './engine.js';
import { mayPass } from './engine-errors.js';
import { LeaseClock } from './lease-clock.js';

/** Part of the engine that a lease needs. */
export type LeaseStore = Pick<LeaseCalls, 'renew' | 'revoke'>;

/** A lease is renewed when this part of its time is over. A lost renewal is repeated twice before the lease is given up. */
const RENEWAL_PART = 1 / 3;
/** Longest wait for the answer to a renewal: the smaller of both. */
const RENEWAL_TIMEOUT_MS = 1_000;
const RENEWAL_TIMEOUT_PART = 1 / 6;
/** Wait before a renewal that failed is sent again, so that many holders do not send at once. */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;

const TRANSITIONS = {
  /** Renewed, and relied on while the clocks allow it. */
  held: ['lost'],
  /** Lost, for one reason. */
  lost: [],
} as const satisfies Transitions<'held' | 'lost'>;

type LeaseState = keyof typeof TRANSITIONS;

/** Lease of an engine: renews itself, and is lost once. The timers belong to the state `held`. */
export class HeldLease implements Lease {
  readonly id: string;
  readonly ttl: number;
  readonly lost: Promise<LeaseLoss>;
  readonly #store: LeaseStore;
  readonly #time: Clock;
  readonly #clock: LeaseClock;
  readonly #lifecycle = new Lifecycle<LeaseState>('held', TRANSITIONS, () => this.#stopTimers());
  #resolveLost!: (reason: LeaseLoss) => void;
  #renewal: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor({ id, ttl, sentAt }: Granted, store: LeaseStore, time: Clock) {
    this.id = id;
    this.ttl = ttl;
    this.#store = store;
    this.#time = time;
    this.#clock = new LeaseClock(time, ttl, sentAt);
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve;
    });
    outsideContexts(() => {
      this.#armDeadline();
      this.#renewAfter(ttl * RENEWAL_PART);
    });
  }

  alive(): boolean {
    if (this.#lifecycle.state === 'lost') return false;
    const verdict = this.#clock.verdict();
    if (verdict === undefined) return true;
    if (this.lose(verdict)) void this.#giveBack();
    return false;
  }

  async end(): Promise<void> {
    if (this.lose('ended')) await this.#giveBack();
  }

  /** Returns false where the lease was lost before. */
  lose(reason: LeaseLoss): boolean {
    if (!this.#lifecycle.move('lost')) return false;
    this.#resolveLost(reason);
    return true;
  }

  /**
   * The store may still have the lease: its keys, such as the place in an election, need not wait for their time to be over. Resolves after the
   * first attempt. A store that is away is asked again when it is back, since a restart gives all leases their whole time again.
   */
  async #giveBack(): Promise<void> {
    if (!(await this.#revokes())) outsideContexts(() => void this.#revokeLater());
  }

  async #revokeLater(): Promise<void> {
    do await delay(RETRY_MS + Math.random() * RETRY_JITTER_MS, undefined, { ref: false });
    while (!(await this.#revokes()));
  }

  /** False where another attempt may succeed. */
  async #revokes(): Promise<boolean> {
    try {
      await this.#store.revoke(this.id);
      return true;
    } catch (error) {
      return !mayPass(error); // the engine was closed, or the store has no such lease
    }
  }

  #armDeadline(): void {
    this.#deadline = setTimeout(
      () => {
        if (this.alive()) this.#armDeadline();
      },
      Math.max(1, this.#clock.left()),
    ).unref();
  }

  #renewAfter(ms: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), ms).unref();
  }

  async #renew(): Promise<void> {
    if (!this.alive()) return;
    const sentAt = this.#time.now();
    const timeout = Math.min(RENEWAL_TIMEOUT_MS, this.ttl * RENEWAL_TIMEOUT_PART);
    const answer = await this.#store.renew(this.id, timeout).catch(() => undefined);
    if (!this.alive()) return; // an answer that comes too late revives nothing
    if (answer === undefined) return this.#renewAfter(RETRY_MS + Math.random() * RETRY_JITTER_MS);
    if (!answer) return void this.lose('gone');
    this.#clock.renewed(sentAt);
    this.#renewAfter(Math.max(0, sentAt + this.ttl * RENEWAL_PART - this.#time.now()));
  }

  #stopTimers(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#deadline);
  }
}
