import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { readAccessor } from './accessors.js';
import { partsOf } from './checked-method.js';
import { isFunction, isObject, type Method, sourceOf } from './functions.js';
import { isSchemaLike } from './standard-schema.js';

export { isFunction, isObject, type Method, sourceOf } from './functions.js';

/**
 * Methods of an instance that callers may call, by name: own functions, and functions of the prototypes.
 *
 * Not callable: `constructor`, `prototype` and names that begin with `_` (`__proto__` among them), symbols, classes,
 * schemas (those of ArkType are functions), and generators. An async generator is callable: its items are a stream. The function that an accessor gives is callable where {@link readAccessor} reads
 * the accessor. The walk ends at the first prototype of the language (Object, Function, Array, Map, Promise ...) or of
 * Node's EventEmitter: otherwise any caller could `emit` on a service and remove the listeners.
 *
 * The first property of a name counts, as in a lookup: an own `null` hides the function of the prototype.
 */
export function methodsOf(instance: object): Map<string, Method> {
  const methods = new Map<string, Method>();
  const seen = new Set<string>();
  for (const level of levelsOf(instance)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (!isCallableName(name)) continue;
      const value = memberOf(instance, level, name);
      if (isFunction(value) && isCallable(value)) methods.set(name, value);
    }
  }
  return methods;
}

/** The instance and its prototypes, without those of the language and of EventEmitter. */
export function* levelsOf(instance: object): Generator<object, void> {
  for (let level: object | null = instance; level !== null && !isPlatform(level); level = Object.getPrototypeOf(level))
    yield level;
}

/** Value of a property of one level. Undefined for an accessor that is not read, or that failed. */
export function memberOf(instance: object, level: object, name: string): unknown {
  const property = Object.getOwnPropertyDescriptor(level, name);
  if (property?.get === undefined) return property?.value;
  const reading = readAccessor(instance, level, name, property.get);
  return reading !== undefined && 'value' in reading ? reading.value : undefined;
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

export function isCallableName(name: string): boolean {
  return !name.startsWith('_') && name !== 'constructor' && name !== 'prototype';
}

function isCallable(fn: Method): boolean {
  return !isSchemaLike(fn) && !isGenerator(partsOf(fn).fn) && !isClass(fn);
}

/** True for a generator function that is not async. Older code writes coroutines so, whose values are not their results. */
export function isGenerator(fn: Method): boolean {
  return types.isGeneratorFunction(fn) && !types.isAsyncFunction(fn);
}

/** Prototype of a built-in class, of this realm or of another: a test runner may load services in another realm. */
function isPlatform(prototype: object): boolean {
  if (prototype === EventEmitter.prototype) return true;
  const property = Object.getOwnPropertyDescriptor(prototype, 'constructor');
  // Under --frozen-intrinsics Node makes an accessor of it, whose getter has the value as a property.
  const maker: unknown = property?.value ?? (property?.get as { value?: unknown } | undefined)?.value;
  return isFunction(maker) && maker.prototype === prototype && sourceOf(maker).endsWith('{ [native code] }');
}
