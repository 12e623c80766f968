import { toJsonOf } from '../json-text.js';
import { NOT_SENT } from '../not-sent.js';
import { isBufferPrototype, types } from '../value-types.js';

/** Kinds of objects that a codec may carry as more than their fields. */
export type BuiltIn = 'date' | 'map' | 'set' | 'error' | 'view' | 'arrayBuffer';

/**
 * Decides what an object is, other than an array or a plain object: a built-in that travels; `fields` where its own fields are
 * its content; or the name of the object in a refusal, such as `a promise`.
 *
 * All questions are about internal slots and prototypes, not about constructors, so objects of another realm (`vm`, jest) have
 * the same kind, and no registration of another package changes an answer.
 */
export function kindOf(value: object): BuiltIn | 'fields' | Refused {
  const notSent = (value as { [NOT_SENT]?: string })[NOT_SENT];
  if (notSent !== undefined) return new Refused(notSent);
  if (ArrayBuffer.isView(value)) return 'view';
  const tag = tagOf(value);
  if (tag !== 'Object') {
    if (types.isDate(value)) return 'date';
    if (types.isMap(value)) return 'map';
    if (types.isSet(value)) return 'set';
    if (types.isArrayBuffer(value)) return 'arrayBuffer';
    if (isError(value)) return 'error';
    if (types.isRegExp(value)) return new Refused('a RegExp', '; send its source and flags as texts');
    if (isThenable(value)) return new Refused('a promise', '; await it first');
    if (isOpaque(value)) return new Refused(withArticle(tag));
  } else {
    if (isError(value)) return 'error';
    if (isThenable(value)) return new Refused('a promise', '; await it first');
    // Hashes and ciphers of node:crypto are streams too.
    if (isStream(value) && !hasToJSON(value)) return new Refused('a stream', '; send its content');
  }
  return types.isProxy(value) && inheritsBuiltIn(value)
    ? new Refused('a Proxy of a built-in', '; send what it stands for')
    : 'fields';
}

/** True where a class that is not written in JavaScript, other than Object, is among the object's classes. */
function inheritsBuiltIn(value: object): boolean {
  let prototype: object | null = Object.getPrototypeOf(value);
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const isRoot = Object.getPrototypeOf(prototype) === null;
    if (!isRoot && isNativeClass(ownConstructor(prototype))) return true;
  }
  return false;
}

/** The class that a prototype belongs to; undefined for an object that is the prototype of other objects only. */
function ownConstructor(prototype: object): { readonly name: string } | undefined {
  const itsClass: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined;
  return typeof itsClass === 'function' && itsClass.prototype === prototype ? itsClass : undefined;
}

function isNativeClass(itsClass: object | undefined): boolean {
  return itsClass !== undefined && /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(itsClass));
}

/** An object that no codec carries: its name in a message, and advice. */
export class Refused {
  readonly name: string;
  readonly cure: string;
  constructor(name: string, cure = '') {
    this.name = name;
    this.cure = cure;
  }
}

/**
 * Refusal of an object that has no fields of its own, where its content lies elsewhere and would be lost: iterators, built-ins
 * such as Math or a Blob, collections that can only be iterated, and instances of classes that keep their state in native code
 * or under symbols, as many classes of Node do. Undefined for a truly empty object.
 */
export function hiddenContentOf(value: object): Refused | undefined {
  const tag = tagOf(value);
  if (tag === 'Arguments') return ARGUMENTS;
  if (tag !== 'Object') return new Refused(withArticle(tag));
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return iterableRefusal(value);
  if (Object.hasOwn(value, 'globalThis')) return new Refused('a global object');
  const isElsewhere = inheritsBuiltIn(value) || Object.getOwnPropertySymbols(value).length > 0;
  const itsClass = Object.getPrototypeOf(prototype) === null ? undefined : ownConstructor(prototype);
  if (!isElsewhere || itsClass === undefined) return iterableRefusal(value);
  return new Refused(`an instance of ${String(itsClass.name)} whose content is not in fields`, '; send the content');
}

function iterableRefusal(value: object): Refused | undefined {
  const { [Symbol.iterator]: iterator, [Symbol.asyncIterator]: asyncIterator } = value as Partial<
    AsyncIterable<unknown>
  > &
    Partial<Iterable<unknown>>;
  const isIterable = typeof iterator === 'function' || typeof asyncIterator === 'function';
  return isIterable ? new Refused('an iterable object without fields', '; send an array of its items') : undefined;
}

const ARGUMENTS = new Refused('an arguments object', '; send an array of its items');

/** True for the `arguments` of a function, which has the prototype of a plain object. */
export function argumentsRefusal(value: object): Refused | undefined {
  return types.isArgumentsObject(value) ? ARGUMENTS : undefined;
}

/** True for Errors of any realm, and for objects of older code that only inherit from Error. */
function isError(value: object): value is Error {
  return types.isNativeError(value) || Object.prototype.isPrototypeOf.call(Error.prototype, value);
}

/** Built-ins whose content is not in their fields, even where user code gave them some. */
function isOpaque(value: object): boolean {
  return (
    types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value) ||
    tagOf(value) === 'WeakRef'
  );
}

function isThenable(value: object): boolean {
  return typeof (value as { then?: unknown }).then === 'function';
}

/** True for streams of Node, and of packages that have their own copy of the classes. */
function isStream(value: object): boolean {
  const { pipe, on } = value as { pipe?: unknown; on?: unknown };
  return typeof pipe === 'function' && typeof on === 'function';
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function withArticle(className: string): string {
  return `${/^[AEIO]/.test(className) ? 'an' : 'a'} ${className}`;
}

const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as (this: unknown) => string | undefined;

/**
 * Name of the class of binary data, such as `Buffer` or `Float64Array`; a refusal for a subclass, which would not arrive as
 * itself.
 */
export function viewNameOf(view: ArrayBufferView): string | Refused {
  const prototype: object = Object.getPrototypeOf(view);
  if (isBufferPrototype(prototype)) return 'Buffer';
  const name = typedArrayName.call(view);
  // Only the prototypes of the language have these properties themselves.
  if (Object.hasOwn(prototype, name === undefined ? 'getInt8' : 'BYTES_PER_ELEMENT')) return name ?? 'DataView';
  return new Refused(withArticle(String(view.constructor.name)));
}

export function hasToJSON(value: object): value is { toJSON(): unknown } {
  return toJsonOf(value) !== undefined;
}

/** True for a plain object whose own `toJSON` takes the place of its fields. */
export function hasPlainToJSON(value: object | undefined): boolean {
  return value !== undefined && Object.prototype.propertyIsEnumerable.call(value, 'toJSON') && hasToJSON(value);
}
