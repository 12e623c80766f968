import type { Shared } from '../cluster/builder.js';
import { cluster } from '../cluster/cluster.js';
import { engineClosed, unavailable } from '../registry/engine-errors.js';
import { News } from '../registry/news.js';
import { clearTimeout, setTimeout } from '../timers.js';
import type { StoreHost } from './store-host.js';

export type HostClient = Shared<typeof StoreHost>;

/** The shared client of an engine: whether a process leads, and the wait for one. */
export class LedClient {
  readonly client: HostClient;
  readonly #news = new News();
  #isClosed = false;
  /** Why no process leads, in the words of the shared client; undefined while one does. */
  #obstacle: string | undefined = 'no process of this machine has the connection yet';

  /** `onLed` is called whenever a process leads, and `onLost` when that process is gone. */
  constructor(client: HostClient, onLed: () => void, onLost: () => void) {
    this.client = client;
    client.on('ready', () => {
      this.#obstacle = undefined;
      onLed();
      this.#news.tell();
    });
    client.on('close', () => {
      this.#obstacle = 'the process of this machine that had the connection is gone';
      onLost();
      this.#news.tell();
    });
    // `ready` failed: no process has led for a while. The shared client goes on trying.
    client.on('error', (error: Error) => {
      if (this.#obstacle !== undefined) this.#obstacle = error.message;
    });
  }

  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when a process leads. Rejects after `timeout` ms, and when the client is closed: nothing was sent. */
  async led(timeout: number): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#news.tell();
    }, timeout);
    try {
      while (this.#obstacle !== undefined && !isLate && !this.#isClosed) await this.#news.next();
    } finally {
      clearTimeout(timer);
    }
    if (this.#isClosed) throw engineClosed();
    if (this.#obstacle !== undefined) throw unavailable(this.#obstacle, 'not-sent');
  }

  /** Leads and follows no more. Resolves when nothing is left open. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#news.tell();
    return cluster.close(this.client);
  }
}
