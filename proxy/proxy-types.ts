import type { StreamParts } from '../lib/call/stream-parts.js';
import type { NotRemote } from '../lib/not-remote.js';
import type { ServerAtUrl, ServerInfo } from '../lib/server-info.js';
import type { PlatformEmitter } from './platform-emitter.js';
import type { ProxyRecord } from './proxy-record.js';
import type { StreamMethod } from './stream-types.js';
import type { AllGiven, Any, AnyFunction, IsAny, TypedMethod, UntypedMethod } from './typed-method.js';

/**
 * Types of the proxies of a client by its `Remotes`: namespace -> server type -> module -> type of the remote module,
 * in any form that {@link RemoteModule} takes. A level that is `any` is untyped from there on.
 */
export type RemoteProxies<Remotes> =
  IsAny<Remotes> extends true ? Any : { readonly [Namespace in keyof Remotes]: NamespaceProxies<Remotes[Namespace]> };

/** Union of the server types in the `Remotes` of a client, over all namespaces. */
export type ServerTypeOf<Remotes> = unknown extends Remotes
  ? string
  : { [Namespace in keyof Remotes]: Extract<keyof Remotes[Namespace], string> }[keyof Remotes];

/** Record of remote modules whose namespace and server type are in `Remotes`; any record for an untyped client. */
export type ProxyRecordOf<Remotes> = unknown extends Remotes
  ? ProxyRecord
  : {
      [Namespace in keyof Remotes & string]: ProxyRecord & {
        readonly namespace: Namespace;
        readonly serverType: IsAny<Remotes[Namespace]> extends true
          ? string
          : Extract<keyof Remotes[Namespace], string>;
      };
    }[keyof Remotes & string];

/** Entry of a roster whose server type is in `Remotes`; any entry for an untyped client. */
export type ServerInfoOf<Remotes> = ServerInfo & { readonly serverType: ServerTypeOf<Remotes> };

/** Entry of a roster with a URL, whose server type is in `Remotes`; any such entry for an untyped client. */
export type ServerAtUrlOf<Remotes> = ServerAtUrl & { readonly serverType: ServerTypeOf<Remotes> };

/** `unknown` for a name that the compiler knows as a string only, as in a list from a file; `never` for a literal. */
export type FromData<Name extends string> = string extends Name ? unknown : never;

/**
 * Object that the functions of a remote module are called on. `Exported` is the type of the file's exports (`typeof
 * import('./x.js')`, where a default export counts alone) or of one export. A factory gives its result, a class its
 * instance, and any other value itself.
 */
export type RemoteModule<Exported> = InstanceOf<MainExport<MainExport<Exported>>>;

/** Modules of a file that has several, one an export: `RemoteFile<typeof import('./service.js')>`. */
export type RemoteFile<Exported> = ModulesOf<MainExport<MainExport<Exported>>>;

/**
 * Proxies of one remote module, in any form that {@link RemoteModule} takes. The type is mapped straight from the
 * module, so that editors find the way from a proxy to the method.
 */
export type ModuleProxy<Exported> = {
  readonly [Name in keyof RemoteModule<Exported> as MethodName<RemoteModule<Exported>, Name>]: MethodProxy<
    Exclude<RemoteModule<Exported>[Name], undefined>
  >;
};

/** Proxy of one remote method that answers by a promise, by a value, or through a last callback. */
export type MethodProxy<Method> =
  IsAny<Method> extends true
    ? UntypedMethod
    : Method extends (...args: infer Params) => infer Returned
      ? IsGenerator<Returned> extends true
        ? Uncallable<'an iterator cannot be sent; an async generator can'>
        : [StreamParts<Awaited<Returned>>] extends [never]
          ? AnsweredProxy<Params, Returned>
          : StreamParts<Awaited<Returned>> extends readonly [infer Item, infer End]
            ? StreamMethod<Params, Item, End>
            : never
      : UntypedMethod;

/** Proxy of a method that answers with values. */
type AnsweredProxy<Params extends readonly unknown[], Returned> = unknown[] extends Params
  ? UntypedMethod<Awaited<Returned>>
  : IsCallback<Last<Params>> extends true
    ? TypedMethod<WithoutLast<Params>, CallbackResults<Last<Params>, Returned>>
    : TypedMethod<Params, ReturnedResults<Awaited<Returned>>>;

type NamespaceProxies<Namespace> =
  IsAny<Namespace> extends true
    ? Any
    : { readonly [ServerType in keyof Namespace]: ServerTypeProxies<Namespace[ServerType]> };

type ServerTypeProxies<Modules> =
  IsAny<Modules> extends true ? Any : { readonly [Module in keyof Modules]: EntryProxy<Modules[Module]> };

type EntryProxy<Exported> =
  IsAny<RemoteModule<Exported>> extends true
    ? Any
    : RemoteModule<Exported> extends Uncallable<string>
      ? RemoteModule<Exported>
      : ModuleProxy<Exported>;

/** A schema of any library, which is no method although the schemas of ArkType are functions. */
interface Schema {
  readonly '~standard': unknown;
}

