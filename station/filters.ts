import type { CallOptions } from '../lib/call/call-contract.js';
import { toError } from '../lib/errors.js';
import type { RpcMessage } from '../lib/rpc-message.js';

/**
 * Goes on with the next filter. As the first argument an Error, or anything else that is truthy, aborts the call; a
 * string (or a number, for its text) sends it to that server instead. A `msg` or `opts` replaces what the filter was given. Nothing: go on unchanged.
 */
export type FilterNext = (target?: string | number | Error | null, msg?: RpcMessage, opts?: CallOptions) => void;

/**
 * A filter as pomelo's users write it. One that declares `next` (four parameters) must call it; one that does not
 * goes on when it returns, or when the promise that it returns resolves. It aborts by throwing or rejecting.
 */
export type FilterFunction = (serverId: string, msg: RpcMessage, opts: CallOptions, next: FilterNext) => unknown;

/** An object may filter before the call is sent, after it was answered, or both. */
export interface FilterObject {
  readonly name?: string;
  before?: FilterFunction;
  after?: FilterFunction;
}
export type Filter = FilterFunction | FilterObject;
export type FilterPhase = 'before' | 'after';

/** The call as filters see it. Each filter may change every field. */
export interface Filtered {
  serverId: string;
  msg: RpcMessage;
  opts: CallOptions;
}

/** `next` is the fourth parameter. */
const DECLARES_NEXT = 4;

/** A filter as it is run in one of the two phases. */
export interface PreparedFilter {
  /** Names it in errors. */
  readonly name: string;
  readonly run: FilterFunction;
  readonly self: Filter;
  /** The filter goes on by calling `next`, and not by returning. */
  readonly answersByNext: boolean;
}

/** Undefined for an object that does not filter in this phase. */
export function prepareFilter(filter: Filter, phase: FilterPhase): PreparedFilter | undefined {
  const run = typeof filter === 'function' ? filter : filter[phase];
  if (typeof run !== 'function') return undefined;
  const name = filter.name ? `${phase} filter "${filter.name}"` : `a ${phase} filter`;
  return { name, run, self: filter, answersByNext: declaresNext(run) };
}

/**
 * True for four parameters or more, and for `(...args)` and `(serverId, msg, opts = {}, next)`, whose `length` is smaller: a
 * filter that refuses later must not be skipped because of how its parameters are written.
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
