import { getOrMake } from '../lib/maps.js';
import type { ServerInfo } from '../lib/server-info.js';
import type { MailBoxState } from '../mailbox/index.js';

/** What is watched of a station. */
export interface Watched {
  servers(serverType: string): readonly ServerInfo[];
  mailboxState(id: string): MailBoxState | undefined;
  on(event: 'mailbox', listener: (id: string, to: MailBoxState) => void): unknown;
  on(event: 'addServer' | 'replaceServer', listener: (id: string) => void): unknown;
}

/** Calls for which no server is in reach wait here, and are told when one of their type may be. */
export class Reachability {
  readonly #station: Watched;
  /** By server type, in the order in which they came. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(station: Watched) {
    this.#station = station;
    station.on('mailbox', (id, to) => {
      if (to === 'ready') this.#changed(id);
    });
    station.on('addServer', (id) => this.#changed(id));
    station.on('replaceServer', (id) => this.#changed(id));
  }

  /** Whether one of these servers has a connection. */
  isAnyConnected(serverIds: ReadonlySet<string>): boolean {
    return [...serverIds].some((id) => this.#station.mailboxState(id) === 'ready');
  }

  /** Calls back once, when a server of the type has come, or its connection was made. What it returns takes that back. */
  whenChanged(serverType: string, wake: () => void): () => void {
    const waiting = getOrMake(this.#waiting, serverType, () => new Set<() => void>());
    waiting.add(wake);
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(serverType) === waiting) this.#waiting.delete(serverType);
    };
  }

  #changed(id: string): void {
    for (const [serverType, waiting] of [...this.#waiting]) {
      if (!this.#station.servers(serverType).some((server) => server.id === id)) continue;
      this.#waiting.delete(serverType); // those that have to wait on begin anew
      for (const wake of waiting) wake();
    }
  }
}
