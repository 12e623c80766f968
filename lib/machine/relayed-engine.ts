import { outsideContexts } from '../async-context.js';
import type { ClusterBuilder } from '../cluster/builder.js';
import { messageOf, RpcError } from '../errors.js';
import { checkCommit } from '../registry/check-commit.js';
import { type Clock, systemClock } from '../registry/clock.js';
import {
  CALL_DEADLINE_MS,
  type Change,
  type Commit,
  type Condition,
  type Engine,
  type EngineState,
  type Granted,
  type Lease,
  type LeaseCalls,
  type Operation,
  type OwnEngine,
  type Snapshot,
  type Watching,
} from '../registry/engine.js';
import { engineClosed, unavailable } from '../registry/engine-errors.js';
import { HeldLeases } from '../registry/held-leases.js';
import { News } from '../registry/news.js';
import { clearTimeout, performance, setTimeout } from '../timers.js';
import type { SentOperation } from './check-sent.js';
import { type HostClient, LedClient } from './led-client.js';
import { OwnWay } from './own-way.js';
import { lostRelay, RelayedWatch } from './relayed-watch.js';
import { failureOf, type Reply, type StateReport, stateOf } from './reply.js';
import { isBoolean, isCommit, isNull, isReply, isSentGrant, isSnapshot, isStateReport, type Shape } from './shapes.js';
import type { StoreHost } from './store-host.js';

/**
 * The process that has the connection answers within {@link CALL_DEADLINE_MS}. The answer, with the reason, is waited for this much
 * longer. Unit: ms
 */
const RELAY_MS = 250;

const OTHER_VERSION = 'the process that has the connection may have another version of mailstation';

/**
 * {@link Engine} for the processes of one machine, of which one has the connection to the store. Each step goes through that process; the
 * leases stay here: this process decides when to renew them, and gives them up by the clocks here, so that they outlive the
 * process that leads, and end with this one.
 */
