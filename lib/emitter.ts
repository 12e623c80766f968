import { EventEmitter } from 'eventemitter3';

/** Event name -> its listener's arguments. */
export type EventMap = Record<string, unknown[]>;

/**
 * Typed events on eventemitter3. Unlike Node's emitter, eventemitter3 does not throw an `error` that nobody
 * listens to; it would be lost, so {@link Emitter.report} logs it instead.
 */
export class Emitter<E extends EventMap> extends EventEmitter<{ [K in keyof E]: (...args: E[K]) => void }> {}
