import { abortReason } from '../../lib/transport/dial-within.js';
import { DialPace, type WaitingAttempts } from './dial-pace.js';

/** Attempts to connect that may be under way at once for one process. Each holds a descriptor. */
const MAX_DIALLING = 64;

/**
 * Attempts of the Leader to connect for one process of the share. A process with a wrong roster takes thousands of attempts that
 * all fail; the attempts for other processes do not wait behind them.
 */
export class DialGate implements WaitingAttempts {
  readonly #pace: DialPace;
  #dialling = 0;
  readonly #waiting = new Set<() => void>();

  /** `pace` is that of all processes. */
  constructor(pace = new DialPace()) {
    this.#pace = pace;
  }

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
      this.#pace.ended();
    }
  }

  beginNext(): boolean {
    const [go] = this.#waiting;
    if (go === undefined || !this.#hasRoom) return false;
    go();
    return true;
  }

  get #hasRoom(): boolean {
    return this.#dialling < MAX_DIALLING && this.#pace.mayBegin(this.#dialling);
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
      this.#pace.wait(this);
    });
  }

  #begin(): void {
    this.#dialling += 1;
    this.#pace.begin();
  }
}