/** Name of a method that can be called, else `never`. */
type MethodName<Instance, Name extends keyof Instance> = Name extends string
  ? Name extends `_${string}` | NotRemote | PlatformName<Instance>
    ? never
    : IsMethod<Exclude<Instance[Name], undefined>> extends true
      ? Name
      : never
  : never;

type PlatformName<Instance> = Instance extends PlatformEmitter ? keyof PlatformEmitter : never;

/**
 * Whether a value is a function, without a look at what the function returns: a module whose methods call those of
 * another module, and have return types inferred from that, would otherwise make the names circular.
 */
type IsMethod<Value> =
  IsAny<Value> extends true
    ? true
    : [Value] extends [never]
      ? false
      : Value extends Schema
        ? false
        : Value extends (...args: never) => void
          ? true
          : Value extends abstract new (
                ...args: never
              ) => unknown
            ? false
            : Value extends AnyFunction
              ? true
              : false;

/**
 * Default export, if there is one. Applied twice, since a CommonJS file that was transpiled from an ES module has a
 * `default` in its `default`.
 */
type MainExport<Exported> =
  IsAny<Exported> extends true ? Exported : Exported extends { readonly default: infer Main } ? Main : Exported;

type InstanceOf<Main> =
  IsAny<Main> extends true
    ? Any
    : Main extends abstract new (
          ...args: never
        ) => infer Instance
      ? Instance
      : Main extends (...args: never) => infer Made
        ? Made extends PromiseLike<unknown>
          ? Uncallable<'a factory returns its object, and no promise of one'>
          : Made extends object
            ? Made
            : Uncallable<'a factory returns an object'>
        : Main extends object
          ? Main
          : Uncallable<'a remote module is a factory, an object or a class'>;

/** Type of a thing that cannot be called. The reason appears in messages of the compiler. */
interface Uncallable<Why extends string> {
  readonly [whyNot]: Why;
}
declare const whyNot: unique symbol;

/** Exports that are modules: classes, and objects that have something to call. */
type ModulesOf<Main> = IsAny<Main> extends true ? Any : Pick<Main, ModuleNames<Main>>;

type ModuleNames<Main> = {
  [Name in keyof Main]-?: Name extends `_${string}` ? never : IsModule<Main[Name]> extends true ? Name : never;
}[keyof Main];

type IsModule<Value> =
  IsAny<Value> extends true
    ? true
    : Value extends Schema
      ? false
      : Value extends abstract new (
            ...args: never
          ) => unknown
        ? true
        : Value extends AnyFunction
          ? false
          : Value extends object
            ? [keyof ModuleProxy<Value>] extends [never]
              ? false
              : true
            : false;

type IsGenerator<Returned> =
  IsAny<Returned> extends true
    ? false
    : [Returned] extends [never]
      ? false
      : [Returned] extends [Generator]
        ? true
        : false;

type Last<Params extends readonly unknown[]> = [...Params, 0] extends readonly [...unknown[], infer Param, 0]
  ? Param
  : never;

/**
 * Arguments before the callback. All of them must be given, since the callback is appended to exactly the arguments
 * that were sent.
 */
type WithoutLast<Params extends readonly unknown[]> =
  AllGiven<Params> extends readonly [...infer Args, unknown] ? Args : never;

/** Whether a last parameter is the callback: it takes nothing but functions, which no codec carries. */
type IsCallback<Param> =
  IsAny<Param> extends true
    ? false
    : [NonNullable<Param>] extends [never]
      ? false
      : [NonNullable<Param>] extends [AnyFunction]
        ? true
        : false;

/**
 * Results of a method with a last callback. A method whose callback is optional, and which returns a promise, was
 * written for both styles.
 */
type CallbackResults<Callback, Returned> = undefined extends Callback
  ? IsAny<Returned> extends true
    ? ResultsOf<NonNullable<Callback>>
    : Returned extends PromiseLike<infer Value>
      ? ReturnedResults<Awaited<Value>>
      : ResultsOf<NonNullable<Callback>>
  : ResultsOf<NonNullable<Callback>>;

type ResultsOf<Callback> = Callback extends (...args: infer Params) => unknown ? Succeeded<Params> : Any[];

/**
 * Results of a callback. Where the parameters are a union, those of a failure (an error that cannot be null) are no
 * results.
 */
type Succeeded<Params> = [AfterNoError<Params>] extends [never] ? AfterError<Params> : AfterNoError<Params>;

type AfterNoError<Params> = Params extends readonly [infer First, ...infer Results]
  ? null extends First
    ? Results
    : undefined extends First
      ? Results
      : never
  : never;

type AfterError<Params> = Params extends readonly []
  ? []
  : Params extends readonly [unknown?, ...infer Results]
    ? Results
    : Any[];

type ReturnedResults<Result> =
  IsAny<Result> extends true
    ? [result: Result]
    : // biome-ignore lint/suspicious/noConfusingVoidType: what a method without a result is declared to return
      [Result] extends [void]
      ? []
      : [result: Result];
