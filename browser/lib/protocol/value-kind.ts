import { NOT_SENT } from '../../../lib/not-sent.js';
import { toJsonOf } from '../json-text.js';
import { types } from '../value-types.js';

/** Kinds of objects that a codec may carry as more than their fields. */
export type BuiltIn = 'date' | 'map' | 'set' | 'error' | 'view' | 'arrayBuffer';

/** Decides what an object is, other than an array or a plain object. See lib/protocol/value-kind.ts. */
export function kindOf(value: object): BuiltIn | 'fields' | Refused {
  const notSent = (value as { [NOT_SENT]?: string })[NOT_SENT];
  if (notSent !== undefined) return new Refused(notSent);
  if (ArrayBuffer.isView(value)) return 'view';
  if (types.isDate(value)) return 'date';
  if (types.isMap(value)) return 'map';
  if (types.isSet(value)) return 'set';
  if (types.isArrayBuffer(value)) return 'arrayBuffer';
  if (types.isNativeError(value)) return 'error';
  if (typeof (value as { then?: unknown }).then === 'function') return new Refused('a promise', '; await it first');
  return 'fields';
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

/** Refusal of an object without fields whose content lies elsewhere: a Blob, an element, a RegExp, an iterator. */
export function hiddenContentOf(value: object): Refused | undefined {
  const tag = tagOf(value);
  return tag === 'Object' && !(Symbol.iterator in value) ? undefined : new Refused(`an object of the class ${tag}`);
}

export function argumentsRefusal(value: object): Refused | undefined {
  return tagOf(value) === 'Arguments' ? new Refused('an arguments object', '; send an array of its items') : undefined;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Name of the class of binary data, such as `Float64Array`. */
export function viewNameOf(view: ArrayBufferView): string | Refused {
  return tagOf(view);
}

export function hasToJSON(value: object): value is { toJSON(): unknown } {
  return toJsonOf(value) !== undefined;
}

/** True for a plain object whose own `toJSON` takes the place of its fields. */
export function hasPlainToJSON(value: object | undefined): boolean {
  return value !== undefined && Object.hasOwn(value, 'toJSON') && hasToJSON(value);
}
