import type { EventEmitter } from 'node:events';
import type { NotRemote } from './proxy-tree.js';
import type { AllGiven, Any, AnyFunction, IsAny, TypedMethod, UntypedMethod } from './typed-method.js';

/**
 * The proxies of a client by its `Remotes`: namespace -> server type -> module -> the type of the remote module, which
 * may be whatever {@link RemoteModule} takes. What is `any`, at whichever level, is untyped from there on.
 */
export type RemoteProxies<Remotes> =
  IsAny<Remotes> extends true ? Any : { readonly [Namespace in keyof Remotes]: NamespaceProxies<Remotes[Namespace]> };

/** All server types that a client's `Remotes` have, whatever the namespace. */
export type ServerTypeOf<Remotes> =
  IsAny<Remotes> extends true
    ? string
    : { [Namespace in keyof Remotes]: Extract<keyof Remotes[Namespace], string> }[keyof Remotes];

/**
 * What the functions of a remote module are called on, by the type of what its file exports (`typeof import('./x.js')`,
 * of which the default export counts, if there is one) or of that export alone: a factory gives what it returns, a
 * class its instance, anything else itself.
 */
export type RemoteModule<Exported> = InstanceOf<MainExport<MainExport<Exported>>>;

/** The modules of a file that has several, one an export: `RemoteFile<typeof import('./service.js')>`. */
export type RemoteFile<Exported> = ModulesOf<MainExport<MainExport<Exported>>>;

/**
 * The proxies of one remote module, given as {@link RemoteModule} takes it: its methods that can be called. Mapped
 * straight from the module, so that editors find the way from a proxy to the method itself.
 */
export type ModuleProxy<Exported> = {
  readonly [Name in keyof RemoteModule<Exported> as MethodName<RemoteModule<Exported>, Name>]: MethodProxy<
    Exclude<RemoteModule<Exported>[Name], undefined>
  >;
};

/** The proxy of one remote method, whichever way it answers: by a promise, by a value, or through a last callback. */
export type MethodProxy<Method> =
  IsAny<Method> extends true
    ? UntypedMethod
    : Method extends (...args: infer Params) => infer Returned
      ? IsGenerator<Returned> extends true
        ? Uncallable<'an iterator cannot be sent'>
        : unknown[] extends Params
          ? UntypedMethod<Awaited<Returned>>
          : IsCallback<Last<Params>> extends true
            ? TypedMethod<WithoutLast<Params>, CallbackResults<Last<Params>, Returned>>
            : TypedMethod<Params, ReturnedResults<Awaited<Returned>>>
      : UntypedMethod;

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

/** The name itself, or `never` where it is none of a method that can be called. */
type MethodName<Instance, Name extends keyof Instance> = Name extends string
  ? Name extends `_${string}` | 'constructor' | 'prototype' | NotRemote | PlatformName<Instance>
    ? never
    : IsMethod<Exclude<Instance[Name], undefined>> extends true
      ? Name
      : never
  : never;

type PlatformName<Instance> = Instance extends EventEmitter ? keyof EventEmitter : never;

/**
 * Whether it is a function, by all but what it returns: a module whose methods call another's, and have their return
 * types inferred from that, would make a circle of the names alone.
 */
type IsMethod<Value> =
  IsAny<Value> extends true
    ? true
    : [Value] extends [never]
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

/** Twice, as a CommonJS file that was transpiled from an ES module has a `default` in its `default`. */
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

/** Stands for what cannot be called, and says in the compiler's messages why. */
export interface Uncallable<Why extends string> {
  readonly [whyNot]: Why;
}
declare const whyNot: unique symbol;

/** An export is a module if it is a class, or an object that has something to call. */
type ModulesOf<Main> = IsAny<Main> extends true ? Any : Pick<Main, ModuleNames<Main>>;

type ModuleNames<Main> = {
  [Name in keyof Main]-?: Name extends `_${string}` ? never : IsModule<Main[Name]> extends true ? Name : never;
}[keyof Main];

type IsModule<Value> =
  IsAny<Value> extends true
    ? true
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
      : [Returned] extends [Generator | AsyncGenerator]
        ? true
        : false;

type Last<Params extends readonly unknown[]> = [...Params, 0] extends readonly [...unknown[], infer Param, 0]
  ? Param
  : never;

/** What the callback follows must all be given: it is appended to exactly the arguments that were sent. */
type WithoutLast<Params extends readonly unknown[]> =
  AllGiven<Params> extends readonly [...infer Args, unknown] ? Args : never;

/** No codec carries functions: a last parameter that takes nothing else is the callback. */
type IsCallback<Param> =
  IsAny<Param> extends true
    ? false
    : [NonNullable<Param>] extends [never]
      ? false
      : [NonNullable<Param>] extends [AnyFunction]
        ? true
        : false;

/** A method that can do without its callback, and returns a promise, is one that was given both manners. */
type CallbackResults<Callback, Returned> = undefined extends Callback
  ? IsAny<Returned> extends true
    ? ResultsOf<NonNullable<Callback>>
    : Returned extends PromiseLike<infer Value>
      ? ReturnedResults<Awaited<Value>>
      : ResultsOf<NonNullable<Callback>>
  : ResultsOf<NonNullable<Callback>>;

type ResultsOf<Callback> = Callback extends (...args: infer Params) => unknown ? Succeeded<Params> : Any[];

/** Where a callback's parameters are a union, those of a failure (an error that cannot be null) are no results. */
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
