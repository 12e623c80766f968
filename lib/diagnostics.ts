import { debuglog, inspect } from 'node:util';

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

/** An error as one log entry: its stack, and its causes under it. */
export function describeError(error: unknown): string {
  return inspect(error, { depth: 2 });
}
