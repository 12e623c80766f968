import { HeldCalls } from '../lib/call/held-calls.js';
import type { OutgoingCall } from '../lib/call/outgoing-call.js';
import { getOrMake } from '../lib/maps.js';

/** Calls that wait for a connection, by server, in the order of sending, each under its own deadline. */
export class Backlog {
  readonly #limit: number;
  readonly #byServer = new Map<string, Set<OutgoingCall>>();
  readonly #held: HeldCalls;

  /** `limit`: calls per server. `onDue` settles a call whose deadline has passed; the call no longer waits then. */
  constructor(limit: number, onDue: (call: OutgoingCall) => void = (call) => call.expire()) {
    this.#limit = limit;
    this.#held = new HeldCalls((call) => {
      this.#byServer.get(call.serverId ?? '')?.delete(call);
      onDue(call);
    });
  }

  /** Calls that wait, over all servers. */
  get total(): number {
    return this.#held.size;
  }

  /** Number of calls that wait for this server. */
  size(serverId: string): number {
    return this.#byServer.get(serverId)?.size ?? 0;
  }

  /** False, and nothing is added, when the limit is reached. */
  add(call: OutgoingCall, serverId: string): boolean {
    const waiting = getOrMake(this.#byServer, serverId, () => new Set());
    if (waiting.size >= this.#limit) return false;
    waiting.add(call);
    this.#held.add(call);
    if (call.isCancellable) {
      call.heldBy(() => {
        waiting.delete(call);
        this.#held.delete(call);
      });
    }
    return true;
  }

  /** Takes one call after the other, the longest waiting first, those that are added meanwhile included. May be stopped early. */
  *drain(serverId: string): Generator<OutgoingCall, void, void> {
    const waiting = this.#byServer.get(serverId);
    if (waiting === undefined) return;
    try {
      for (const call of waiting) {
        waiting.delete(call);
        this.#held.delete(call);
        yield call;
      }
    } finally {
      if (waiting.size === 0 && this.#byServer.get(serverId) === waiting) this.#byServer.delete(serverId);
    }
  }

  /** Takes all calls of a server's queue, in the order in which they came. */
  take(serverId: string): OutgoingCall[] {
    return [...this.drain(serverId)];
  }

  /** Takes those calls of a server's queue for which `isWanted` is true, in the order in which they came. */
  takeWhere(serverId: string, isWanted: (call: OutgoingCall) => boolean): OutgoingCall[] {
    const waiting = this.#byServer.get(serverId);
    if (waiting === undefined) return [];
    const taken = [...waiting].filter(isWanted);
    for (const call of taken) {
      waiting.delete(call);
      this.#held.delete(call);
    }
    if (waiting.size === 0) this.#byServer.delete(serverId);
    return taken;
  }

  /** Takes all calls of all queues, in the order in which they came. */
  takeAll(): OutgoingCall[] {
    this.#byServer.clear();
    return this.#held.takeAll();
  }

  whenEmpty(): Promise<void> {
    return this.#held.whenEmpty();
  }
}
