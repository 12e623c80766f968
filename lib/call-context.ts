import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConnectedPeer } from './server-info.js';

/** What a remote method may want to know of the call that it is serving, beside its arguments. */
export interface CallContext {
  /** `namespace.module.method`, as the caller wrote it. */
  readonly method: string;
  /** What the caller sent beside the arguments, with `.with({ meta })`. */
  readonly meta: unknown;
  /** Who called; undefined behind an acceptor of the user's own, which does not say. */
  readonly caller: ConnectedPeer | undefined;
  /** Until when its caller waits: ms on the clock of `performance.now()`; `Infinity` where it did not say. */
  readonly deadline: number;
  /** What is left until then; 0 when it has passed. ms */
  readonly remaining: number;
  /**
   * Aborts when nobody waits for the answer any more: the caller cancelled the call (`ERR_RPC_CANCELLED`) or gave it up,
   * its deadline passed (`ERR_RPC_TIMEOUT`), or its connection ended (`ERR_RPC_CONNECTION_LOST` or why it was closed;
   * not for one-way calls, whose callers need not stay). The reason is an `RpcError`.
   */
  readonly signal: AbortSignal;
}

/** A call that is being served. Its context is made when it is first asked for. */
export interface ServedCall {
  readonly context: CallContext;
  /** ms on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Answered, or given up. */
  readonly isOver: boolean;
}

/** Whose method is just being called. */
let entered: ServedCall | undefined;
/** Set once a server wants contexts across awaits. */
let acrossAwaits: AsyncLocalStorage<ServedCall | undefined> | undefined;

/**
 * The call that is being served by the method that asks. Undefined outside of one, and, unless the server was made with
 * `asyncContext: true`, after the method's first `await` and in its callbacks: ask at the top of the method and keep it.
 *
 * With `asyncContext` it goes where Node's `AsyncLocalStorage` goes: along promises, timers and callbacks that begin
 * within the method. Not into what was begun before and outside: listeners of an emitter that others emit on, work taken
 * from a queue or a pool that does not use `AsyncResource`, continuations of Bluebird's promises.
 */
export function callContext(): CallContext | undefined {
  return (entered ?? acrossAwaits?.getStore())?.context;
}

/** Around the synchronous part of a method; `leave` with what this returns. */
export function enter(call: ServedCall): ServedCall | undefined {
  const outer = entered;
  entered = call;
  return outer;
}

export function leave(outer: ServedCall | undefined): void {
  entered = outer;
}

/** Contexts are kept across awaits from now on, by {@link runAcrossAwaits}. */
export function keepAcrossAwaits(): void {
  acrossAwaits ??= new AsyncLocalStorage();
}

export function runAcrossAwaits(call: ServedCall, serve: () => void): void {
  if (acrossAwaits === undefined) serve();
  else acrossAwaits.run(call, serve);
}

/**
 * The call as a part of which calls are made now: they inherit its deadline and its end. Undefined where contexts are
 * not kept across awaits, and once it is answered: work that goes on afterwards is on its own.
 */
export function outerCall(): ServedCall | undefined {
  const call = acrossAwaits?.getStore();
  return call === undefined || call.isOver ? undefined : call;
}

/** Runs what outlives the call in which it happens to begin, such as a connection, outside of its context. */
export function outsideCalls<T>(begin: () => T): T {
  return acrossAwaits === undefined ? begin() : acrossAwaits.run(undefined, begin);
}
