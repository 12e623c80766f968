import type { CallOptions } from '../lib/call/call-contract.js';
import { toError } from '../lib/errors.js';
import type { RpcMessage } from '../lib/rpc-message.js';

/**
 * Callback with which a filter that declares four parameters goes on:
 * - `next()` runs the next filter; `msg` and `opts` replace what the filter was given.
 * - `next(error)` aborts the call: any truthy value but a string or a number counts as an error.
 * - `next(serverId)` sends the call to that server instead. An after filter cannot change the server.
 */
export type FilterNext = (target?: string | number | Error | null, msg?: RpcMessage, opts?: CallOptions) => void;

/**
 * Function that sees a call on its way. A filter with fewer than four parameters goes on when the filter returns, or
 * when the promise that the filter returns resolves. A filter with four parameters, or with a rest parameter or a default
 * value, must call `next`: otherwise the call ends at its deadline. Each filter aborts the call by throwing or rejecting;
 * the call then rejects with {@link RpcCode.Filter}. Source: pomelo-rpc.
 */
export type FilterFunction = (serverId: string, msg: RpcMessage, opts: CallOptions, next: FilterNext) => unknown;

/** Object that filters before a call is sent, after the call was answered, or both. `name` appears in errors. */
export interface FilterObject {
  /** Name of the filter in errors. */
  readonly name?: string | undefined;
  /** Runs before a call is sent. The message may be changed. */
  before?: FilterFunction | undefined;
  /** Runs after the server has answered, with results or with an error. The filter sees neither. */
  after?: FilterFunction | undefined;
}
/**
 * A filter of calls: a function, or an object with `before`, `after` or both. See {@link FilterFunction}.
 * @example
 * ```ts
 * import { createClient, type Filter } from 'mailstation';
 *
 * const onlyKnownUsers: Filter = {
 *   name: 'only known users',
 *   before(serverId, msg) {
 *     const [user] = msg.args as [{ id?: string }];
 *     if (user.id === undefined) throw new Error(`${msg.method} on ${serverId} needs a user with an id`);
 *   },
 * };
 *
 * const client = createClient();
 * client.before(onlyKnownUsers);
 * client.after((serverId, msg) => console.log(`${serverId} answered ${msg.method}`));
 * ```
 */
export type Filter = FilterFunction | FilterObject;
/** Whether a filter runs before a call is sent, or after the answer. */
export type FilterPhase = 'before' | 'after';

/** Parts of a call that filters may change. */
export interface Filtered {
  serverId: string;
  msg: RpcMessage;
  opts: CallOptions;
  /** Filter that runs now, or ran last. */
  current?: PreparedFilter | undefined;
}

/** Number of parameters of a filter that declares `next`. */
const DECLARES_NEXT = 4;

/** A filter as it is run in one of the two phases. */
export interface PreparedFilter {
  /** Name of the filter in errors. */
  readonly name: string;
  readonly run: FilterFunction;
  readonly self: Filter;
  /** True for a filter that goes on by calling `next`, and not by returning. */
  readonly answersByNext: boolean;
  /** Says what the filter has not done yet, for the error of a call that is late. */
  readonly stillPending: string;
}

/** Prepares a filter for a phase; undefined for an object that does not filter in that phase. */
export function prepareFilter(filter: Filter, phase: FilterPhase): PreparedFilter | undefined {
  const run = typeof filter === 'function' ? filter : filter[phase];
  if (typeof run !== 'function') return undefined;
  const name = filter.name
    ? `${phase} filter "${filter.name}"`
    : phase === 'after'
      ? 'an after filter'
      : 'a before filter';
  const answersByNext = declaresNext(run);
  const stillPending = `${name} has not ${answersByNext ? 'called next' : 'settled its promise'}`;
  return { name, run, self: filter, answersByNext, stillPending };
}

/**
 * True for four parameters or more; also for `(...args)` and `(serverId, msg, opts = {}, next)`, which JavaScript
 * counts as fewer. A filter that refuses later must not be skipped because of how the function is written.
 */
function declaresNext(run: FilterFunction): boolean {
  if (run.length >= DECLARES_NEXT) return true;
  const source = Function.prototype.toString.call(run);
  const parameters = source.slice(0, source.search(/=>|\)\s*\{/));
  return /\.\.\.|[^=!<>]=[^=>]/.test(parameters);
}

/**
 * Runs the filters one after the other, and calls `done` once: at once when all of them were synchronous, so that
 * the order of calling is the order of sending. With an error, none of the filters after the failed one has run.
 */
export function runFilters(filters: readonly PreparedFilter[], call: Filtered, done: (error?: Error) => void): void {
  runFrom(0, filters, call, done);
}

function runFrom(
  index: number,
  filters: readonly PreparedFilter[],
  call: Filtered,
  done: (error?: Error) => void,
): void {
  const filter = filters[index];
  if (filter === undefined) return done();
  call.current = filter;

  let isOver = false;
  const next: FilterNext = (target, msg, opts) => {
    if (isOver) return; // called twice, or called and thrown: the first outcome counts
    isOver = true;
    if (isError(target)) return done(aborted(filter, target));
    if (typeof target === 'string' || typeof target === 'number') call.serverId = String(target) || call.serverId;
    else if (target) return done(aborted(filter, toError(target)));
    if (msg) call.msg = msg;
    if (opts) call.opts = opts;
    runFrom(index + 1, filters, call, done);
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    isOver = true;
    done(aborted(filter, toError(error)));
  };

  let returned: unknown;
  let isPending: boolean;
  try {
    returned = filter.run.call(filter.self, call.serverId, call.msg, call.opts, next);
    isPending = isThenable(returned);
  } catch (error) {
    return fail(error);
  }
  // A native promise settles once and never throws, whatever the thenable does.
  if (isPending) Promise.resolve(returned).then(() => filter.answersByNext || next(), fail);
  else if (!filter.answersByNext) next();
}

/** True for Errors of other realms too, such as those of a `vm` context, which are no `instanceof` ours. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function aborted(filter: PreparedFilter, cause: Error): Error {
  return new Error(`${filter.name} aborted it: ${cause.message}`, { cause });
}
