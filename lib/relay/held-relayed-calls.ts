import { HeldCalls } from '../call/held-calls.js';
import { RpcCode } from '../errors.js';
import type { RelayedCall } from './relayed-call.js';

/** Time by which a held call fails before its deadline, so that its caller hears the reason in time. ms */
const EARLY_MS = 25;

/** Bytes of all calls that a pool's mailboxes hold, and their limit. */
export interface HeldBytes {
  now: number;
  readonly limit: number;
}

/** Relayed calls that wait for one mailbox. */
export class HeldRelayedCalls {
  readonly #calls: HeldCalls<RelayedCall>;
  readonly #bytes: HeldBytes;

  /** `limit` is a number of calls. `onDue` settles a call whose time is over. */
  constructor(limit: number, bytes: HeldBytes, onDue: (call: RelayedCall) => void) {
    this.#bytes = bytes;
    this.#calls = new HeldCalls(
      (call) => {
        this.#bytes.now -= call.bodyBytes;
        onDue(call);
      },
      limit,
      EARLY_MS,
    );
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Copies the call's arguments and holds the call, or fails the call where a limit is reached. */
  add(call: RelayedCall): void {
    const { now, limit } = this.#bytes;
    if (now > limit) {
      const why = `${now} bytes of calls are ${call.stage} already; maxQueuedBytes allows ${limit}`;
      call.fail(call.error(RpcCode.QueueFull, why, 'not-sent'));
      return;
    }
    this.#hold(call);
  }

  /** Takes out the call that has waited longest; undefined where no call waits. */
  take(): RelayedCall | undefined {
    const call = this.#calls.take();
    if (call !== undefined) this.#bytes.now -= call.bodyBytes;
    return call;
  }

  /** Takes out all calls, in the order in which they came. */
  takeAll(): RelayedCall[] {
    const calls = this.#calls.takeAll();
    for (const call of calls) this.#bytes.now -= call.bodyBytes;
    return calls;
  }

  /** Drops the calls of Followers that are gone, which makes room for others. */
  dropUnwanted(): void {
    for (const call of this.takeAll()) {
      if (call.isWanted) this.#hold(call);
      else call.expire();
    }
  }

  #hold(call: RelayedCall): void {
    call.keep();
    if (!this.#calls.add(call)) return;
    this.#bytes.now += call.bodyBytes;
    call.heldBy(() => this.#onCancelled(call));
  }

  #onCancelled(call: RelayedCall): void {
    this.#calls.delete(call);
    this.#bytes.now -= call.bodyBytes;
  }
}
