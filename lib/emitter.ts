import { EventEmitter } from 'eventemitter3';
import { describeError, quietLogger } from './diagnostics.js';
import { NOT_SENT } from './not-sent.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { throwUncaught } from './uncaught.js';

/** Event names, each with the tuple of its listeners' arguments. */
export type EventMap = Record<string, unknown[]>;

/** Characters of a code that tell errors apart. */
const MAX_CODE = 64;

/** Peers can cause errors at any rate, such as answers that are late. */
const unheard = new RateLimitedLog(quietLogger);

type Listeners<E extends EventMap> = { [K in keyof E]: (...args: E[K]) => void };

/**
 * Typed events, on eventemitter3, with two differences:
 * - An `error` event without a listener is logged, at most one a second of each code and class. eventemitter3 would drop
 *   the error; Node's emitter would throw.
 * - An error that a listener throws becomes an uncaught exception, and does not unwind the emitter's caller. Many events
 *   are emitted while received bytes are handled, and a listener's error must not end the connection.
 */
export class Emitter<E extends EventMap> extends EventEmitter<Listeners<E>> {
  static {
    Object.defineProperty(Emitter.prototype, NOT_SENT, { value: 'an emitter of mailstation, such as a server' });
  }

  override emit<K extends EventEmitter.EventNames<Listeners<E>>>(
    event: K,
    ...args: EventEmitter.EventArgs<Listeners<E>, K>
  ): boolean {
    let isHeard = true;
    try {
      isHeard = super.emit(event, ...args);
    } catch (error) {
      throwUncaught(error);
    }
    if (!isHeard && event === 'error') {
      const given: readonly unknown[] = args;
      unheard.error(
        () => `mailstation: an error event without a listener: ${given.map(describeError).join(' ')}`,
        `${this.constructor.name} ${codeOf(given[0])}`,
      );
    }
    return isHeard;
  }
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name).slice(0, MAX_CODE);
}
