import { EventEmitter } from 'eventemitter3';
import { describeError } from './diagnostics.js';
import { NOT_SENT } from './not-sent.js';
import { throwUncaught } from './uncaught.js';

/** Event names, each with the tuple of its listeners' arguments. */
export type EventMap = Record<string, unknown[]>;

type Listeners<E extends EventMap> = { [K in keyof E]: (...args: E[K]) => void };

/**
 * Typed events, on eventemitter3, with two differences:
 * - An `error` event without a listener is logged. eventemitter3 would drop the error; Node's emitter would throw.
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
      console.error(
        `mailstation: an error event without a listener: ${(args as unknown[]).map(describeError).join(' ')}`,
      );
    }
    return isHeard;
  }
}
