import { debuglog, inspect } from 'node:util';
import { throwUncaught } from './uncaught.js';

/**
 * What mailstation says about itself. `NODE_DEBUG=mailstation:mailbox` (or `mailstation:*`) prints a section's
 * state changes to stderr; a section that is off costs one call.
 */
export const debug = {
  connection: debuglog('mailstation:connection'),
  mailbox: debuglog('mailstation:mailbox'),
  station: debuglog('mailstation:station'),
  leader: debuglog('mailstation:leader'),
  service: debuglog('mailstation:service'),
};

/** Where log lines go. `console` is one; so are the loggers of pomelo, Egg, winston and pino. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Warnings and errors to stderr; informational lines nowhere, since a library should be quiet. */
export const quietLogger: Logger = {
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/**
 * A user's logger, which may be an older one that knows fewer levels (pomelo-rpc's own need `info` and `error`): a
 * warning then goes out as an error, and information nowhere. One that throws disturbs nobody: much is logged in the
 * middle of a call's way. Undefined where it is none.
 */
export function asLogger(given: unknown): Logger | undefined {
  const logger = (given ?? {}) as Partial<Logger>;
  if (typeof logger.error !== 'function') return undefined;
  const write = (level: keyof Logger, message: string): void => {
    try {
      logger[level]?.(message);
    } catch (error) {
      throwUncaught(error);
    }
  };
  return {
    info: (message) => write('info', message),
    warn: (message) => write(typeof logger.warn === 'function' ? 'warn' : 'error', message),
    error: (message) => write('error', message),
  };
}

/** An error as one log entry: its stack, and its causes under it. */
export function describeError(error: unknown): string {
  return inspect(error, { depth: 2 });
}

/** What tells two reasons apart: the same one, at each attempt, differs by how many ms that took. */
export function withoutNumbers(message: string): string {
  return message.replace(/\d+/g, '#');
}
