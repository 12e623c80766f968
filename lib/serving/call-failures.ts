import { CalledBackError } from '../called-back.js';
import { ConcealedFailure } from '../concealed-failure.js';
import { describeError, describeFailure, type Logger } from '../diagnostics.js';
import { errorParts, isError } from '../error-parts.js';
import { findCause, RpcCode, RpcError } from '../errors.js';
import { unfit } from '../options.js';
import { printable } from '../quoted.js';
import { RateLimitedLog, rateLimited } from '../rate-limited-log.js';
import type { ConnectedPeer } from '../server-info.js';

/** A call that failed at its server. One-way calls are among them, whose callers get no answer. */
export interface FailedCall {
  /** Name of the method, as the caller wrote it: any text, where no such method exists. */
  readonly method: string;
  /** Error of the method, or the `RpcError` with which the server refused the call. */
  readonly error: Error;
  /** Code of a failure of the server itself; undefined where the method failed. */
  readonly code: RpcCode | undefined;
  /** True for a call that has no answer. */
  readonly oneway: boolean;
  /** Caller; undefined behind a custom acceptor that reports none, and for a shared client's own calls in the Leader's process. */
  readonly caller: ConnectedPeer | undefined;
  /**
   * True where `expectedErrors` names the error, the method called back with a value that is no error, or the method failed since its
   * caller waits no more: an inner call, say, was cancelled with it. The server does not log such a failure.
   */
  readonly expected: boolean;
}

/** A failed call as the connection of the caller reports the failure. */
export interface ReportedFailure extends Omit<FailedCall, 'expected'> {
  /** Reason for which no caller waits for the call any more; undefined while one does. */
  readonly abortReason?: RpcError | undefined;
}

/** Errors with which methods fail in the normal course: codes, or a function that returns true for such an error. */
export type ExpectedErrors = readonly string[] | ((error: Error, method: string) => boolean);

/** Checks the option `expectedErrors`. Throws {@link RpcCode.InvalidArgument}. */
export function resolveExpectedErrors(given: unknown): ExpectedErrors {
  if (given === undefined) return [];
  if (typeof given === 'function') return given as (error: Error, method: string) => boolean;
  if (Array.isArray(given) && given.every((code) => typeof code === 'string')) return [...given];
  throw unfit('expectedErrors', 'a list of codes, or a function of an error', given);
}

export interface CallFailuresOptions {
  readonly logger: Logger;
  readonly expectedErrors: ExpectedErrors | undefined;
  /** Put before the names of methods in the log. @default '' */
  readonly prefix?: string;
  /** Called with each failed call. */
  onFailed(failure: FailedCall): unknown;
}

/** Causes that are looked at: an error may be its own cause. */
const MAX_CAUSES = 8;

/** Codes of failures that are faults of the program that serves, unless `expectedErrors` names the error. */
const OF_THE_SERVICE: readonly RpcCode[] = [RpcCode.NeedsCallback, RpcCode.Filter];

/** Reports the failed calls of one server: to its listeners, and to its log, where unexpected errors of methods have their stack. */
export class CallFailures {
  /** Receiver of lines about calls, which callers can cause at any rate. */
  readonly logger: Logger;
  readonly #options: CallFailuresOptions;
  readonly #expectedErrors: ExpectedErrors;
  readonly #log: RateLimitedLog;

  /** Throws {@link RpcCode.InvalidArgument} where `expectedErrors` is no such option. */
  constructor(options: CallFailuresOptions) {
    this.logger = rateLimited(options.logger);
    this.#options = options;
    this.#expectedErrors = resolveExpectedErrors(options.expectedErrors);
    this.#log = new RateLimitedLog(options.logger);
  }

  /** Never throws. Refused calls and results that cannot be sent are logged where the server refuses the call. */
  report({ abortReason, ...reported }: ReportedFailure): void {
    const { code, method } = reported;
    const failure = { ...reported, error: ConcealedFailure.inside(reported.error) };
    const expected = isCausedBy(failure.error, abortReason) || this.#isExpected(failure);
    // The method exists, so that callers cannot make up subjects of the log.
    if (!expected && (code === undefined || OF_THE_SERVICE.includes(code)))
      this.#log.error(() => this.#describe(failure), method);
    else if (!expected && code === RpcCode.Validation)
      this.#log.warn(() => `${this.#head(failure)}, refused: ${whereUnfit(failure.error)}`, code);
    else if (!expected && code === RpcCode.NeedsStream && failure.oneway)
      this.#log.warn(() => `${this.#head(failure)}, dropped: ${failure.error.message}`, code);
    this.#options.onFailed({ ...failure, expected });
  }

  /** Writes the lines that are still held back. */
  close(): void {
    this.#log.close();
  }

  #isExpected({ error, method }: Omit<FailedCall, 'expected'>): boolean {
    // An answer in pomelo-rpc's form, `callback(users)`: the value would be in the log.
    if (error instanceof CalledBackError) return true;
    const expectedErrors = this.#expectedErrors;
    if (typeof expectedErrors !== 'function')
      return expectedErrors.some((code) => findCause(error, code) !== undefined);
    try {
      return expectedErrors(error, method) === true;
    } catch (thrown) {
      this.#log.error(() => `mailstation: expectedErrors failed for an error of ${method}: ${describeError(thrown)}`);
      return false;
    }
  }

  #describe(failure: Omit<FailedCall, 'expected'>): string {
    const { code, error } = failure;
    return `${this.#head(failure)}, failed: ${code === undefined ? describeError(error) : describeFailure(error)}`;
  }

  #head({ method, oneway, caller }: Omit<FailedCall, 'expected'>): string {
    const { prefix = '' } = this.#options;
    const who = caller === undefined ? '' : `, called by ${caller.peer}`;
    return `mailstation: ${prefix}${printable(method)}${who}${oneway ? ' one-way' : ''}`;
  }
}

/**
 * True where the error comes of the reason for which the caller waits no more: the method gave the work up that it did for the call, as
 * an inner call does whose signal aborts. Nothing has failed then. The very reason is looked for, and no code that others may use.
 */
function isCausedBy(error: Error, reason: RpcError | undefined): boolean {
  if (reason === undefined) return false;
  let each: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && isError(each); depth++) {
    if (each === reason) return true;
    each = errorParts(each).cause;
  }
  return false;
}

/** Positions of arguments that do not fit. Keys and texts of the issues may repeat arguments, which are never logged. */
function whereUnfit(error: Error): string {
  const issues = error instanceof RpcError ? (error.issues ?? []) : [];
  const positions = [...new Set(issues.flatMap(({ path: [at] }) => (typeof at === 'number' ? [at] : [])))];
  const which = positions.length === 0 ? 'the list of arguments' : `argument ${positions.join(', ')} (counted from 0)`;
  return `${which} does not fit the schemas of the method`;
}
