import { outsideContexts } from '../async-context.js';
import { RESPONSE } from '../protocol/packet.js';
import { VALUE_ACKNOWLEDGED, VALUES_FEATURE } from '../protocol/value-message.js';
import { clearInterval, setInterval } from '../timers.js';
import type { Connection } from '../transport/connection.js';
import type { Agreement } from './registration.js';

/** Number of values that one acknowledgement covers at most. */
export const MAX_UNACKNOWLEDGED = 64;
/** Longest time for which a value waits for its acknowledgement. Unit: ms */
export const MAX_DELAY_MS = 50;
/** Part of its own timeout for which a value waits at most. */
const TIMEOUT_SHARE = 4;

/**
 * Acknowledgements of the values that arrive on a line. A Leader with the feature `values` takes an acknowledgement as one of all
 * values before. Toward such a Leader a value that comes alone is acknowledged at once, and values that follow closely
 * are acknowledged together. Toward others each value is acknowledged at once.
 */
export class Acknowledgements {
  readonly #connection: Pick<Connection, 'send'>;
  readonly #isCumulative: boolean;
  /** Runs from an acknowledgement until a time in which no value came. */
  #interval: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #waiting = 0;
  /** Id and timeout of the last value that waits. */
  #id = 0;
  #timeout = 0;

  constructor(connection: Pick<Connection, 'send'>, { features }: Pick<Agreement, 'features'>) {
    this.#connection = connection;
    this.#isCumulative = features.includes(VALUES_FEATURE);
  }

  /** Acknowledges a value, now or soon. `id` and `timeout` are those of the value's packet. Unit of `timeout`: ms */
  add(id: number, timeout: number): void {
    this.#id = id;
    this.#timeout = timeout;
    this.#waiting += 1;
    const delay = Math.min(MAX_DELAY_MS, Math.floor(timeout / TIMEOUT_SHARE));
    const mayWait = this.#isCumulative && this.#interval !== undefined && delay >= this.#intervalMs;
    if (mayWait && this.#waiting < MAX_UNACKNOWLEDGED) return;
    this.send();
    if (this.#isCumulative && this.#interval === undefined && delay > 0) this.#begin(delay);
  }

  /** Acknowledges the values that wait. */
  send(): void {
    if (this.#waiting === 0) return;
    this.#waiting = 0;
    this.#connection.send(RESPONSE, this.#id, this.#timeout, VALUE_ACKNOWLEDGED);
  }

  /** Acknowledges nothing more: the line is closed. */
  stop(): void {
    this.#waiting = 0;
    clearInterval(this.#interval);
    this.#interval = undefined;
  }

  #begin(delay: number): void {
    this.#intervalMs = delay;
    this.#interval = outsideContexts(() => setInterval(() => this.#onInterval(), delay)).unref();
  }

  #onInterval(): void {
    if (this.#waiting === 0) this.stop();
    else this.send();
  }
}
