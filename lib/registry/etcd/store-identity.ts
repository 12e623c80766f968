import { randomBytes } from 'node:crypto';
import type { Condition, Entry, Operation } from '../engine.js';
import { type Header, type TxnAnswer, txnAnswer } from './answers.js';
import { GrpcCode } from './grpc.js';
import { GrpcFailure } from './grpc-failure.js';
import { txnRequest } from './requests.js';

/** Sends one request on the connection that is being greeted. */
export type Ask = (method: '/etcdserverpb.KV/Txn', request: Buffer) => Promise<Buffer>;

/** Key of the id, below the namespace. Without a lease: the id stays as long as the store. */
const KEY = 'store';

/**
 * Id of the store behind the namespace. etcd's own id of a cluster is made of names and addresses, so that an emptied etcd has the id of
 * the one before. A random id under a key of the namespace is gone with the store. A restored backup has the id of its time:
 * an engine that has seen later revisions of that store, or another cluster around it, gives the store a new id.
 */
export class StoreIdentity {
  readonly #prefix: string;
  #id: string | undefined;
  #seen: Header | undefined;

  /** `prefix`: what stands before the keys of the namespace. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get id(): string | undefined {
    return this.#id;
  }

  /** Notes what an answer says about the store. */
  note(header: Header): void {
    if (this.#seen === undefined || header.revision >= this.#seen.revision) this.#seen = header;
  }

  /** Reads the id on a new connection, and writes one where the store has none, or has that of an earlier time. */
  async greet(ask: Ask): Promise<string> {
    const { header, entries } = await this.#commit(ask, [], [{ type: 'get', key: KEY }]);
    const [entry] = entries;
    const isEarlier = entry !== undefined && entry.value === this.#id && this.#isBehind(header);
    const id = entry === undefined || isEarlier ? await this.#write(ask, entry) : entry.value;
    if (id !== this.#id || isEarlier) this.#seen = undefined;
    this.#id = id;
    this.note(header);
    return id;
  }

  #isBehind({ cluster, revision, raftTerm }: Header): boolean {
    const seen = this.#seen;
    return seen !== undefined && (cluster !== seen.cluster || revision < seen.revision || raftTerm < seen.raftTerm);
  }

  /** Several engines may do this at once: the first one's id counts. */
  async #write(ask: Ask, entry: Entry | undefined): Promise<string> {
    const id = randomBytes(8).toString('hex');
    const unchanged: Condition =
      entry === undefined ? { key: KEY, created: 0 } : { key: KEY, modified: entry.modified };
    const read: Operation = { type: 'get', key: KEY };
    try {
      const { done, entries } = await this.#commit(ask, [unchanged], [{ type: 'put', key: KEY, value: id }], [read]);
      return done ? id : (entries[0]?.value ?? id);
    } catch (error) {
      // A user who may only read leaves the writing to others. Until then the store has no name.
      if (!(error instanceof GrpcFailure) || error.code !== GrpcCode.PermissionDenied) throw error;
      return entry?.value ?? 'unnamed';
    }
  }

  async #commit(
    ask: Ask,
    when: readonly Condition[],
    then: readonly Operation[],
    otherwise: readonly Operation[] = [],
  ): Promise<TxnAnswer> {
    return txnAnswer(await ask('/etcdserverpb.KV/Txn', txnRequest(this.#prefix, when, then, otherwise)), this.#prefix);
  }
}
