import type { OwnEngine } from '../registry/engine.js';

/**
 * Connection of a process to the store, for its leases alone, while the process that has the connection of the machine does not answer: one
 * process in a debugger must not take the leases of all others away.
 */
export class OwnWay {
  readonly #open: () => OwnEngine;
  #engine: OwnEngine | undefined;

  constructor(open: () => OwnEngine) {
    this.#open = open;
  }

  /** Renews a lease; see {@link OwnEngine}. Connects first, where there is no connection. */
  renew(id: string, timeout: number): Promise<boolean> {
    this.#engine ??= this.#open();
    return this.#engine.renew(id, timeout);
  }

  /** Ends the connection. The next renewal makes another one. */
  close(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    void engine?.close();
  }
}
