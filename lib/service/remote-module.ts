import { basename } from 'node:path';
import { types } from 'node:util';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { isClass, isFunction, isObject, type Method, memberOf, methodNames } from './methods.js';
import { withoutExtension } from './remote-files.js';
import { isSchemaLike } from './standard-schema.js';

/** A module that can be called: a service of a namespace on the server, and a set of proxies in the client. */
export interface LoadedModule {
  /** Third part of `proxies[namespace][serverType][module]`. Not empty, and may contain dots. */
  readonly name: string;
  /** Object that the functions are called on, as `this`, with at least one callable function. */
  readonly instance: object;
  /** Absolute path of the module's file. */
  readonly file: string;
}

/** Called with the reason for which a file has no module. */
export type OnNothing = (why: string) => void;

/**
 * Main export of a file: the default export, else `module.exports`, else an object of the named exports. The result is the
 * same for an imported and a required file, and for an ES module and a transpiled one.
 */
export function mainExport(exports: unknown): unknown {
  let main = exports;
  // Twice: import() has a CommonJS file as `default`, and a transpiled file has a `default` of its own.
  for (let depth = 0; depth < 2 && hasDefault(main); depth++) main = main.default;
  // Copied, since transpilers export through getters. A getter that throws fails the file, with the reason.
  return isModuleExports(main) ? { ...main } : main;
}

/**
 * Modules of a file, from the file's {@link mainExport}, made with the context. Empty where nothing is callable.
 *
 * | main export                                                  | modules                                          |
 * | ------------------------------------------------------------ | ------------------------------------------------ |
 * | a factory or a class, as its default                         | one module: the returned, or the new, object     |
 * | functions, by name or in an object; or an instance           | one module: the object itself                    |
 * | objects with functions, and classes, by name or in an object | one module for each export, under its name       |
 *
 * The name of the first two is the instance's own `name` if that is a string, else the name of the file. Exports beside a
 * default export are passed over. A function that is not the default export is a method and never a factory, since the two
 * cannot be told apart; objects beside such a function are parts of the one module. An object is a module as it is, and a
 * class is constructed. Schemas are passed over: they have methods of their own, and those of ArkType are functions.
 *
 * Throws {@link RpcCode.Load} where a factory or a constructor throws (then with `cause`), is asynchronous, or returns no
 * object. With `onNothing`, a file whose function returns no object has no modules, and that function gets the reason: a
 * folder of pomelo may have helpers beside its remote modules. Source: pomelo-loader.
 */
export function modulesOf(main: unknown, file: string, context: unknown, onNothing?: OnNothing): LoadedModule[] {
  if (isSchemaLike(main)) return [];
  if (isFunction(main)) {
    const made = instantiate(main, file, context, onNothing);
    return made === undefined ? [] : singleModule(made, file);
  }
  if (!isObject(main)) return [];
  const one = singleModule(main, file);
  if (one.length > 0 || !hasModules(main)) return one;
  return modulesIn(main).flatMap(([name, value]) => {
    const instance = isFunction(value) ? instantiate(value, `${name} of ${file}`, context) : value;
    return instance !== undefined && methodNames(instance).length > 0 ? [{ name, instance, file }] : [];
  });
}

/** True for exports with a default. A function as `exports.default` of a CommonJS file is one too: pinus loads such files. */
function hasDefault(value: unknown): value is { readonly default: unknown } {
  if (isModuleExports(value)) return 'default' in value;
  return isObject(value) && hasModules(value) && isFunction(Object.getOwnPropertyDescriptor(value, 'default')?.value);
}

/** True for the exports of an ES module: native, transpiled, or bundled. */
function isModuleExports(value: unknown): value is { readonly default?: unknown } {
  if (types.isModuleNamespaceObject(value)) return true;
  return isObject(value) && (Object.hasOwn(value, '__esModule') || moduleTag(value) === 'Module');
}

/** Tag that bundlers and test runners give to the object that they make for the exports of a module. */
function moduleTag(value: object): unknown {
  return Object.getOwnPropertyDescriptor(value, Symbol.toStringTag)?.value;
}

/** True for a plain object or a module's exports, whose properties are modules. False for an instance of a class. */
function hasModules(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function modulesIn(bag: object): [name: string, value: object][] {
  return Object.getOwnPropertyNames(bag).flatMap((name) => {
    const value = name.startsWith('_') ? undefined : memberOf(bag, bag, name);
    return isModule(value) ? [[name, value]] : [];
  });
}

function isModule(value: unknown): value is object {
  if (isSchemaLike(value)) return false;
  return isFunction(value) ? isClass(value) : isObject(value) && methodNames(value).length > 0;
}

function singleModule(instance: object, file: string): LoadedModule[] {
  if (methodNames(instance).length === 0) return [];
  return [{ name: chosenName(instance) ?? withoutExtension(basename(file)), instance, file }];
}

/** The property `name` of an instance, if that is a string. Undefined for a function, and no getter is run. */
function chosenName(instance: object): string | undefined {
  if (isFunction(instance)) return undefined;
  for (let level: object | null = instance; level !== null; level = Object.getPrototypeOf(level)) {
    const name = Object.getOwnPropertyDescriptor(level, 'name');
    if (name !== undefined) return typeof name.value === 'string' && name.value !== '' ? name.value : undefined;
  }
  return undefined;
}

/** Object of a factory or a class. `where` names the factory or class in error texts. Undefined where `onNothing` was called. */
function instantiate(maker: Method, where: string, context: unknown, onNothing?: OnNothing): object | undefined {
  if (types.isAsyncFunction(maker) || types.isGeneratorFunction(maker)) {
    throw new RpcError(
      RpcCode.Load,
      `${where} is an async or generator function: a factory returns an object, without await. A method is a named export`,
    );
  }
  let made: unknown;
  let isPromise: boolean;
  try {
    made = isClass(maker) ? Reflect.construct(maker, [context]) : maker(context);
    isPromise = isObject(made) && isFunction((made as { then?: unknown }).then);
  } catch (cause) {
    throw new RpcError(RpcCode.Load, `${where} failed when called with the context: ${messageOf(cause)}`, { cause });
  }
  if (isPromise)
    throw new RpcError(RpcCode.Load, `${where} returned a promise: a factory returns an object, without await`);
  if (isObject(made) || isFunction(made)) return made;
  const returned = made === undefined ? 'nothing' : made === null ? 'null' : `a ${typeof made}`;
  const why = `${where} returned ${returned}: a factory returns an object with methods. A method by itself is a named export`;
  if (onNothing === undefined) throw new RpcError(RpcCode.Load, why);
  onNothing(why);
  return undefined;
}
