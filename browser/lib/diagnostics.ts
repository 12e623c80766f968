import { RpcError } from '../../lib/errors.js';
import { throwUncaught } from '../../lib/uncaught.js';
import { debuglog, inspect } from './inspect.js';

const off = debuglog('');
/** A page has no `NODE_DEBUG`. */
export const debug = { connection: off, mailbox: off, station: off };

/** Receiver of log lines: `console`, or a logger of the page. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Logs warnings and errors to the console, and drops informational lines. */
export const quietLogger: Logger = {
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/** The logger; undefined for a value without `error`. An error that the logger throws does not disturb the call. */
export function asLogger(given: unknown): Logger | undefined {
  const logger = Object(given) as Partial<Logger>;
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
    warn: (message) => write('warn', message),
    error: (message) => write('error', message),
  };
}

/** An error as one log entry: its stack, and its causes under it. */
export function describeError(error: unknown): string {
  return inspect(error);
}

/** A failed call as one log entry: an error of this package needs no stack there. */
export function describeFailure(error: unknown): string {
  return error instanceof RpcError ? `${error.name}: ${error.message} (${error.code})` : describeError(error);
}
