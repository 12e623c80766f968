import { getOrMake } from '../lib/maps.js';
import type { OutgoingCall } from '../lib/transport/outgoing-call.js';

/** Calls that wait for a connection, by server, in the order of sending. */
export class Backlog {
  readonly #limit: number;
  readonly #byServer = new Map<string, Set<OutgoingCall>>();

  /** `limit`: calls a server. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Calls that wait for this server. */
  size(serverId: string): number {
    return this.#byServer.get(serverId)?.size ?? 0;
  }

  /** False, and nothing is added, when the limit is reached. */
  add(call: OutgoingCall, serverId: string): boolean {
    const waiting = getOrMake(this.#byServer, serverId, () => new Set());
    if (waiting.size >= this.#limit) return false;
    waiting.add(call);
    return true;
  }

  delete(call: OutgoingCall, serverId: string): void {
    this.#byServer.get(serverId)?.delete(call);
  }

  /** Takes one after the other, the longest waiting first; also those that are added meanwhile. May be left off. */
  *drain(serverId: string): Generator<OutgoingCall, void, void> {
    const waiting = this.#byServer.get(serverId);
    if (waiting === undefined) return;
    for (const call of waiting) {
      waiting.delete(call);
      yield call;
    }
    if (this.#byServer.get(serverId) === waiting) this.#byServer.delete(serverId);
  }

  /** Empties a server's queue; what was in it, in the order in which it came. */
  take(serverId: string): OutgoingCall[] {
    const waiting = this.#byServer.get(serverId);
    if (waiting === undefined) return [];
    this.#byServer.delete(serverId);
    return [...waiting];
  }

  clear(): void {
    this.#byServer.clear();
  }
}
