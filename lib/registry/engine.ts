/**
 * Store as a registry needs it: keys and values with revisions, leases, commits that compare, and watches
 * without gaps. etcd is such a store (`etcd/`), and so is the memory of one process (`memory/`). One suite of tests holds
 * both to the contract below (`test/lib/registry/contract.ts`).
 *
 * **Keys** are relative to the namespace of the engine: `nodes/chat/chat-1`. Keys and values are text. Keys are in the order
 * of their UTF-8 bytes. The key `store` belongs to the engine.
 *
 * **Revisions.** Each commit that changes something gets the next revision of the store, whatever the number of its changes.
 * A commit that changes nothing has the revision that the store is at. `entry.created` is the revision that made the key: a
 * key that was deleted and put again has another one. `entry.modified` is the revision of the last put.
 *
 * **Store.** The store has a random id, which a new or emptied store does not share with the one before. Revisions can be
 * compared only where the ids of their stores are equal. An engine that finds the store behind revisions that the engine has
 * seen (a backup was restored) gives the store a new id.
 *
 * **Answers.** `list` reads what all commits before the call have done, as a majority of the store knows it. An engine may
 * repeat a `list` at another host, since reading changes nothing. A commit is sent once. An answer that is lost is never repeated
 * below the caller: the error has `delivery: 'unknown'`, and the caller has to read what became of the commit. An error with
 * `delivery: 'not-sent'` means that nothing was changed, and so does `'answered'`. Each call settles within {@link CALL_DEADLINE_MS},
 * by which a caller that wants to wait longer repeats it.
 *
 * **Errors** are of the class RpcError. {@link RpcCode.Registry}: the store cannot be reached, or has no majority. {@link RpcCode.LeaseLost}:
 * the lease of a put is gone. {@link RpcCode.RegistryRefused}: the store refused, such as for its quota. {@link RpcCode.Unauthenticated}: wrong
 * user or password. {@link RpcCode.Forbidden}: the user has no right to do this. {@link RpcCode.Certificate}: a certificate was refused.
 * {@link RpcCode.Closed}: the engine was closed. {@link mayPass} tells the errors after which a caller repeats from the others.
 */
export interface Engine {
  /** Connection of the engine to the store, and its age. */
  readonly state: EngineState;
  /** Resolves when {@link Engine.state} has become another one. Never rejects. */
  changed(): Promise<void>;
  /** Takes a lease, and renews it until the lease is lost or ended. `ttl`: the time that is asked for. Unit: ms */
  lease(ttl: number): Promise<Lease>;
  /** Reads all entries whose keys begin with `prefix`, in the order of their keys, at one revision. */
  list(prefix: string): Promise<Snapshot>;
  /**
   * Compares, and does one of two lists of operations, in one step that nothing interrupts: `then` where all conditions of `when` hold,
   * `otherwise` where one does not. A list has at most {@link MAX_OPERATIONS} operations, and puts each key once.
   */
  commit(when: readonly Condition[], then: readonly Operation[], otherwise?: readonly Operation[]): Promise<Commit>;
  /**
   * Calls `on` for each revision after that of `after` with a change below `prefix`, in order: all changes of a revision at once,
   * none left out. A watch ends once, and never goes on by itself: where changes might be missing, the watch ends, and the caller
   * lists again. `after` comes from `list` or `commit` of this engine. The watch ends at once where the engine has meanwhile lost the
   * connection that `after` came by: another host may have another store.
   *
   * A watch ends, too, when the store loses its majority. An error that `on` throws is an uncaught exception, and the watch goes on.
   */
  watch(prefix: string, after: Snapshot, on: (change: Change) => void): Watching;
  /**
   * Ends all watches and the connections. Leases are lost, and the store removes them when their time is over: a caller that wants
   * to leave at once calls {@link Lease.end} before. Calls in flight reject with {@link RpcCode.Closed}. Resolves when nothing is left open.
   */
  close(): Promise<void>;
}

/**
 * Engine with a connection of its own, which other processes of the machine may use too (`lib/machine/`). Their leases are renewed by the
 * processes that hold them, through this engine.
 */
export interface OwnEngine extends Engine, LeaseCalls {}

/** The calls to a store that leases are made of. Each rejects as the calls of an {@link Engine} do. */
export interface LeaseCalls {
  /** Takes a lease, and leaves the renewals to the caller. `ttl`: the time that is asked for. Unit: ms */
  grant(ttl: number): Promise<Granted>;
  /** Sends one renewal. Resolves to whether the store still has the lease, and rejects where no answer came within `timeout` ms. */
  renew(id: string, timeout: number): Promise<boolean>;
  /** Gives the lease back. */
  revoke(id: string): Promise<void>;
}

