import { basename } from 'node:path';
import { types } from 'node:util';
import { messageOf, RpcCode, RpcError } from '../errors.js';
import { isClass, isFunction, isObject, type Method, methodNames } from './methods.js';
import { withoutExtension } from './remote-files.js';

/** One module that can be called: a service of a namespace on the server, a set of proxies in the client. */
export interface LoadedModule {
  /** The third part of `proxies[namespace][serverType][module]`. Not empty; may have dots in it. */
  readonly name: string;
  /** What the functions are called on, as `this`. Has at least one callable function. */
  readonly instance: object;
  /** Absolute path of the file that it came from. */
  readonly file: string;
}

/**
 * What a file exports, the same whether it was imported or required, as an ES module or as one that was transpiled:
 * the default export, else `module.exports`, else an object of the named exports.
 */
export function mainExport(exports: unknown): unknown {
  let main = exports;
  // Twice: import() gives a CommonJS file as `default`, and that file, if transpiled, has a `default` of its own.
  for (let depth = 0; depth < 2 && isModuleExports(main) && 'default' in main; depth++) main = main.default;
  // Copied, since transpilers export through getters, which are exports here and accessors everywhere else.
  return isModuleExports(main) ? { ...main } : main;
}

/**
 * The modules that a file gives by its {@link mainExport}, made with the context; none where nothing is callable.
 *
 * | it exports                                                   | it gives                                         |
 * | ------------------------------------------------------------ | ------------------------------------------------ |
 * | a factory or a class, as its default                         | one module: what that returns, or the new object |
 * | functions, by name or in an object; or an instance           | one module: the object itself                    |
 * | objects with functions, and classes, by name or in an object | one module an export, named by it                |
 *
 * The first two are named by the instance's own `name` if that is a string, else by the file. A file that has a
 * default export is that default, and what it exports beside it is not looked at. A function that is not the default
 * is a method and never a factory, since the two look the same; beside it, objects are parts of the one module.
 * An object is a module as it is; of a class one is made.
 *
 * Throws {@link RpcCode.Load} where a factory or a constructor throws (then with `cause`), is asynchronous, or
 * returns no object.
 */
export function modulesOf(main: unknown, file: string, context: unknown): LoadedModule[] {
  if (isFunction(main)) return whole(make(main, file, context), file);
  if (!isObject(main)) return [];
  const one = whole(main, file);
  if (one.length > 0 || !isBag(main)) return one;
  return modulesIn(main).flatMap(([name, value]) => {
    const instance = isFunction(value) ? make(value, `${name} of ${file}`, context) : value;
    return methodNames(instance).length > 0 ? [{ name, instance, file }] : [];
  });
}

/** The exports of an ES module, native or transpiled. */
function isModuleExports(value: unknown): value is { readonly default?: unknown } {
  return types.isModuleNamespaceObject(value) || (isObject(value) && Object.hasOwn(value, '__esModule'));
}

/** A plain object or a module's exports: something to take apart. An instance of a class is never taken apart. */
function isBag(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function modulesIn(bag: object): [name: string, value: object][] {
  return Object.entries(Object.getOwnPropertyDescriptors(bag)).flatMap(([name, { value }]) =>
    !name.startsWith('_') && isModule(value) ? [[name, value]] : [],
  );
}

function isModule(value: unknown): value is object {
  return isFunction(value) ? isClass(value) : isObject(value) && methodNames(value).length > 0;
}

function whole(instance: object, file: string): LoadedModule[] {
  if (methodNames(instance).length === 0) return [];
  return [{ name: chosenName(instance) ?? withoutExtension(basename(file)), instance, file }];
}

/** `name` where it is a string that somebody wrote: not that of a function, and no getter is run for it. */
function chosenName(instance: object): string | undefined {
  if (isFunction(instance)) return undefined;
  for (let level: object | null = instance; level !== null; level = Object.getPrototypeOf(level)) {
    const name = Object.getOwnPropertyDescriptor(level, 'name');
    if (name !== undefined) return typeof name.value === 'string' && name.value !== '' ? name.value : undefined;
  }
  return undefined;
}

/** The object of a factory or a class. `where` says which one it is, for messages. */
function make(maker: Method, where: string, context: unknown): object {
  if (types.isAsyncFunction(maker) || types.isGeneratorFunction(maker)) {
    throw new RpcError(RpcCode.Load, `${where} is an async or generator function: a factory returns an object`);
  }
  let made: unknown;
  let isPromise: boolean;
  try {
    made = isClass(maker) ? Reflect.construct(maker, [context]) : maker(context);
    isPromise = isObject(made) && isFunction((made as { then?: unknown }).then);
  } catch (cause) {
    throw new RpcError(RpcCode.Load, `${where} failed when called with the context: ${messageOf(cause)}`, { cause });
  }
  if (isPromise) throw new RpcError(RpcCode.Load, `${where} returned a promise: a factory returns an object`);
  if (isObject(made) || isFunction(made)) return made;
  const returned = made === undefined ? 'nothing' : made === null ? 'null' : `a ${typeof made}`;
  throw new RpcError(RpcCode.Load, `${where} returned ${returned}: a factory returns an object`);
}
