import type { CallOptions } from '../lib/call/call-contract.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { RpcError } from '../lib/errors.js';
import type { Outcome } from './broadcast.js';
import type { StreamProxy } from './stream-types.js';

// biome-ignore lint/suspicious/noExplicitAny: nothing is known, and everything is allowed
export type Any = any;

/** Callback of a call: takes the error, or null and all results of the method. */
export type ResultCallback<Results extends readonly unknown[]> = (error: RpcError | null, ...results: Results) => void;

/**
 * Proxy of a remote method whose arguments and results are typed. A call of the proxy goes to the server that the
 * router chooses by `routeParam`. In every form with an answer a callback may follow the arguments, and the call then
 * returns nothing; without a callback the call returns a promise of the first result.
 *
 * A call rejects with an {@link RpcError}: `ERR_RPC_REMOTE` when the method failed, with the error of the method as
 * `cause`, and the other codes of docs/errors.md when the method was not reached or did not answer in time.
 * `error.delivery` says whether the method may have run.
 */
export type TypedMethod<Args extends readonly unknown[], Results extends readonly unknown[]> = BoundMethod<
  [routeParam: unknown, ...args: Args],
  Results
> &
  MethodForms<Args, Results>;

/** Further forms of a call: to another server, to all, one-way, or with options. */
interface MethodForms<Args extends readonly unknown[], Results extends readonly unknown[]> {
  /** Calls the server with this id; `'*'` calls all servers of the type, as {@link MethodForms.broadcast} does. */
  readonly toServer: <Id extends string, Returned = NoCallback>(
    serverId: Id,
    ...args: WithCallback<Args, From<Id, Results>, Returned>
  ) => AnswerTo<Returned, First<From<Id, Results>>>;
  /** Returns the same method with options for its calls; see {@link CallOptions}. */
  with(options: FailbackOptions): TypedMethod<Args, OrReceipt<Results>>;
  with(options: CallOptions): TypedMethod<Args, Results>;
  /** Calls without an answer: resolves when the call was handed to the connection. */
  oneway(routeParam: unknown, ...args: Args): Promise<void>;
  /** Binds the method to a server, as `toServer` calls it; with `notify`, one-way. Source: pinus-rpc. */
  to<Id extends string, Notify extends boolean = false>(
    serverId: Id,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<Args> : BoundMethod<Args, From<Id, Results>>;
  /** Binds the method to a route parameter; with `notify`, one-way. Source: pinus-rpc. */
  route<Notify extends boolean = false>(
    routeParam: unknown,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<Args> : BoundMethod<Args, Results>;
  /** Calls without a route parameter. Source: pinus-rpc. */
  readonly defaultRoute: BoundMethod<Args, Results>;
  /** Calls all servers of the type. Resolves with the outcome of every server, and does not reject when some fail. */
  readonly broadcast: BoundMethod<Args, Outcomes<Results>>;
}

/**
 * Method that is bound to where its calls go: only the arguments are missing. `Returned` is what the callback of a call
 * returns, and shows whether there is one.
 *
 * Made of one function type, not of overloads nor of call signatures: editors show the doc comment of the remote method
 * only where its proxy has a single signature, and from call signatures they would lead here.
 */
export type BoundMethod<Args extends readonly unknown[], Results extends readonly unknown[]> = <Returned = NoCallback>(
  ...args: WithCallback<Args, Results, Returned>
) => AnswerTo<Returned, First<Results>>;

/** Method that is bound to where its calls go, without an answer. */
type BoundOneway<Args extends readonly unknown[]> = (...args: Args) => Promise<void>;

// biome-ignore lint/suspicious/noConfusingVoidType: it becomes a promise's
type First<Results extends readonly unknown[]> = Results extends readonly [] ? void : Results[0];

type Outcomes<Results extends readonly unknown[]> = [outcomes: Outcome<First<Results>>[]];

type FailbackOptions = CallOptions & { readonly failMode: 'failback' };

/** With failback a call may also resolve with a receipt, in place of the first result. */
type OrReceipt<Results extends readonly unknown[]> = number extends Results['length']
  ? Results
  : Results extends readonly [infer One, ...infer More]
    ? [result: One | FailbackReceipt, ...more: Partial<More>]
    : [receipt: FailbackReceipt | undefined];

/** Results of one server or, where the id is the literal `'*'`, of all. */
type From<Id extends string, Results extends readonly unknown[]> = string extends Id
  ? Results
  : Id extends '*'
    ? Outcomes<Results>
    : Results;

/** Marks a call without a callback: no callback has anything to infer another type from. */
interface NoCallback {
  readonly [noCallback]: true;
}
declare const noCallback: unique symbol;

/** Undefined where a callback was given, else a promise. */
type AnswerTo<Returned, Result> =
  IsAny<Returned> extends true
    ? undefined
    : [Returned] extends [NoCallback]
      ? [NoCallback] extends [Returned]
        ? Promise<Result>
        : undefined
      : undefined;

/** {@link ResultCallback} from which the compiler infers what the callback returns. */
type CallbackOf<Results extends readonly unknown[], Returned> = (
  error: RpcError | null,
  ...results: Results
) => Returned;

/**
 * Arguments with a callback behind them, which may also be in the place of an optional argument that is missing. The
 * callback is a rest element, since an optional one would take `undefined` too.
 */
type WithCallback<
  Args extends readonly unknown[],
  Results extends readonly unknown[],
  Returned,
> = number extends Args['length']
  ? Args | [...args: Args, callback: CallbackOf<Results, Returned>]
  : [...args: OrCallback<Args, Results, Returned>, ...callback: CallbackOf<Results, Returned>[]];

/** Only what the callback returns is inferred from an argument, so that an object in its place means nothing. */
type OrCallback<Args extends readonly unknown[], Results extends readonly unknown[], Returned> = {
  [At in keyof Args]: Record<never, never> extends Pick<Args, At> ? Args[At] | CallbackOf<Results, Returned> : Args[At];
};

/** Arguments with the optional ones as `undefined`, since only the last ones can be left out. */
export type AllGiven<Args extends readonly unknown[]> = [...Args, 0] extends [...infer All, 0] ? All : never;

/**
 * Proxy of a remote method without types, except for the result where that is known. {@link TypedMethod} is the typed
 * one. In every form a function as the last argument is the callback, and the call then returns nothing.
 */
export interface UntypedMethod<Result = Any> {
  /** Calls the server that the router chooses by `routeParam`. */
  <Args extends Loose[]>(routeParam: unknown, ...args: Args): Answer<Args, Result>;
  /** Calls the server with this id; `'*'` calls all servers of the type, as {@link UntypedMethod.broadcast} does. */
  toServer<Id extends string, Args extends Loose[]>(
    serverId: Id,
    ...args: Args
  ): Answer<Args, First<From<Id, [Result]>>>;
  /** Returns the same method with options for its calls; see {@link CallOptions}. */
  with(options: FailbackOptions): UntypedMethod<Result | FailbackReceipt>;
  with(options: CallOptions): UntypedMethod<Result>;
  /** Calls without an answer: resolves when the call was handed to the connection. */
  oneway(routeParam: unknown, ...args: unknown[]): Promise<void>;
  /** Binds the method to a server, as `toServer` calls it; with `notify`, one-way. Source: pinus-rpc. */
  to<Id extends string, Notify extends boolean = false>(
    serverId: Id,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<unknown[]> : UntypedBound<First<From<Id, [Result]>>>;
  /** Binds the method to a route parameter; with `notify`, one-way. Source: pinus-rpc. */
  route<Notify extends boolean = false>(
    routeParam: unknown,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<unknown[]> : UntypedBound<Result>;
  /** Calls without a route parameter. Source: pinus-rpc. */
  readonly defaultRoute: UntypedBound<Result>;
  /** Calls all servers of the type. Resolves with the outcome of every server, and does not reject when some fail. */
  readonly broadcast: UntypedBound<Outcome<Result>[]>;
  /** Calls a method that answers with a stream; see {@link ResultStream}. */
  readonly stream: StreamProxy<Any[], Any, Any>;
}

/** Untyped method that is bound to where its calls go. */
type UntypedBound<Result> = <Args extends Loose[]>(...args: Args) => Answer<Args, Result>;

/**
 * Any value. The callback is in the union so that the parameters of one written in place get their types from there.
 */
// biome-ignore lint/complexity/noBannedTypes: with `unknown` the callback would vanish from the union
type Loose = {} | null | undefined | ResultCallback<Any[]>;

type Answer<Args extends readonly unknown[], Result> = Args extends readonly [...unknown[], infer Last]
  ? IsAny<Last> extends true
    ? Promise<Result>
    : Last extends AnyFunction
      ? undefined
      : Promise<Result>
  : Promise<Result>;

// biome-ignore lint/complexity/noBannedTypes: a service may well declare its callback as just a Function
export type AnyFunction = ((...args: never) => void) | Function;

export type IsAny<T> = 0 extends 1 & T ? true : false;
