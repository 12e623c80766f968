import { ERROR_PARTS, errorParts } from './error-value.js';
import type { ByteSink } from './frame-writer.js';
import { MAX_DEPTH } from './nesting.js';
import {
  argumentsRefusal,
  type BuiltIn,
  hasPlainToJSON,
  hasToJSON,
  hiddenContentOf,
  kindOf,
  Refused,
  viewNameOf,
} from './value-kind.js';
import { ValuePath } from './value-path.js';

/** Values that a codec of text carries besides plain objects, arrays, texts, booleans, null and the numbers of JSON. */
export interface PlainAbilities {
  readonly codec: string;
  /** Buffers and valid Dates. */
  readonly buffersAndDates: boolean;
  /** `undefined` as an element of an array. A property that is `undefined` may be left out, which reads alike. */
  readonly undefined: boolean;
  /** Texts and keys with half of a surrogate pair, which UTF-8 cannot carry. */
  readonly halfPairs: boolean;
  carriesNumber(value: number): boolean;
  /** Makes the object that an Error travels as, from its parts (see {@link errorParts}). Without this function Errors are refused. */
  readonly ofError?: (parts: readonly unknown[]) => object;
}

const NAMES: Readonly<Record<BuiltIn, string>> = {
  date: 'a Date',
  map: 'a Map',
  set: 'a Set',
  error: 'an Error',
  view: 'binary data',
  arrayBuffer: 'an ArrayBuffer',
};

/** Length of an array above which the frame is asked for room before the array is copied. */
const MANY_ITEMS = 65_536;

/**
 * Copies a value for an encoder that takes plain data: objects and arrays of this realm, in which an object with a `toJSON` is
 * replaced by its result. The encoder then reads a copy that has no getters, so the value itself is read once.
 *
 * Throws an error that names the part that the codec cannot carry: `$.user.save is a function, …`.
 */
export function plainCopy(value: unknown, abilities: PlainAbilities, frame: ByteSink): unknown {
  const path = new ValuePath();
  try {
    return new Copy(abilities, path, frame).of(value);
  } catch (error) {
    throw path.explain(error);
  }
}

class Copy {
  readonly #abilities: PlainAbilities;
  readonly #path: ValuePath;
  readonly #frame: ByteSink;

  constructor(abilities: PlainAbilities, path: ValuePath, frame: ByteSink) {
    this.#abilities = abilities;
    this.#path = path;
    this.#frame = frame;
  }

  of(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value, 'a text');
      case 'number':
        if (!this.#abilities.carriesNumber(value)) throw this.#unfit(String(value));
        return value;
      case 'object':
        return value === null ? null : this.#object(value);
      case 'function':
      case 'symbol':
      case 'bigint':
        throw this.#unfit(`a ${typeof value}`);
      default:
        return value;
    }
  }

  #text(text: string, what: string): string {
    if (this.#abilities.halfPairs || text.isWellFormed()) return text;
    throw this.#unfit(`${what} with half of a surrogate pair`);
  }

  /** Copies an object, or what its `toJSON` returns. */
  #object(value: object): unknown {
    let object = value;
    for (let hops = 0; ; hops++) {
      if (Array.isArray(object)) return this.#array(object);
      const isPlain = Object.getPrototypeOf(object) === Object.prototype;
      const kind = isPlain ? 'fields' : kindOf(object);
      if (kind !== 'fields') return this.#builtIn(object, kind);
      if (isPlain ? !hasPlainToJSON(object) : !hasToJSON(object)) return this.#fields(object);
      const json = (object as { toJSON(): unknown }).toJSON();
      if (json === object) return this.#fields(object);
      if (typeof json !== 'object' || json === null) return this.of(json);
      if (hops === MAX_DEPTH) throw this.#path.refuse('an object whose toJSON returns another such object without end');
      object = json;
    }
  }

  #builtIn(value: object, kind: BuiltIn | Refused): unknown {
    if (kind instanceof Refused) throw this.#unfit(kind.name, kind.cure);
    const { buffersAndDates, ofError } = this.#abilities;
    if (kind === 'view') {
      const view = value as ArrayBufferView;
      const name = viewNameOf(view);
      if (name instanceof Refused) throw this.#unfit(name.name);
      if (name === 'Buffer' && buffersAndDates) return view;
      throw this.#unfit(`${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`);
    }
    if (kind === 'date' && buffersAndDates) {
      const time = Date.prototype.getTime.call(value);
      if (Number.isNaN(time)) throw this.#unfit('an invalid Date');
      return new Date(time);
    }
    if (kind === 'error' && ofError !== undefined) return ofError(this.#errorParts(value as Error));
    throw this.#unfit(NAMES[kind]);
  }

  #array(value: readonly unknown[]): unknown[] {
    const path = this.#path;
    path.enter(value);
    // Each item takes a byte or more. An array of a few items and billions of holes is too large before it is copied.
    if (value.length > MANY_ITEMS) this.#frame.reserve(value.length);
    const level = path.depth - 1;
    const copy: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      path.steps[level] = i;
      const item = this.of(value[i]);
      if (item === undefined && !this.#abilities.undefined) throw this.#unfit('undefined');
      copy.push(item);
    }
    path.leave();
    return copy;
  }

  #errorParts(error: Error): unknown[] {
    const path = this.#path;
    path.enterError(error);
    const level = path.depth - 1;
    const parts = [...errorParts(error)];
    for (let i = 0; i < parts.length; i++) {
      path.steps[level] = ERROR_PARTS[i];
      const part = parts[i];
      const isFields = ERROR_PARTS[i] === 'fields' && part !== undefined;
      parts[i] = isFields ? this.#errorFields(part as object, level) : this.of(part);
    }
    path.leave();
    return parts;
  }

  /** Fields that can travel. Others are left out: a socket in a field of an Error must not hide the Error. */
  #errorFields(fields: object, level: number): Record<string, unknown> {
    const path = this.#path;
    const { depth } = path;
    const copy: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(fields)) {
      path.steps[level] = field;
      try {
        copy[field] = this.of(value);
      } catch {
        while (path.depth > depth) path.leave();
      }
    }
    return copy;
  }

  /** Copies the enumerable fields of an object, without those that it inherits. */
  #fields(value: object): Record<string, unknown> {
    const path = this.#path;
    path.enter(value);
    const level = path.depth - 1;
    const copy: Record<string, unknown> = {};
    const keys = Object.keys(value);
    if (keys[0] === '0') this.#refuseHidden(argumentsRefusal(value));
    for (const key of keys) {
      // Decoders of this package drop such a key; to an object of a stock peer it would give another prototype.
      if (key === '__proto__') continue;
      path.steps[level] = key;
      this.#text(key, 'a field whose name is a text');
      copy[key] = this.of((value as Record<string, unknown>)[key]);
    }
    path.leave();
    if (keys.length === 0) this.#refuseHidden(hiddenContentOf(value));
    return copy;
  }

  #refuseHidden(refused: Refused | undefined): void {
    if (refused !== undefined) throw this.#unfit(refused.name, refused.cure);
  }

  #unfit(what: string, cure = ''): Error {
    return this.#path.cannotCarry(what, this.#abilities.codec, cure);
  }
}
