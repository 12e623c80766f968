import { clearTimeout, setTimeout } from '../../lib/timers.js';
import { abortReason } from '../../lib/transport/dial-within.js';

/** Attempts to connect that may be under way at once for one process. Each holds a descriptor. */
const MAX_DIALLING = 64;
/** Attempts to connect that may begin within {@link PAUSE_MS} for one process. */
const MAX_PER_PAUSE = 32;
/** Unit: ms */
const PAUSE_MS = 100;

/**
 * Limits how often, and how many at once, the Leader dials for one process of the share. A process with a wrong roster takes
 * thousands of attempts that all fail; the attempts for other processes do not wait behind them.
 */
export class DialGate {
  #dialling = 0;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  /** Attempts that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Runs an attempt when there is room. Rejects with the reason of the signal when that aborts before. */
  async run<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#hasRoom && this.#waiting.size === 0) this.#begin();
    else await this.#turn(signal);
    try {
      return await attempt();
    } finally {
      this.#dialling -= 1;
      this.#next();
    }
  }

  get #hasRoom(): boolean {
    return this.#dialling < MAX_DIALLING && this.#begun < MAX_PER_PAUSE;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        this.#waiting.delete(go);
        signal.removeEventListener('abort', onAbort);
        this.#begin();
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(go);
        reject(abortReason(signal));
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(go);
    });
  }

  #onPause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begun = 0;
    this.#next();
  }

  #begin(): void {
    this.#dialling += 1;
    this.#begun += 1;
    this.#timer ??= setTimeout(() => this.#onPause(), PAUSE_MS).unref();
  }

  /** Lets waiting attempts begin, as many as there is room for. */
  #next(): void {
    for (const go of this.#waiting) {
      if (!this.#hasRoom) return;
      go();
    }
  }
}