export class RelayedEngine implements Engine, LeaseCalls {
  readonly #led: LedClient;
  readonly #clock: Clock;
  readonly #leases: HeldLeases;
  readonly #watches = new Set<RelayedWatch>();
  readonly #news = new News();
  /** Rejects the questions that have no answer yet. */
  readonly #asking = new Set<(error: unknown) => void>();
  /** Belongs to the process that leads. */
  #reports: AsyncIterator<StateReport> | undefined;
  /** Last report of the process that leads; undefined before the first, and while no process leads. */
  #report: StateReport | undefined;
  /** A question was not answered in time, and none has been since. */
  #isSilent = false;
  readonly #ownWay: OwnWay;
  /** Id of the process that led before. */
  #gone: string | undefined;
  #state: EngineState = {
    connected: false,
    endpoint: undefined,
    since: performance.now(),
    store: undefined,
    obstacle: undefined,
  };

  /** `builder` makes the shared client, and `open` the engine in the process that leads. */
  constructor(builder: ClusterBuilder<typeof StoreHost>, open: () => OwnEngine, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#ownWay = new OwnWay(open);
    this.#leases = new HeldLeases(this, clock);
    this.#led = outsideContexts(
      () =>
        new LedClient(
          builder.create(open),
          () => this.#onLed(),
          () => this.#onLost(),
        ),
    );
  }

  get state(): EngineState {
    return { ...this.#state, obstacle: this.#led.obstacle ?? this.#state.obstacle };
  }

  changed(): Promise<void> {
    return this.#news.next();
  }

  lease(ttl: number): Promise<Lease> {
    return this.#leases.take(ttl);
  }

  async grant(ttl: number): Promise<Granted> {
    let calledAt = 0;
    const {
      id,
      ttl: granted,
      waited,
    } = await this.#ask('a lease', CALL_DEADLINE_MS, isSentGrant, (client) => {
      calledAt = this.#clock.now();
      return client.grant(ttl);
    });
    // The other process may say anything; the lease counts from a moment between the call and now.
    const sentAt = Math.max(calledAt, Math.min(calledAt + waited, this.#clock.now()));
    return { id, ttl: granted, sentAt };
  }

  /** While the process that has the connection is silent, the renewal goes both ways, and the first answer counts. */
  renew(id: string, timeout: number): Promise<boolean> {
    const isSilent = this.#isSilent;
    const relayed = this.#ask('a renewal', timeout, isBoolean, (client) => client.renew(id, timeout));
    return isSilent ? Promise.any([relayed, this.#ownWay.renew(id, timeout)]) : relayed;
  }

  async revoke(id: string): Promise<void> {
    await this.#ask('the end of a lease', CALL_DEADLINE_MS, isNull, (client) => client.revoke(id));
  }

  list(prefix: string): Promise<Snapshot> {
    return this.#ask(`a list of ${prefix}`, CALL_DEADLINE_MS, isSnapshot, (client) => client.list(prefix));
  }

  async commit(
    when: readonly Condition[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [],
  ): Promise<Commit> {
    checkCommit(when, then, otherwise);
    return this.#ask('a commit', CALL_DEADLINE_MS, isCommit, (client) =>
      client.commit(when, then.map(sent), otherwise.map(sent)),
    );
  }

  watch(prefix: string, after: Snapshot, on: (change: Change) => void): Watching {
    const { store, connection, revision } = after;
    const items = outsideContexts(() => this.#led.client.watch(prefix, { store, connection, revision }));
    const watch = new RelayedWatch(items, on, ({ state }) => this.#onReport(state));
    this.#watches.add(watch);
    void watch.ended.then(() => this.#watches.delete(watch));
    if (this.#led.isClosed) watch.close();
    else if (this.#led.obstacle !== undefined) watch.end(lostRelay(this.#led.obstacle));
    return watch;
  }

  async close(): Promise<void> {
    const closed = this.#led.close();
    for (const fail of [...this.#asking]) fail(engineClosed('unknown'));
    this.#leases.close();
    for (const watch of this.#watches) watch.close();
    void this.#reports?.return?.();
    this.#ownWay.close();
    await closed;
  }

  /** Asks once, and settles in time. A question that was asked may have been answered, whatever became of the answer. */
  async #ask<T>(
    what: string,
    timeout: number,
    fits: Shape<T>,
    ask: (client: HostClient) => Promise<Reply<T>>,
  ): Promise<T> {
    const askedAt = performance.now();
    await this.#led.led(timeout);
    if (this.#led.isClosed) throw engineClosed();
    const answer = outsideContexts(() => ask(this.#led.client));
    const left = timeout - (performance.now() - askedAt) + RELAY_MS;
    const reply: unknown = await this.#inTime(
      answer.catch((error: unknown) => Promise.reject(lost(what, error))),
      left,
      what,
    );
    if (!isReply(reply, fits))
      throw unavailable(`${what} was answered in a form that is not known: ${OTHER_VERSION}`, 'unknown');
    this.#heard();
    this.#onReport(reply.state);
    if ('failure' in reply) throw failureOf(reply.failure);
    return reply.value;
  }

  /** Settles with the answer, when the time is over, or when the engine is closed. */
  #inTime<T>(answer: Promise<T>, timeout: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#asking.delete(fail);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      const why = `the process that has the connection did not answer ${what} in time`;
      const onLate = (): void => {
        this.#isSilent = true;
        fail(unavailable(why, 'unknown'));
      };
      const timer = setTimeout(onLate, Math.max(1, timeout));
      this.#asking.add(fail);
      answer.then((value) => {
        settle();
        resolve(value);
      }, fail);
    });
  }

  #onLed(): void {
    void this.#followStates();
  }

  #heard(): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#ownWay.close();
  }

  /** The process that leads may also have been stopped in order, and waits for its readers. */
  #onLost(): void {
    this.#gone = this.#report?.host;
    this.#heard(); // of its end
    this.#report = undefined;
    this.#state = { ...this.#state, connected: false, since: performance.now(), obstacle: undefined };
    for (const watch of this.#watches) watch.end(lostRelay(this.#led.obstacle ?? 'another process leads'));
    void this.#reports?.return?.();
    this.#news.tell();
  }

  async #followStates(): Promise<void> {
    const reports = this.#led.client.states()[Symbol.asyncIterator]();
    this.#reports = reports;
    try {
      for (let next = await reports.next(); next.done !== true; next = await reports.next()) {
        if (isStateReport(next.value)) this.#onReport(next.value);
        else this.#onWrongReport();
      }
    } catch {
      // The process that leads is gone, of which the shared client tells.
    }
  }

  /** The next report or answer in the right form says how the connection is. */
  #onWrongReport(): void {
    if (this.#led.obstacle !== undefined) return;
    const obstacle = `a report of the connection came in a form that is not known: ${OTHER_VERSION}`;
    const { connected, since } = this.#state;
    this.#state = { ...this.#state, connected: false, since: connected ? performance.now() : since, obstacle };
    this.#news.tell();
  }

  #onReport(report: StateReport): void {
    const isLate = report.host === this.#gone || report.turn <= (this.#report?.turn ?? 0);
    if (this.#led.obstacle !== undefined || isLate) return;
    const before = this.state;
    this.#report = report;
    this.#state = stateOf(report);
    if (before.connected !== report.connected || before.store !== this.#state.store) this.#news.tell();
  }
}

function sent(operation: Operation): SentOperation {
  return operation.type === 'put' ? { ...operation, lease: operation.lease?.id ?? null } : operation;
}

/** Error of an engine for a question to the process that leads whose answer was lost with that process, or never sent. */
function lost(what: string, error: unknown): RpcError {
  const { delivery = 'unknown' } = error instanceof RpcError ? error : {};
  return unavailable(
    `${what} was lost on the way to the process that has the connection: ${messageOf(error)}`,
    delivery,
    error,
  );
}
