import { EventEmitter } from 'node:events';
import { types } from 'node:util';

/** A function of a service. The arguments come from the wire, so nothing is known about them. */
export type Method = (...args: unknown[]) => unknown;

/**
 * Methods of an instance that callers may call, by name: own functions, and functions of the prototypes.
 *
 * Not callable: `constructor`, `prototype` and names that begin with `_` (`__proto__` among them), symbols, accessors (a
 * getter is never run), classes, and generators (an iterator cannot be sent). The walk ends at the first prototype of the
 * language (Object, Function, Array, Map, Promise ...) or of Node's EventEmitter: otherwise any caller could `emit` on a
 * service and remove the listeners.
 *
 * The first property of a name counts, as in a lookup: an own `null` hides the function of the prototype.
 */
export function methodsOf(instance: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  const seen = new Set<string>();
  let level: object | null = instance;
  while (level !== null && !isPlatform(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const value: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
      if (isCallableName(name) && isFunction(value) && isCallable(value)) methods.set(name, value);
    }
    level = Object.getPrototypeOf(level);
  }
  return methods;
}

/** Names of {@link methodsOf}, own ones first. A client's proxies have exactly these names. */
export function methodNames(instance: object): string[] {
  return [...methodsOf(instance).keys()];
}

/**
 * Whether a function is called with `new`: a native class, or a transpiled or hand-written constructor, whose prototype has
 * properties or extends another prototype.
 */
export function isClass(fn: Method): boolean {
  const prototype = Object.getOwnPropertyDescriptor(fn, 'prototype');
  if (!isObject(prototype?.value) || types.isGeneratorFunction(fn)) return false;
  // A method named `class` has no prototype, and was sorted out above.
  if (/^(?:class\b|@)/.test(sourceOf(fn))) return true;
  const parent = Object.getPrototypeOf(prototype.value);
  if (parent !== null && Object.getPrototypeOf(parent) !== null) return true;
  return Object.getOwnPropertyNames(prototype.value).some((name) => name !== 'constructor');
}

export function isFunction(value: unknown): value is Method {
  return typeof value === 'function';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function sourceOf(fn: Method): string {
  return Function.prototype.toString.call(fn);
}

function isCallableName(name: string): boolean {
  return !name.startsWith('_') && name !== 'constructor' && name !== 'prototype';
}

function isCallable(fn: Method): boolean {
  return !types.isGeneratorFunction(fn) && !isClass(fn);
}

/** Prototype of a built-in class, of this realm or of another: a test runner may load services in another realm. */
function isPlatform(prototype: object): boolean {
  if (prototype === EventEmitter.prototype) return true;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return isFunction(maker) && maker.prototype === prototype && sourceOf(maker).endsWith('{ [native code] }');
}
