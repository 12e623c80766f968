import { EventEmitter } from 'node:events';
import { types } from 'node:util';

/** A function of a service. Its arguments come from the wire, so nothing is known of them. */
export type Method = (...args: unknown[]) => unknown;

/**
 * What may be called on an instance, by name: its own functions and those of its prototypes.
 *
 * Left out: `constructor`, `prototype` and names that begin with `_` (so `__proto__` and its like), symbols,
 * accessors (a getter is never run), classes and generators (an iterator cannot be sent), and all that the platform
 * put there: the walk ends at the first prototype of the language (Object, Function, Array, Map, Promise ...) or of
 * Node's EventEmitter, or any caller could `emit` on a service and remove its listeners.
 *
 * A name is what it is where a lookup would find it first: an own `null` hides the function of the prototype.
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

/** The names of {@link methodsOf}, own ones first. A client's proxies have exactly these. */
export function methodNames(instance: object): string[] {
  return [...methodsOf(instance).keys()];
}

/**
 * Whether a function wants `new`: a native class, or a transpiled or hand-written constructor, told by a prototype
 * that has functions of its own or extends another.
 */
export function isClass(fn: Method): boolean {
  const prototype = Object.getOwnPropertyDescriptor(fn, 'prototype');
  if (!isObject(prototype?.value) || types.isGeneratorFunction(fn)) return false;
  // A method may be named `class`, but has no prototype.
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

/** A built-in's prototype, of this realm or another (a test runner may load the services in a realm of its own). */
function isPlatform(prototype: object): boolean {
  if (prototype === EventEmitter.prototype) return true;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return isFunction(maker) && maker.prototype === prototype && sourceOf(maker).endsWith('{ [native code] }');
}
