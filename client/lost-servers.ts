import type { ServerEntry } from '../lib/server-info.js';
import { clearTimeout, setTimeout } from '../lib/timers.js';

/** Longest stay of a lost server: longer than any registry takes to have the record of a living server again. Unit: ms */
const MAX_LOST_MS = 60_000;

/** Servers that have vanished from a list while their connections stand. Each goes with its connection, or after a minute. */
export class LostServers {
  readonly #entries = new Map<string, ServerEntry>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #onGone: () => void;

  /** `onGone` is called after a server has gone. */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  get entries(): ReadonlyMap<string, ServerEntry> {
    return this.#entries;
  }

  add(server: ServerEntry): void {
    this.#entries.set(server.id, server);
    const timer = setTimeout(() => this.#leave(server.id), MAX_LOST_MS).unref();
    this.#timers.set(server.id, timer);
  }

  /** The server is in the list again, or was not lost at all. */
  delete(id: string): void {
    this.#entries.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  onDisconnected(id: string): void {
    if (this.#entries.has(id)) this.#leave(id);
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.delete(id);
  }

  #leave(id: string): void {
    this.delete(id);
    this.#onGone();
  }
}
