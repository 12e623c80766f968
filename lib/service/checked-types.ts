import type { StandardSchemaV1 } from '@standard-schema/spec';

// biome-ignore lint/suspicious/noExplicitAny: any method is a method, whatever its parameters are
export type Any = any;

/**
 * Any value. Beside a type in a union it keeps the literals of a function's result: with `unknown` the type would vanish, and the
 * compiler would read `'a'` as a string.
 */
// biome-ignore lint/complexity/noBannedTypes: see above
// biome-ignore lint/suspicious/noConfusingVoidType: what a method without a result is declared to return
export type Anything = {} | null | undefined | void;

/** One schema for each position, or one schema for a whole list. */
export type SchemaList = readonly StandardSchemaV1[] | StandardSchemaV1;

/** Arguments as the method gets them. */
export type OutputsOf<Schemas extends SchemaList> = Schemas extends readonly StandardSchemaV1[]
  ? { -readonly [At in keyof Schemas]: OutputOf<Schemas[At]> }
  : Schemas extends StandardSchemaV1
    ? ListOf<StandardSchemaV1.InferOutput<Schemas>>
    : never;

/** Type of the results that a method may return: inputs of the schema, or a stream of such, or anything where there is none. */
export type ReturnOf<Returns> = Returns extends StandardSchemaV1
  ? OneOrMany<StandardSchemaV1.InferInput<Returns>>
  : unknown;

type OneOrMany<Value> = ValueOrStream<Value> | PromiseLike<ValueOrStream<Value>>;
type ValueOrStream<Value> = Value | AsyncIterable<Value> | ReadableStream<Value>;

/**
 * A checked method as callers see it: with the input types of the schemas. Arguments at the end whose schemas take `undefined`
 * may be left out. A direct call of a method that returns no promise returns one where a schema is asynchronous.
 */
export type CheckedMethod<Method, Args extends SchemaList, Returns> = Method extends (
  ...args: infer Params
) => infer Returned
  ? (...args: Named<ArgumentsOf<Args>, Params>) => CheckedReturn<Returned, Returns>
  : never;

/** The same for a method that answers through a callback, its last parameter. */
export type CheckedCallbackMethod<Method, Args extends SchemaList> = Method extends (...args: infer Params) => unknown
  ? (...args: [...args: InputsOf<Args>, callback: LastOf<Params>]) => void
  : never;

/** Whether a method takes the outputs of the schemas, and a callback behind them. */
export type TakesCallback<Method, Args extends SchemaList> = Method extends (...args: infer Params) => unknown
  ? Required<Params> extends readonly [...infer Before, infer Callback]
    ? 0 extends 1 & Callback
      ? false
      : Callback extends (...args: never) => void
        ? OutputsOf<Args> extends Before
          ? true
          : false
        : false
    : false
  : false;

/** Type of a thing that is missing. The reason appears in messages of the compiler. */
export interface Missing<What extends string> {
  readonly [missing]: What;
}
declare const missing: unique symbol;

type InputsOf<Schemas extends SchemaList> = Schemas extends readonly StandardSchemaV1[]
  ? { -readonly [At in keyof Schemas]: InputOf<Schemas[At]> }
  : Schemas extends StandardSchemaV1
    ? ListOf<StandardSchemaV1.InferInput<Schemas>>
    : never;

type CheckedReturn<Returned, Returns> = Returns extends StandardSchemaV1
  ? WithOutput<Returned, StandardSchemaV1.InferOutput<Returns>>
  : OnceChecked<Returned, Awaited<Returned>>;

type WithOutput<Returned, Output> = 0 extends 1 & Returned
  ? Returned
  : [Awaited<Returned>] extends [AsyncIterable<unknown> | ReadableStream]
    ? [Awaited<Returned>] extends [never]
      ? OnceChecked<Returned, Output>
      : Returned extends PromiseLike<infer Stream>
        ? Promise<CheckedItems<Stream, Output>>
        : CheckedItems<Returned, Output>
    : OnceChecked<Returned, Output>;

type OnceChecked<Returned, Value> = 0 extends 1 & Returned
  ? Returned
  : [Returned] extends [PromiseLike<unknown>]
    ? Promise<Value>
    : [Returned] extends [Generator | AsyncGenerator]
      ? Returned
      : Value | Promise<Value>;

/** A stream whose items the schema has made. Direct calls of other streams than generators return an iterator too. */
type CheckedItems<Stream, Item> =
  Stream extends AsyncGenerator<unknown, infer Returned, infer Sent>
    ? AsyncGenerator<Item, Returned, Sent>
    : AsyncIterable<Item>;

type InputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Schema> : never;
type OutputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : never;

type ListOf<Value> = Value extends readonly unknown[] ? [...Value] : never;

/** Arguments as callers give them: those at the end that may be missing are optional. */
type ArgumentsOf<Schemas extends SchemaList> = Schemas extends readonly StandardSchemaV1[]
  ? OptionalEnd<Schemas>
  : OptionalItems<InputsOf<Schemas>>;

type OptionalEnd<Schemas extends readonly StandardSchemaV1[]> = Schemas extends readonly [
  ...infer Start extends readonly StandardSchemaV1[],
  infer End,
]
  ? MayBeMissing<End> extends true
    ? [...OptionalEnd<Start>, InputOf<End>?]
    : InputsOf<Schemas>
  : InputsOf<Schemas>;

/**
 * Whether a schema makes sense of a missing argument. The input type says so, unless it is `unknown`: a coercion takes any value
 * by its type, and fails for a missing one. There the output type says it (`undefined` comes out), or the mark of a default.
 */
type MayBeMissing<Schema> =
  undefined extends InputOf<Schema>
    ? unknown extends InputOf<Schema>
      ? undefined extends OutputOf<Schema>
        ? true
        : Schema extends Defaulted
          ? true
          : false
      : true
    : false;

/** Mark of zod 4 and valibot in the types of schemas that fill in a default, for which Standard Schema has no word. */
type Defaulted =
  | { readonly _zod: { readonly optin: 'optional' | 'defaulted' } }
  | { readonly type: 'optional' | 'nullish' | 'undefinedable'; readonly default: unknown };

/** The same for the list that one schema takes, of whose items only the types are known. */
type OptionalItems<List extends readonly unknown[]> = List extends readonly [...infer Start, infer End]
  ? unknown extends End
    ? List
    : undefined extends End
      ? [...OptionalItems<Start>, End?]
      : List
  : List;

/** The types of one list under the names of another list of the same length. Names of optional items are lost. */
type Named<List extends readonly unknown[], Names extends readonly unknown[]> = [
  List['length'],
  Names['length'],
] extends [Names['length'], List['length']]
  ? number extends List['length']
    ? List
    : { [At in keyof Names]: At extends keyof List ? List[At] : never }
  : List;

type LastOf<Params extends readonly unknown[]> =
  Required<Params> extends readonly [...unknown[], infer Last] ? Last : never;
