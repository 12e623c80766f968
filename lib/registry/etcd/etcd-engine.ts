import { performance } from '../../timers.js';
import { checkCommit } from '../check-commit.js';
import { type Clock, systemClock } from '../clock.js';
import {
  CALL_DEADLINE_MS,
  type Change,
  type Commit,
  type Condition,
  type EngineState,
  type Granted,
  type Lease,
  type Operation,
  type OwnEngine,
  type Snapshot,
  type WatchEnd,
  type Watching,
} from '../engine.js';
import { engineClosed, mayPass, unavailable } from '../engine-errors.js';
import { HeldLeases } from '../held-leases.js';
import { News } from '../news.js';
import { type Header, leaseAnswer, rangeAnswer, txnAnswer } from './answers.js';
import { Dialler } from './dialler.js';
import type { CheckedEtcd } from './etcd-options.js';
import { EtcdWatch } from './etcd-watch.js';
import { explain } from './explain.js';
import { Login } from './login.js';
import { grantRequest, leaseRequest, rangeRequest, txnRequest } from './requests.js';
import { openSession, type Session } from './session.js';
import { StoreIdentity } from './store-identity.js';

/** With several hosts, a list that has no answer after this time is sent to the next host. Unit: ms */
const LIST_ATTEMPT_MS = 1_000;

/** {@link OwnEngine} on etcd 3.4 or newer. Connects at the first call. */
export class EtcdEngine implements OwnEngine {
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #login: Login;
  readonly #identity: StoreIdentity;
  readonly #dialler: Dialler;
  readonly #leases: HeldLeases;
  readonly #watches = new Set<Watching>();
  readonly #news = new News();
  #isClosed = false;

  constructor(options: CheckedEtcd, clock: Clock = systemClock) {
    this.#prefix = `/${options.namespace}/v1/`;
    this.#clock = clock;
    this.#login = new Login(options.auth);
    this.#identity = new StoreIdentity(this.#prefix);
    const parts = { options, prefix: this.#prefix, login: this.#login, identity: this.#identity };
    this.#dialler = new Dialler(
      options.hosts,
      (host, attempt) => openSession(host, parts, attempt),
      () => this.#news.tell(),
    );
    this.#leases = new HeldLeases(this, clock);
  }

  get state(): EngineState {
    return { ...this.#dialler.state, store: this.#identity.id };
  }

  changed(): Promise<void> {
    return this.#news.next();
  }

  lease(ttl: number): Promise<Lease> {
    return this.#leases.take(ttl);
  }

  grant(ttl: number): Promise<Granted> {
    return this.#once('a lease', async (session, timeout) => {
      const sentAt = this.#clock.now();
      const request = grantRequest(Math.ceil(ttl / 1_000));
      const answer = leaseAnswer(await session.unary('/etcdserverpb.Lease/LeaseGrant', request, { timeout }));
      return { id: answer.id, ttl: answer.ttl * 1_000, sentAt };
    });
  }

  async renew(id: string, timeout: number): Promise<boolean> {
    const startedAt = performance.now();
    const session = await this.#dialler.session(timeout);
    return this.#ask(session, 'a renewal', () =>
      session.renewals.renew(id, Math.max(1, timeout - (performance.now() - startedAt))),
    );
  }

  async revoke(id: string): Promise<void> {
    await this.#once('the end of a lease', async (session, timeout) => {
      await session.unary('/etcdserverpb.Lease/LeaseRevoke', leaseRequest(id), { timeout });
    });
  }

  /** Reading changes nothing, so that a list is repeated while there is time. */
  async list(prefix: string): Promise<Snapshot> {
    const deadline = performance.now() + CALL_DEADLINE_MS;
    const request = rangeRequest(this.#prefix + prefix);
    for (;;) {
      const left = deadline - performance.now();
      const session = await this.#dialler.session(left);
      const timeout = this.#dialler.hosts > 1 ? Math.min(LIST_ATTEMPT_MS, left) : left;
      try {
        return await this.#ask(session, `a list of ${this.#prefix}${prefix}`, async () => {
          const { header, entries } = rangeAnswer(
            await session.unary('/etcdserverpb.KV/Range', request, { timeout }),
            this.#prefix,
          );
          return { ...this.#noted(session, header), entries };
        });
      } catch (error) {
        if (!mayPass(error) || performance.now() >= deadline) throw error;
      }
    }
  }

  async commit(
    when: readonly Condition[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [],
  ): Promise<Commit> {
    checkCommit(when, then, otherwise);
    const request = txnRequest(this.#prefix, when, then, otherwise);
    const work = async (session: Session, timeout: number): Promise<Commit> => {
      const answer = txnAnswer(await session.unary('/etcdserverpb.KV/Txn', request, { timeout }), this.#prefix);
      const { header, done, entries } = answer;
      return { ...this.#noted(session, header), done, entries };
    };
    return this.#once('a commit', work, leaseOf(then) ?? leaseOf(otherwise));
  }

  watch(prefix: string, after: Snapshot, on: (change: Change) => void): Watching {
    const session = this.#dialler.current;
    const watch =
      session?.id === after.connection
        ? new EtcdWatch(
            session,
            this.#login,
            { prefix: this.#prefix + prefix, namespace: this.#prefix, after: after.revision },
            on,
          )
        : endedWatch(this.#isClosed);
    this.#watches.add(watch);
    void watch.ended.then(() => this.#watches.delete(watch));
    return watch;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#leases.close();
    for (const watch of this.#watches) watch.close();
    this.#dialler.close();
  }

  /** Notes what an answer says about the store, and by which connection it came. */
  #noted({ store, id }: Session, header: Header): Omit<Snapshot, 'entries'> {
    this.#identity.note(header);
    return { store, connection: id, revision: header.revision };
  }

  /** Sends one request, once, within the time of a call. */
  async #once<T>(what: string, work: (session: Session, timeout: number) => Promise<T>, lease?: string): Promise<T> {
    const deadline = performance.now() + CALL_DEADLINE_MS;
    const session = await this.#dialler.session(CALL_DEADLINE_MS);
    return this.#ask(session, what, () => work(session, Math.max(1, deadline - performance.now())), lease);
  }

  async #ask<T>(session: Session, what: string, work: () => Promise<T>, lease?: string): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      const error = explain(cause, what, lease);
      if (this.#isClosed) throw engineClosed('unknown');
      if (mayPass(error)) this.#suspect(session, error);
      throw error;
    }
  }

  /**
   * An answer did not come in time. Where there are other hosts, the next one is tried. The only host is asked for a sign of life:
   * an etcd without a majority answers nothing else, and a new connection to it would help nobody.
   */
  #suspect(session: Session, reason: Error): void {
    if (this.#dialler.hosts > 1) session.connection.end(reason);
    else session.connection.suspect();
  }
}

function leaseOf(operations: readonly Operation[]): string | undefined {
  const put = operations.find((operation) => operation.type === 'put' && operation.lease !== undefined);
  return put?.type === 'put' ? put.lease?.id : undefined;
}

/** A watch for which there is no connection any more. */
function endedWatch(isClosed: boolean): Watching {
  const error = unavailable('the connection by which the list came has ended', 'not-sent');
  const end: WatchEnd = isClosed ? { reason: 'closed', error: undefined } : { reason: 'disconnected', error };
  return { ended: Promise.resolve(end), close: () => {} };
}