/** A lease, as the store has granted it. */
export interface Granted {
  readonly id: string;
  /** Unit: ms */
  readonly ttl: number;
  /** When the request was sent, by the monotonic clock of this process. Unit: ms */
  readonly sentAt: number;
}

/** Longest time until a call of an engine settles. Unit: ms */
export const CALL_DEADLINE_MS = 3_000;

/** Most operations in one list of a commit, and most conditions. Source: etcd's `--max-txn-ops`. */
export const MAX_OPERATIONS = 128;

/** Part of the granted time after which a holder no longer relies on an unrenewed lease. */
export const TRUSTED_PART = 0.8;

/** Connection of an engine to its store. */
export interface EngineState {
  readonly connected: boolean;
  /** Host of the connection, or of the last one: `https://etcd-1:2379`; undefined before the first. */
  readonly endpoint: string | undefined;
  /** When `connected` became what it is. Unit: ms of `performance.now()` of lib/timers.ts */
  readonly since: number;
  /** Id of the store; undefined before the first connection. */
  readonly store: string | undefined;
  /** Why there is no connection, in words; undefined while there is one. */
  readonly obstacle: string | undefined;
}

/** A key with its value. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Revision that made the key. */
  readonly created: number;
  /** Revision of the last put. */
  readonly modified: number;
  /** Id of the lease that the key goes with; undefined for a key that stays. */
  readonly lease: string | undefined;
}

/** Entries of the store at one revision. */
export interface Snapshot {
  /** Id of the store that answered. */
  readonly store: string;
  /** Id of the connection that the answer came by. */
  readonly connection: string;
  readonly revision: number;
  readonly entries: readonly Entry[];
}

/** Answer of a commit. `entries`: what its `get` and `list` operations read, in the order of the operations. */
export interface Commit extends Snapshot {
  /** True where all conditions held, and `then` was done. */
  readonly done: boolean;
}

/** Comparison that a commit makes with a key. 0 means that there is no such key. */
export type Condition =
  | { readonly key: string; readonly created: number }
  | { readonly key: string; readonly modified: number };

/**
 * One operation of a commit. A `put` without a lease detaches the key from the lease that the key had: each put of a
 * registration names its lease.
 */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly lease?: LeaseOfKey | undefined }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'list'; readonly prefix: string };

/** Lease that a key is put under: its id, and whether its holder may rely on it. */
export type LeaseOfKey = Pick<Lease, 'id' | 'alive'>;

/** All changes of one revision below the prefix of a watch. */
export interface Change {
  readonly revision: number;
  readonly events: readonly ChangeEvent[];
}

export type ChangeEvent =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'delete'; readonly key: string };

/** A running watch. */
export interface Watching {
  /** Resolves once, when the watch is over. No change is given afterwards. Never rejects. */
  readonly ended: Promise<WatchEnd>;
  /** Ends the watch. From then on `on` is not called. */
  close(): void;
}

/**
 * - `closed`: {@link Watching.close} or {@link Engine.close} was called.
 * - `disconnected`: the connection ended, or was found dead, or the store lost its majority.
 * - `compacted`: the store no longer has all changes since the revision.
 * - `store-changed`: the store does not have the revision; it was emptied or restored.
 * - `refused`: the store refused the watch; `error` says why.
 */
export interface WatchEnd {
  readonly reason: 'closed' | 'disconnected' | 'compacted' | 'store-changed' | 'refused';
  /** Fault behind the end; undefined for `closed`. */
  readonly error: Error | undefined;
}

/**
 * Right to keys for a time, renewed while the process runs. The store removes the keys of a lease that was not renewed in time,
 * never earlier than the granted time after the last renewal that it received.
 */
export interface Lease {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Time that the store granted, which can be longer than the time that was asked for. Unit: ms */
  readonly ttl: number;
  /**
   * Whether the holder may rely on the lease. A comparison of clocks at the moment of the call: false from
   * {@link TRUSTED_PART} of `ttl` after the last acknowledged renewal was sent, and after the machine was suspended. Never true
   * again after false.
   */
  alive(): boolean;
  /** Resolves once, when `alive()` has become false. Never rejects. After a stall of the process, `alive()` is earlier. */
  readonly lost: Promise<LeaseLoss>;
  /**
   * Gives the lease back: `alive()` is false from the call on, and the store removes the keys. Resolves when the store has answered, and
   * also when the store cannot be reached: the keys then go when their time is over. Never rejects.
   */
  end(): Promise<void>;
}

/**
 * - `ended`: {@link Lease.end} was called.
 * - `closed`: the engine was closed.
 * - `expired`: no renewal was acknowledged in time.
 * - `gone`: the store has no such lease any more: it expired there, or was revoked, or the store was emptied.
 * - `suspended`: the machine was suspended, so that the clocks say nothing about the time that passed.
 */
export type LeaseLoss = 'ended' | 'closed' | 'expired' | 'gone' | 'suspended';
