import type { EventEmitter } from 'node:events';

/** Class of Node that services extend, whose methods are no remote methods. */
export type PlatformEmitter = EventEmitter;
