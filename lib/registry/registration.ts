import { outsideContexts } from '../async-context.js';
import { debug } from '../diagnostics.js';
import { RpcCode, RpcError, toError } from '../errors.js';
import { Lifecycle } from '../lifecycle.js';
import { quoted } from '../quoted.js';
import { clearTimeout, delay, performance, setTimeout } from '../timers.js';
import type { Lease, Operation } from './engine.js';
import { mayPass } from './engine-errors.js';
import { nodeKey } from './keys.js';
import { type NodeRecord, recordText } from './record.js';
import { type Claimed, claimRecord, type Held } from './record-claim.js';
import { RecordWatch } from './record-watch.js';
import { idInUse, notRegistered, refusedRegistration, registrationOver } from './registration-errors.js';
import { REGISTRATION_TRANSITIONS, type RegistrationState } from './registration-state.js';
import type { Registration, RegistrationHandler } from './registry.js';
import type { EngineUse, SharedEngine } from './shared-engine.js';
import { within } from './within.js';

/** Pause before the next attempt, so that many servers do not register at once. Unit: ms */
const RETRY_MS = 50;
const RETRY_JITTER_MS = 100;
/** Pause after a failure that no waiting mends, and longest pause while another server has the id. Unit: ms */
const REFUSED_MS = 2_000;
const BLOCKED_MS = 250;
/** A holder of the id that is dead has lost its lease by then. Unit: ms, beyond the time of the lease */
const SLACK_MS = 1_000;
/** Longest time of a drain, and of a leaving. Unit: ms */
const FAREWELL_MS = 1_000;
/** Time for callers beyond that in which this process heard of the change. Unit: ms */
const NEWS_MS = 50;
/** Longest wait for the next Leader of an id. Unit: ms */
const HAND_OVER_MS = 500;

export interface RegistrationParts {
  readonly engine: SharedEngine;
  /** The registry in the middle of a sentence. */
  readonly registry: string;
  /** Time of the lease. Unit: ms */
  readonly ttl: number;
}

/** Data of the states `registered` and `draining`. */
interface Current {
  readonly lease: Lease;
  readonly watch: RecordWatch;
  /** Revision of the record. */
  revision: number;
}

/** The record of one server in the store, under a lease; put again whenever the lease or the record is lost. */
export class EngineRegistration implements Registration {
  readonly #parts: RegistrationParts;
  readonly #record: NodeRecord;
  readonly #handler: RegistrationHandler;
  readonly #lifecycle = new Lifecycle<RegistrationState>('idle', REGISTRATION_TRANSITIONS, (to, from) =>
    debug.leader('registration of %s: %s -> %s', this.#record.id, from, to),
  );
  readonly #closing = new AbortController();
  #use: EngineUse | undefined;
  #lease: Lease | undefined;
  #current: Current | undefined;
  /** Ends the wait of {@link EngineRegistration.handOver}. */
  #onReplaced = (): void => {};
  /** Last failure of an attempt. */
  #failure: RpcError | undefined;
  #left: Promise<void> | undefined;

  constructor(record: NodeRecord, handler: RegistrationHandler, parts: RegistrationParts) {
    this.#record = record;
    this.#handler = handler;
    this.#parts = parts;
  }

  get state(): RegistrationState {
    return this.#lifecycle.state;
  }

