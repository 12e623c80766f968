import { randomBytes } from 'node:crypto';
import { messageOf } from '../errors.js';
import { fieldsOf } from '../options.js';
import type { Change, Commit, Condition, OwnEngine, Snapshot, WatchEnd, Watching } from '../registry/engine.js';
import { performance } from '../timers.js';
import {
  type SentOperation,
  sentConditions,
  sentLease,
  sentOperations,
  sentRevision,
  sentText,
  sentTimeout,
  sentTtl,
} from './check-sent.js';
import { failureReport, type Reply, reportOf, type StateReport } from './reply.js';

/** Lease on the way between processes. `waited`: time from the call until the request was sent to the store. Unit: ms */
export interface SentGrant {
  readonly id: string;
  readonly ttl: number;
  readonly waited: number;
}

/**
 * Item of a watch on the way between processes. The first item says that the watch was asked for: a stream without a first item would be given up after
 * a while.
 */
export type WatchItem =
  | { readonly opened: true }
  | { readonly change: Change }
  | { readonly end: Exclude<WatchEnd['reason'], 'closed'>; readonly why: string; readonly state: StateReport };

/** Where a watch begins: a {@link Snapshot} without its entries. */
export type WatchStart = Omit<Snapshot, 'entries'>;

/** Changes that wait for a process that does not read them. Past this number the watch ends, and the process lists again. */
const MAX_WAITING = 10_000;

/**
 * Has the connection of a machine to the store, in the process that leads: the real client of the shared client that the processes of the
 * machine make (see {@link RelayedEngine}). Each method does one step for another process, which holds its leases itself. Arguments
 * that do not fit are answered with {@link RpcCode.InvalidArgument}; a watch ends as `refused`.
 */
export class StoreHost {
  readonly #engine: OwnEngine;
  readonly #id = randomBytes(8).toString('hex');
  readonly #stateReaders = new Set<(report: StateReport) => void>();
  /** A loop waits for the next change of the state. */
  #isReporting = false;
  #turn = 0;

  /** `open` makes the engine, which connects at the first call. */
  constructor(open: () => OwnEngine) {
    this.#engine = open();
  }

  async grant(ttl: number): Promise<Reply<SentGrant>> {
    const calledAt = performance.now();
    return this.#reply(async () => {
      const { id, ttl: granted, sentAt } = await this.#engine.grant(sentTtl(ttl));
      return { id, ttl: granted, waited: Math.max(0, sentAt - calledAt) };
    });
  }

  async renew(id: string, timeout: number): Promise<Reply<boolean>> {
    return this.#reply(() => this.#engine.renew(sentLease(id), sentTimeout(timeout)));
  }

  async revoke(id: string): Promise<Reply<null>> {
    return this.#reply(async () => {
      await this.#engine.revoke(sentLease(id));
      return null;
    });
  }

  async list(prefix: string): Promise<Reply<Snapshot>> {
    return this.#reply(() => this.#engine.list(sentText('a prefix', prefix)));
  }

  async commit(
    when: readonly Condition[],
    then: readonly SentOperation[],
    otherwise: readonly SentOperation[],
  ): Promise<Reply<Commit>> {
    return this.#reply(() =>
      this.#engine.commit(sentConditions(when), sentOperations(then), sentOperations(otherwise)),
    );
  }

  /** Ends with an item that says why, unless its reader has gone. */
  watch(prefix: string, start: WatchStart): ReadableStream<WatchItem> {
    return feed((push, end) => {
      push({ opened: true });
      let watching: Watching;
      try {
        watching = this.#engine.watch(sentText('a prefix', prefix), startOf(start), (change) => {
          if (push({ change })) return;
          watching.close();
          end(this.#ended('disconnected', `${MAX_WAITING} changes were not read in time`));
        });
      } catch (error) {
        end(this.#ended('refused', messageOf(error)));
        return () => {};
      }
      void watching.ended.then(({ reason, error }) => {
        // `closed` is also the end of this process as a Leader: to the readers that is a lost connection.
        const why = error?.message ?? 'the connection to the registry was closed';
        end(this.#ended(reason === 'closed' ? 'disconnected' : reason, why));
      });
      return () => watching.close();
    });
  }

  /** The state of now, and each later one. */
  states(): ReadableStream<StateReport> {
    return feed((push) => {
      push(this.#report());
      this.#stateReaders.add(push);
      void this.#reportChanges();
      return () => this.#stateReaders.delete(push);
    });
  }

  /** One loop for all readers: a reader that has left is not held until the next change, which may be weeks away. */
  async #reportChanges(): Promise<void> {
    if (this.#isReporting) return;
    this.#isReporting = true;
    while (this.#stateReaders.size > 0) {
      await this.#engine.changed();
      const report = this.#report();
      for (const push of this.#stateReaders) push(report);
    }
    this.#isReporting = false;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  #ended(end: Exclude<WatchEnd['reason'], 'closed'>, why: string): WatchItem {
    return { end, why, state: this.#report() };
  }

  #report(): StateReport {
    this.#turn += 1;
    return reportOf(this.#engine.state, this.#id, this.#turn);
  }

  async #reply<T>(work: () => Promise<T>): Promise<Reply<T>> {
    try {
      const value = await work();
      return { state: this.#report(), value };
    } catch (error) {
      return { state: this.#report(), failure: failureReport(error) };
    }
  }
}

function startOf(sent: WatchStart): Snapshot {
  const { store, connection, revision } = fieldsOf('the start of a watch', sent, 'an object');
  return {
    store: sentText('the id of a store', store),
    connection: sentText('the id of a connection', connection),
    revision: sentRevision(revision),
    entries: [],
  };
}

/**
 * A stream of what `start` pushes. `push` returns false where the reader is too far behind; `end` pushes a last item. `start` returns the
 * function that is called when the reader wants no more.
 */
function feed<T>(start: (push: (item: T) => boolean, end: (last: T) => void) => () => void): ReadableStream<T> {
  let stop = (): void => {};
  let isOver = false;
  return new ReadableStream<T>(
    {
      start(controller) {
        const push = (item: T): boolean => {
          if (isOver) return true;
          controller.enqueue(item);
          return (controller.desiredSize ?? 0) > 0;
        };
        stop = start(push, (last) => {
          if (isOver) return;
          push(last);
          isOver = true;
          controller.close();
        });
      },
      cancel() {
        isOver = true;
        stop();
      },
    },
    { highWaterMark: MAX_WAITING },
  );
}
