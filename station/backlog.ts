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

  /** Takes the one that has waited longest. */
  shift(serverId: string): OutgoingCall | undefined {
    const waiting = this.#byServer.get(serverId);
    const [first] = waiting ?? [];
    if (waiting === undefined || first === undefined) return undefined;
    waiting.delete(first);
    if (waiting.size === 0) this.#byServer.delete(serverId);
    return first;
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