  async register(timeout?: number): Promise<void> {
    if (!this.#lifecycle.move('registering')) throw registrationOver(this.#record);
    this.#use = this.#parts.engine.use();
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onLate = (): void => {
      if (this.state !== 'blocked') late.abort();
      else timer = setTimeout(onLate, BLOCKED_MS); // the wait for the other server has an end of its own
    };
    if (timeout !== undefined) timer = setTimeout(onLate, timeout);
    try {
      const registered = outsideContexts(() => this.#establish(timeout !== undefined));
      registered.catch(() => {}); // after the time
      await Promise.race([registered, aborted(late.signal)]);
      if (this.state === 'registering')
        throw notRegistered(
          this.#record,
          this.#parts.registry,
          timeout ?? 0,
          this.#failure?.message ?? this.#engine.state.obstacle,
        );
    } catch (error) {
      await this.leave();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async drain(): Promise<void> {
    const current = this.#current;
    if (!this.#lifecycle.move('draining') || current === undefined) return;
    await within(FAREWELL_MS, this.#announce(current));
  }

  async handOver(): Promise<void> {
    const replaced = new Promise<void>((resolve) => {
      this.#onReplaced = resolve;
    });
    if (this.#lifecycle.move('draining')) await within(HAND_OVER_MS, replaced);
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  async #announce(current: Current): Promise<void> {
    const key = nodeKey(this.#record.serverType, this.#record.id);
    const value = recordText({ ...this.#record, state: 'draining' });
    const put: Operation = { type: 'put', key, value, lease: current.lease };
    const sentAt = performance.now();
    const answer = await this.#use?.engine.commit([{ key, modified: current.revision }], [put]);
    if (answer?.done !== true) return; // another process has taken the record over
    current.revision = answer.revision;
    await current.watch.seen(answer.revision);
    await delay(NEWS_MS + performance.now() - sentAt, undefined, { signal: this.#closing.signal });
  }

  async #leave(): Promise<void> {
    this.#lifecycle.move('left');
    this.#closing.abort();
    this.#current?.watch.close();
    if (this.#lease !== undefined) await within(FAREWELL_MS, this.#lease.end());
    await within(FAREWELL_MS, this.#use?.release());
  }

  /**
   * Resolves when the record is in the store. `isFirst`: rejects for a failure that no waiting mends, which is reported to the handler
   * otherwise. Rejects when the registration is over.
   */
  async #establish(isFirst: boolean): Promise<void> {
    let blockedAt: number | undefined;
    for (;;) {
      let pause = RETRY_MS + Math.random() * RETRY_JITTER_MS;
      try {
        const lease = await this.#heldLease();
        const claim = await claimRecord(this.#engine, this.#record, lease);
        if (claim.isOurs) return this.#onClaimed(claim, lease);
        blockedAt ??= performance.now();
        this.#lifecycle.move('blocked');
        if (performance.now() - blockedAt >= patienceOf(lease, claim)) {
          blockedAt = undefined;
          this.#failed(idInUse(this.#record, this.#parts.registry, claim), isFirst);
        }
        pause = BLOCKED_MS;
      } catch (error) {
        pause += this.#onFailure(error, isFirst);
      }
      await delay(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (this.state === 'left') throw registrationOver(this.#record);
      this.#lifecycle.move('registering');
    }
  }

  /** Returns a further pause. Unit: ms */
  #onFailure(thrown: unknown, isFirst: boolean): number {
    if (this.state === 'left') throw registrationOver(this.#record);
    if (thrown instanceof RpcError && thrown.code === RpcCode.IdInUse) throw thrown;
    const error = thrown instanceof RpcError ? thrown : new RpcError(RpcCode.Registry, toError(thrown).message);
    const isNew = this.#failure?.code !== error.code;
    this.#failure = error;
    if (error.code === RpcCode.LeaseLost) {
      void this.#lease?.end(); // the store has no such lease, whatever the clock says
      return 0;
    }
    if (mayPass(error)) return 0;
    if (isFirst || isNew) this.#failed(refusedRegistration(this.#record, this.#parts.registry, error), isFirst);
    return REFUSED_MS;
  }

  #failed(error: RpcError, isFirst: boolean): void {
    if (isFirst) throw error;
    this.#handler.onError(error);
  }

  async #heldLease(): Promise<Lease> {
    if (this.#lease?.alive() === true) return this.#lease;
    const lease = await this.#engine.lease(this.#parts.ttl);
    if (this.state === 'left') {
      void lease.end();
      throw registrationOver(this.#record);
    }
    this.#lease = lease;
    return lease;
  }

  #onClaimed({ revision, answer, replaced }: Claimed, lease: Lease): void {
    if (!this.#lifecycle.move('registered')) throw registrationOver(this.#record);
    this.#failure = undefined;
    if (replaced !== undefined) this.#warn(`took over a key whose value ${replaced}`);
    const key = nodeKey(this.#record.serverType, this.#record.id);
    const watch = new RecordWatch(this.#engine, { key, lease: lease.id, after: answer }, (why) =>
      this.#onLost(current, why),
    );
    const current: Current = { lease, watch, revision };
    this.#current = current;
    void lease.lost.then((reason) => this.#onLost(current, `its lease was lost (${reason})`));
  }

  #onLost(lost: Current, why: string): void {
    if (this.#current !== lost) return;
    this.#current = undefined;
    lost.watch.close();
    if (!this.#lifecycle.move('registering')) return this.#onReplaced(); // the server stops, and callers know it
    this.#warn(`is not registered any more: ${why}; it registers again`);
    const lostAt = performance.now();
    this.#establish(false).then(
      () => this.#warn(`is registered again, after ${Math.round(performance.now() - lostAt)} ms`),
      () => {}, // the registration is over
    );
  }

  get #engine(): EngineUse['engine'] {
    if (this.#use === undefined) throw registrationOver(this.#record);
    return this.#use.engine;
  }

  #warn(what: string): void {
    this.#handler.logger.warn(`mailstation: server ${quoted(this.#record.id)} in ${this.#parts.registry} ${what}`);
  }
}

/** Longest wait for a server that has the id. A living server renews its lease meanwhile, and has the id for good. Unit: ms */
function patienceOf({ ttl }: Lease, { holder }: Held): number {
  return Math.max(ttl, holder?.ttl ?? 0) + SLACK_MS;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
