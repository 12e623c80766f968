import type { CallOptions } from '../lib/call/call-contract.js';
import type { FailbackReceipt } from '../lib/call/failback-receipt.js';
import type { RpcError } from '../lib/errors.js';
import type { Outcome } from './broadcast.js';

// biome-ignore lint/suspicious/noExplicitAny: nothing is known, and everything is allowed
export type Any = any;

/** What the callback of a call gets: the error, or all of the method's results. */
export type ResultCallback<Results extends readonly unknown[]> = (error: RpcError | null, ...results: Results) => void;

/**
 * A remote method with the types of its arguments and of all its results. Called itself, it goes to the server that the
 * router chooses by `routeParam`. In every form that is answered a callback may follow the arguments, and nothing is
 * returned then; else a promise of the first result is, or of nothing.
 */
export type TypedMethod<Args extends readonly unknown[], Results extends readonly unknown[]> = BoundMethod<
  [routeParam: unknown, ...args: Args],
  Results
> &
  MethodForms<Args, Results>;

/** Where else a call of a method may go, and how. */
export interface MethodForms<Args extends readonly unknown[], Results extends readonly unknown[]> {
  /** To the server with this id; `'*'`: to all of the type, as {@link MethodForms.broadcast}. */
  readonly toServer: (<Id extends string>(serverId: Id, ...args: Args) => Promise<First<From<Id, Results>>>) &
    WithCallback<Args, Results>['toServer'];
  /** The same method, called with these options. */
  with(options: FailbackOptions): TypedMethod<Args, OrReceipt<Results>>;
  with(options: CallOptions): TypedMethod<Args, Results>;
  /** Without an answer: resolves when the call was handed to the connection. */
  oneway(routeParam: unknown, ...args: Args): Promise<void>;
  /** pinus's `toServer`. With `notify`, one-way. */
  to<Id extends string, Notify extends boolean = false>(
    serverId: Id,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<Args> : BoundMethod<Args, From<Id, Results>>;
  /** pinus's way to give the route parameter. With `notify`, one-way. */
  route<Notify extends boolean = false>(
    routeParam: unknown,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<Args> : BoundMethod<Args, Results>;
  /** pinus's call without a route parameter. */
  readonly defaultRoute: BoundMethod<Args, Results>;
  /** To all servers of the type: every server's outcome, never rejected for the failure of some. */
  readonly broadcast: BoundMethod<Args, Outcomes<Results>>;
}

/**
 * A method for which it is said where the call goes: only its arguments are missing.
 *
 * Made of function types, not of call signatures: those would have editors lead from a call to here, and show what is
 * written here, in place of the remote method.
 */
export type BoundMethod<Args extends readonly unknown[], Results extends readonly unknown[]> = ((
  ...args: Args
) => Promise<First<Results>>) &
  WithCallback<Args, Results>['bound'];

/** The same, without an answer. */
export type BoundOneway<Args extends readonly unknown[]> = (...args: Args) => Promise<void>;

// biome-ignore lint/suspicious/noConfusingVoidType: it becomes a promise's
type First<Results extends readonly unknown[]> = Results extends readonly [] ? void : Results[0];

type Outcomes<Results extends readonly unknown[]> = [outcomes: Outcome<First<Results>>[]];

type FailbackOptions = CallOptions & { readonly failMode: 'failback' };

/** With failback a call may also resolve with a receipt, in place of its first result. */
type OrReceipt<Results extends readonly unknown[]> = number extends Results['length']
  ? Results
  : Results extends readonly [infer One, ...infer More]
    ? [result: One | FailbackReceipt, ...more: Partial<More>]
    : [receipt: FailbackReceipt | undefined];

/** The results of one server or, where its id is the literal `'*'`, of all. */
type From<Id extends string, Results extends readonly unknown[]> = string extends Id
  ? Results
  : Id extends '*'
    ? Outcomes<Results>
    : Results;

/**
 * With a callback behind the arguments, which may come as soon as only optional ones are missing. One signature for each
 * number of arguments: of those that fit a call by number, the compiler then tells what does not fit by type.
 */
type WithCallback<Args extends readonly unknown[], Results extends readonly unknown[]> = number extends Args['length']
  ? OneWithCallback<Args, Results>
  : ByLength<AllGiven<Args>, Args['length'], Results>;

type ByLength<Args extends readonly unknown[], Lengths, Results extends readonly unknown[]> = OneWithCallback<
  Args,
  Results
> &
  (Args extends readonly [...infer Fewer, unknown]
    ? Fewer['length'] extends Lengths
      ? ByLength<Fewer, Lengths, Results>
      : unknown
    : unknown);

interface OneWithCallback<Args extends readonly unknown[], Results extends readonly unknown[]> {
  readonly bound: (...args: [...args: Args, callback: ResultCallback<Results>]) => undefined;
  readonly toServer: <Id extends string>(
    serverId: Id,
    ...args: [...args: Args, callback: ResultCallback<From<Id, Results>>]
  ) => undefined;
}

/** Optional ones too, as `undefined`: what is not last cannot be left out. */
export type AllGiven<Args extends readonly unknown[]> = [...Args, 0] extends [...infer All, 0] ? All : never;

/**
 * A remote method of which nothing is known but, if that much, its result; {@link TypedMethod} is one of which more is.
 * In every form a function as the last argument is a callback, and nothing is returned then.
 */
export interface UntypedMethod<Result = Any> {
  /** To the server that the router chooses by `routeParam`. */
  <Args extends Loose[]>(routeParam: unknown, ...args: Args): Answer<Args, Result>;
  /** To the server with this id; `'*'`: to all of the type, as {@link UntypedMethod.broadcast}. */
  toServer<Id extends string, Args extends Loose[]>(
    serverId: Id,
    ...args: Args
  ): Answer<Args, First<From<Id, [Result]>>>;
  /** The same method, called with these options. */
  with(options: FailbackOptions): UntypedMethod<Result | FailbackReceipt>;
  with(options: CallOptions): UntypedMethod<Result>;
  /** Without an answer: resolves when the call was handed to the connection. */
  oneway(routeParam: unknown, ...args: unknown[]): Promise<void>;
  /** pinus's `toServer`. With `notify`, one-way. */
  to<Id extends string, Notify extends boolean = false>(
    serverId: Id,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<unknown[]> : UntypedBound<First<From<Id, [Result]>>>;
  /** pinus's way to give the route parameter. With `notify`, one-way. */
  route<Notify extends boolean = false>(
    routeParam: unknown,
    notify?: Notify,
  ): Notify extends true ? BoundOneway<unknown[]> : UntypedBound<Result>;
  /** pinus's call without a route parameter. */
  readonly defaultRoute: UntypedBound<Result>;
  /** To all servers of the type: every server's outcome, never rejected for the failure of some. */
  readonly broadcast: UntypedBound<Outcome<Result>[]>;
}

export type UntypedBound<Result> = <Args extends Loose[]>(...args: Args) => Answer<Args, Result>;

/** Any value at all. The callback is there so that the parameters of one written in place get their types from it. */
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
