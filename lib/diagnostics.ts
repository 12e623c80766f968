import { isError } from './error-parts.js';
import { RpcCode, RpcError } from './errors.js';
import { debuglog, inspect } from './inspect.js';
import { escapeControls } from './quoted.js';
import { throwUncaught } from './uncaught.js';

/**
 * Debug output of mailstation. `NODE_DEBUG=mailstation:mailbox` (or `mailstation:*`) prints the state changes of a
 * section to stderr; a section that is off costs one call.
 */
export const debug = {
  connection: debuglog('mailstation:connection'),
  mailbox: debuglog('mailstation:mailbox'),
  station: debuglog('mailstation:station'),
  leader: debuglog('mailstation:leader'),
  service: debuglog('mailstation:service'),
};

/** Receiver of log lines: `console`, or a logger of pomelo, Egg, winston or pino. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Logs warnings and errors to stderr, and drops informational lines, since a library should be quiet. */
export const quietLogger: Logger = {
  info: () => {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};

/**
 * Makes a {@link Logger} of an older logger that has fewer levels (pomelo-rpc needs `info` and `error`): a warning goes
 * out as an error then, and information nowhere. An error that a logger throws becomes an uncaught exception and does
 * not disturb the call during which the line was logged. Undefined for a value without `error`.
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

/** Length of the text of an error in a log. Characters */
const MAX_DESCRIPTION = 16_384;

/**
 * An error as one log entry: its stack, and its causes under it. The entry has an end, and no characters that a terminal would
 * obey, since a message may have text of a peer. Never throws, whatever the getters of the error do.
 */
export function describeError(error: unknown): string {
  let text: string;
  try {
    text = inspect(error, { depth: 2 });
  } catch {
    text = 'an error that cannot be printed';
  }
  const cut = text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION)}...`;
  return escapeControls(cut);
}

/** Failures in which the error of a user's function may be the cause. */
const OF_USERS: readonly RpcCode[] = [RpcCode.Filter, RpcCode.Route, RpcCode.Encode, RpcCode.Remote];

/**
 * A failed call as one log entry. An error of this package has no stack there, whose frames are all of this package. The error of a
 * user's function under it has one. Any other error is described as {@link describeError} does.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof RpcError)) return describeError(error);
  const { name, message, code, cause } = error;
  const shown = escapeControls(`${name}: ${message} (${code})`);
  return OF_USERS.includes(code) && isError(cause) ? `${shown}; the cause is ${describeFailure(cause)}` : shown;
}
