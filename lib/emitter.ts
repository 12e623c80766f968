import { EventEmitter } from 'eventemitter3';
import { describeError } from './diagnostics.js';

/** Event name -> the tuple of its listeners' arguments. */
export type EventMap = Record<string, unknown[]>;

type Listeners<E extends EventMap> = { [K in keyof E]: (...args: E[K]) => void };

/**
 * Typed events, on eventemitter3. That one does not throw where nobody listens to an `error`, as Node's does; so
 * that such an error is not lost, it is logged here.
 */
export class Emitter<E extends EventMap> extends EventEmitter<Listeners<E>> {
  override emit<K extends EventEmitter.EventNames<Listeners<E>>>(
    event: K,
    ...args: EventEmitter.EventArgs<Listeners<E>, K>
  ): boolean {
    const heard = super.emit(event, ...args);
    if (!heard && event === 'error')
      console.error(
        `mailstation: an error that nobody listens to: ${(args as unknown[]).map(describeError).join(' ')}`,
      );
    return heard;
  }
}
