import { AsyncLocalStorage } from './async-hooks.js';
import type { ConnectedPeer } from './server-info.js';
import type { Term } from './term.js';

/** Facts about the call that a remote method is serving, beside its arguments. */
export interface CallContext {
  /** Name of the method, `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  /** Value that the caller sent beside the arguments, with `.with({ meta })`. */
  readonly meta: unknown;
  /** Connection of the caller; undefined behind a custom acceptor that does not report one. */
  readonly caller: ConnectedPeer | undefined;
  /** End of the time that the caller waits, on the clock of `performance.now()`; `Infinity` without one. Unit: ms. */
  readonly deadline: number;
  /** Time that is left until the deadline; 0 when the deadline has passed. Unit: ms. */
  readonly remaining: number;
  /**
   * Term of this server in the election. Each later Leader has a higher `revision` in the same `store`: hand the term to a database with each
   * write, which can then refuse the writes of an earlier Leader. Undefined on a server without an election.
   */
  readonly term?: Term | undefined;
  /**
   * Signal that aborts when no caller waits for the answer any more: the caller cancelled the call
   * (`ERR_RPC_CANCELLED`) or gave the call up, the deadline passed (`ERR_RPC_TIMEOUT`), or the connection ended
   * (`ERR_RPC_CONNECTION_LOST`, or the reason why the connection was closed; not for one-way calls, whose callers need
   * not stay). The reason is an `RpcError`.
   */
  readonly signal: AbortSignal;
  /**
   * Items that the caller sends with `.with({ stream })`, for one reader. The caller sends no more than was read and a window (the option
   * `streamWindow` of the server). `break` tells the caller to send no more. When the call ends before the last item, the reader gets the
   * reason of the signal, an `RpcError`; a method that has answered gets no further items. Undefined for a call without such items.
   */
  readonly stream?: AsyncIterableIterator<unknown> | undefined;
}

/** A call that is being served. The context is made when first asked for. */
export interface ServedCall {
  readonly context: CallContext;
  /** End of the time that the caller waits, on the clock of `performance.now()`. ms */
  readonly deadline: number;
  /** True once the call is answered, or no answer is wanted. */
  readonly isOver: boolean;
}

/** Call whose method runs synchronously right now. */
let entered: ServedCall | undefined;
/** Set once a server wants contexts across awaits. */
let acrossAwaits: AsyncLocalStorage<ServedCall | undefined> | undefined;

/**
 * Returns the context of the call that is being served: its deadline, caller, `meta` and signal. Undefined outside of a
 * call and, unless the server has `asyncContext: true`, after the first `await` of the method and in its callbacks. Ask
 * at the top of the method, and keep the result.
 *
 * With `asyncContext` the context goes where Node's `AsyncLocalStorage` goes: along promises, timers and callbacks that
 * begin within the method. The context does not reach work that was begun before and outside: listeners of an emitter
 * that others emit on, work taken from a queue or a pool that does not use `AsyncResource`, continuations of Bluebird's
 * promises.
 * @example
 * ```ts
 * import { callContext, createServer } from 'mailstation';
 *
 * async function report(year: number): Promise<string> {
 *   const context = callContext(); // before the first await
 *   if (context !== undefined && context.remaining < 100) throw new Error('too little time is left');
 *   context?.signal.addEventListener('abort', () => console.log('no caller waits for the report any more'));
 *   return `report of ${year}`;
 * }
 * createServer({ port: 0, services: { user: { reports: { report } } } });
 * ```
 */
export function callContext(): CallContext | undefined {
  return (entered ?? acrossAwaits?.getStore())?.context;
}

/** Marks a call as the one whose method runs synchronously. The result is handed to `leave` afterwards. */
export function enter(call: ServedCall): ServedCall | undefined {
  const outer = entered;
  entered = call;
  return outer;
}

/** The call whose method runs synchronously right now. */
export function enteredCall(): ServedCall | undefined {
  return entered;
}

export function leave(outer: ServedCall | undefined): void {
  entered = outer;
}

/** Keeps contexts across awaits from now on, by {@link runAcrossAwaits}. */
export function keepAcrossAwaits(): void {
  acrossAwaits ??= new AsyncLocalStorage();
}

export function runAcrossAwaits(call: ServedCall, serve: () => void): void {
  if (acrossAwaits === undefined) serve();
  else acrossAwaits.run(call, serve);
}

/**
 * The call within which calls are made now: they inherit its deadline and its end. Undefined where contexts are not
 * kept across awaits, and once that call is answered, since work that goes on afterwards is independent.
 */
export function outerCall(): ServedCall | undefined {
  const call = acrossAwaits?.getStore();
  return call === undefined || call.isOver ? undefined : call;
}
