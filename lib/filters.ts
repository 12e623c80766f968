import { toError } from './errors.js';
import { invalid, unfit } from './options.js';
import { unknownOptions } from './unknown-options.js';

/** Callback with which a filter goes on, as both ends have it. */
type NextOf<Message, Options> = (target?: string | number | Error | null, msg?: Message, opts?: Options) => void;

/** Function that sees a call on its way: of a client, with the options of the call, or of a server, with the context. */
type FilterFunctionOf<Message, Options> = (
  serverId: string,
  msg: Message,
  opts: Options,
  next: NextOf<Message, Options>,
) => unknown;

/** A filter: a function, or an object with a function for each phase. */
export type FilterOf<Message, Options> =
  | FilterFunctionOf<Message, Options>
  | {
      readonly name?: string | undefined;
      before?: FilterFunctionOf<Message, Options> | undefined;
      after?: FilterFunctionOf<Message, Options> | undefined;
    };

/** Whether a filter runs before the call goes on, or after the answer. */
export type FilterPhase = 'before' | 'after';

/** Parts of a call that filters may change. */
export interface Filtered<Message, Options> {
  serverId: string;
  msg: Message;
  opts: Options;
  /** Filter that runs now, or ran last. */
  current?: PreparedFilter<Message, Options> | undefined;
  /** Runs each filter, where filters need a context of their own. Undefined: filters are called as they are. */
  readonly within?: (<T>(step: () => T) => T) | undefined;
}

/** Number of parameters of a filter that declares `next`. */
const DECLARES_NEXT = 4;

/** A filter, prepared for one of the two phases. */
export interface PreparedFilter<Message, Options> {
  /** Name of the filter in errors. */
  readonly name: string;
  readonly run: FilterFunctionOf<Message, Options>;
  readonly self: FilterOf<Message, Options>;
  /** True for a filter that goes on by calling `next`, and not by returning. */
  readonly answersByNext: boolean;
  /** Says what the filter has not done yet, for the error of a call that is late. */
  readonly stillPending: string;
}

/** Prepares a filter for a phase; undefined for an object that does not filter in that phase. */
export function prepareFilter<Message, Options>(
  filter: FilterOf<Message, Options>,
  phase: FilterPhase,
): PreparedFilter<Message, Options> | undefined {
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

const FILTER_FIELDS = { before: true, after: true } as const;

/** Prepares one filter or a list. Throws {@link RpcCode.InvalidArgument} for a value that filters in neither phase. */
export function prepareFilters<Message, Options>(
  given: FilterOf<Message, Options> | readonly FilterOf<Message, Options>[],
  phase: FilterPhase,
): readonly PreparedFilter<Message, Options>[] {
  const filters = (Array.isArray(given) ? given : [given]) as readonly FilterOf<Message, Options>[];
  for (const filter of filters) {
    if (!isFilter(filter)) throw unfit('a filter', 'a function or an object with before or after', filter);
    refuseMistyped(filter);
  }
  return filters.map((filter) => prepareFilter(filter, phase)).filter((filter) => filter !== undefined);
}

/** Throws where an object has one phase, and a mistyped name for the other one. */
function refuseMistyped(filter: object): void {
  if (typeof filter === 'function') return;
  const [mistyped] = unknownOptions(filter, { names: FILTER_FIELDS, onlyNear: true });
  if (mistyped !== undefined) throw invalid(`a filter has a field without a meaning: ${mistyped}`);
}

/** False for an object that filters in neither phase: a filter that refuses calls must not be passed over for a mistyped name. */
function isFilter(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return typeof given === 'function';
  const { before, after } = given as { before?: unknown; after?: unknown };
  return typeof before === 'function' || typeof after === 'function';
}

/**
 * True for four parameters or more; also for `(...args)` and `(serverId, msg, opts = {}, next)`, which JavaScript
 * counts as fewer. A filter that refuses later must not be skipped because of how the function is written.
 */
function declaresNext(run: (...args: never[]) => unknown): boolean {
  if (run.length >= DECLARES_NEXT) return true;
  const source = Function.prototype.toString.call(run);
  const parameters = source.slice(0, source.search(/=>|\)\s*\{/));
  return /\.\.\.|[^=!<>]=[^=>]/.test(parameters);
}

/**
 * Runs the filters one after the other, and calls `done` once: at once when all of them were synchronous, so that
 * the order of calling is the order of sending. With an error, none of the filters after the failed one has run.
 */
export function runFilters<Message, Options>(
  filters: readonly PreparedFilter<Message, Options>[],
  call: Filtered<Message, Options>,
  done: (error?: Error) => void,
): void {
  runFrom(0, filters, call, done);
}

function runFrom<Message, Options>(
  index: number,
  filters: readonly PreparedFilter<Message, Options>[],
  call: Filtered<Message, Options>,
  done: (error?: Error) => void,
): void {
  const filter = filters[index];
  if (filter === undefined) return done();
  call.current = filter;

  let isOver = false;
  const next: NextOf<Message, Options> = (target, msg, opts) => {
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
    const { within } = call;
    returned =
      within === undefined
        ? filter.run.call(filter.self, call.serverId, call.msg, call.opts, next)
        : within(() => filter.run.call(filter.self, call.serverId, call.msg, call.opts, next));
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

function aborted({ name }: { readonly name: string }, cause: Error): Error {
  return new Error(`${name} aborted it: ${cause.message}`, { cause });
}
