import { EventEmitter } from 'eventemitter3';
import { describeError } from './diagnostics.js';
import { throwUncaught } from './uncaught.js';

/** Event name -> the tuple of its listeners' arguments. */
export type EventMap = Record<string, unknown[]>;

type Listeners<E extends EventMap> = { [K in keyof E]: (...args: E[K]) => void };

/**
 * Typed events, on eventemitter3. Two things differ from it:
 * - an `error` that nobody listens to is logged; eventemitter3 would lose it, where Node's emitter throws;
 * - a listener that throws is an uncaught exception, and does not unwind what was just being done: much is told in the
 *   middle of handling received bytes, and the connection is not to blame for it.
 */
export class Emitter<E extends EventMap> extends EventEmitter<Listeners<E>> {
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
        `mailstation: an error that nobody listens to: ${(args as unknown[]).map(describeError).join(' ')}`,
      );
    }
    return isHeard;
  }
}
