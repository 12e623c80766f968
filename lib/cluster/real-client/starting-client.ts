import { describeError } from '../../diagnostics.js';
import { toError } from '../../errors.js';
import { clearTimeout, setTimeout } from '../../timers.js';
import type { ResolvedClusterOptions } from '../options.js';
import type { LeaderChannel } from './leader-channel.js';

/** Wait before another real client is made. Each further wait is twice as long. Unit: ms */
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 30_000;

export interface StartingClientHandler {
  /** Called once, when a real client is ready. */
  onReady(channel: LeaderChannel): void;
  /** Called after each attempt that fails, with the failure of the constructor or of `ready`. */
  onFailed(error: Error): void;
}

/**
 * Makes the real client and waits until it is ready. A real client that fails is closed, and another one is made after a
 * while, until one is ready.
 */
export class StartingClient {
  readonly #make: () => LeaderChannel;
  readonly #options: Pick<ResolvedClusterOptions, 'name' | 'logger'>;
  readonly #handler: StartingClientHandler;
  #channel: LeaderChannel | undefined;
  #wait = FIRST_WAIT_MS;
  #timer: NodeJS.Timeout | undefined;
  #closingFailed: Promise<void> | undefined;
  #isClosed = false;
  #loggedFailure: string | undefined;

  constructor(
    make: () => LeaderChannel,
    options: Pick<ResolvedClusterOptions, 'name' | 'logger'>,
    handler: StartingClientHandler,
  ) {
    this.#make = make;
    this.#options = options;
    this.#handler = handler;
  }

  /** Last `error` event of the present real client. */
  get lastError(): Error | undefined {
    return this.#channel?.real.lastError;
  }

  start(): void {
    void this.#attempt();
  }

  /** Makes no further real client, and closes the present one. Rejects with the failure of closing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#closingFailed;
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.real.close();
  }

  async #attempt(): Promise<void> {
    let channel: LeaderChannel;
    try {
      channel = this.#make();
      this.#channel = channel;
      await channel.real.whenReady();
    } catch (thrown) {
      await undefined; // a constructor throws before the maker of the shared client can have listeners
      if (!this.#isClosed) this.#failed(toError(thrown ?? `the real client of ${this.#options.name} gave no error`));
      return;
    }
    if (this.#isClosed) return;
    const { name, logger } = this.#options;
    if (this.#loggedFailure !== undefined) logger.warn(`mailstation: the real client of ${name} is ready now`);
    this.#handler.onReady(channel);
  }

  #failed(error: Error): void {
    const wait = this.#wait;
    this.#wait = Math.min(wait * 2, MAX_WAIT_MS);
    this.#log(error, wait);
    // A process that has nothing else to do may end.
    this.#timer = setTimeout(() => {
      this.#closingFailed = this.#closeFailed();
    }, wait).unref();
    this.#handler.onFailed(error);
  }

  async #closeFailed(): Promise<void> {
    const failed = this.#channel;
    this.#channel = undefined;
    try {
      await failed?.real.retire();
    } catch {
      // The failure to start is known, and says more.
    }
    if (!this.#isClosed) void this.#attempt();
  }

  /** Logs each failure once, and not at each attempt that meets the same one. */
  #log(error: Error, wait: number): void {
    const failure = `${error.name}: ${error.message}`;
    if (failure === this.#loggedFailure) return;
    this.#loggedFailure = failure;
    const { name, logger } = this.#options;
    const next = `another one is made in ${wait} ms, and after growing pauses where that fails too`;
    logger.warn(
      `mailstation: the real client of ${name} failed to start in process ${process.pid}; ${next}: ${describeError(error)}`,
    );
  }
}
