import { isHashedKey, MAX_HASHED_KEYS, TOO_MANY_KEYS } from './decode-budget.js';
import { ERROR_PARTS, errorParts } from './error-value.js';

/** Right side of `instanceof`: any class, also the abstract class of the typed arrays, Symbol and BigInt. */
interface Class {
  [Symbol.hasInstance](value: unknown): boolean;
}

/** Values that a codec carries besides plain objects, arrays, strings, booleans, null and the numbers of JSON. */
export interface CodecAbilities {
  readonly codec: string;
  /** Classes whose instances the codec carries whole. */
  readonly classes: readonly Class[];
  /** Kinds of binary data that the codec carries, by their exact constructor: a subclass would not arrive as itself. */
  readonly views: readonly Class[];
  readonly bigint: boolean;
  /** Sets, of any values that the codec carries. */
  readonly sets: boolean;
  /** `undefined` as an element of an array. A property that is `undefined` may be left out, which reads alike. */
  readonly undefined: boolean;
  readonly invalidDate: boolean;
  carriesNumber(value: number): boolean;
  /** Makes the object that a Map travels as. Without this function Maps are refused. */
  readonly ofMap?: (entries: readonly [unknown, unknown][]) => object;
  /** Makes the object that an Error travels as, from its parts (see {@link errorParts}). Without this function Errors are refused. */
  readonly ofError?: (parts: readonly unknown[]) => object;
}

/** Built-ins that would arrive as something else, since their content is not in their properties. */
const OPAQUE: readonly Class[] = [
  ...[Map, Set, WeakMap, WeakSet, WeakRef, Date, RegExp, Error, ArrayBuffer, SharedArrayBuffer],
  ...[Boolean, Number, String, Symbol, BigInt],
];

/**
 * Returns the value in a form that the codec can encode: objects with a `toJSON` are replaced by its result, and Maps and
 * Errors by what the codec makes of them. Parts that need no change are shared with the original, usually the whole value.
 *
 * Throws a TypeError that names the part that the codec cannot carry: `$.user.save is a function, …`.
 *
 * Counts the keys of Maps and the items of Sets that are bounded for each frame, and throws a RangeError with the path of the
 * Map or Set that exceeds the bound.
 */
export function toEncodable(value: unknown, abilities: CodecAbilities, frame: { hashedKeys: number }): unknown {
  return new Walk(abilities, frame).fit(value);
}

const refusals = new WeakSet<object>();

/** True for an error of {@link toEncodable} itself, and false for an error of the value's own code, such as a `toJSON`. */
export function isEncodeRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && refusals.has(error);
}

/**
 * True for an object that may hold more than its properties show. All built-ins, of the language and of Node, have a tag of
 * their own. True for promises as well, including those of libraries.
 */
export function isSpecial(value: object): boolean {
  return Object.prototype.toString.call(value) !== '[object Object]' || isThenable(value);
}

function isThenable(value: object): boolean {
  return typeof (value as { then?: unknown }).then === 'function';
}

function hasToJSON(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Name of a special value in a message. */
function nameOf(value: object): string {
  if (isThenable(value)) return 'a promise';
  return withArticle(Object.prototype.toString.call(value).slice('[object '.length, -1));
}

/** Advice for the message. A RegExp does not travel, since the receiver would have to compile a pattern that a peer wrote. */
function cureOf(value: object): string {
  const isRegExp = value instanceof RegExp || Object.prototype.toString.call(value) === '[object RegExp]';
  return isRegExp ? '; send its source and flags as texts' : '';
}

function withArticle(className: string): string {
  return `${/^[AEIO]/.test(className) ? 'an' : 'a'} ${className}`;
}

/** A walk through one value: the path to the current part, and the objects on that path. */
class Walk {
  readonly #abilities: CodecAbilities;
  readonly #frame: { hashedKeys: number };
  readonly #path: string[] = ['$'];
  readonly #ancestors = new Set<object>();

  constructor(abilities: CodecAbilities, frame: { hashedKeys: number }) {
    this.#abilities = abilities;
    this.#frame = frame;
  }

  fit(value: unknown): unknown {
    switch (typeof value) {
      case 'function':
        throw this.#unfit('a function');
      case 'symbol':
        throw this.#unfit('a symbol');
      case 'bigint':
        if (!this.#abilities.bigint) throw this.#unfit('a bigint');
        return value;
      case 'number':
        if (!this.#abilities.carriesNumber(value)) throw this.#unfit(String(value));
        return value;
      case 'object':
        return value === null ? null : this.#fitObject(value);
      default:
        return value;
    }
  }

  #fitObject(value: object): unknown {
    if (this.#ancestors.has(value)) throw this.#unfit('a cycle');
    this.#ancestors.add(value);
    const fit = Array.isArray(value) ? this.#fitArray(value) : (this.#fitBuiltIn(value) ?? this.#fitProperties(value));
    this.#ancestors.delete(value);
    return fit;
  }

  #fitArray(value: readonly unknown[]): unknown {
    const mayHoldUndefined = this.#abilities.undefined;
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const part = value[i];
      this.#path.push(`[${i}]`);
      const fit = this.fit(part);
      if (fit === undefined && !mayHoldUndefined) throw this.#unfit('undefined');
      this.#path.pop();
      if (fit === part) continue;
      copy ??= Array.from(value);
      copy[i] = fit;
    }
    return copy ?? value;
  }

  /** Undefined for an object that is encoded by its properties. */
  #fitBuiltIn(value: object): unknown {
    const abilities = this.#abilities;
    if (ArrayBuffer.isView(value)) {
      if (abilities.views.includes(value.constructor)) return value;
      throw this.#unfit(withArticle(value.constructor.name));
    }
    if (!isSpecial(value)) return undefined;
    if (value instanceof Map && abilities.ofMap !== undefined) return abilities.ofMap(this.#fitEntries(value));
    if (value instanceof Set && abilities.sets) return this.#fitSet(value);
    if (value instanceof Error && abilities.ofError !== undefined) return abilities.ofError(this.#fitError(value));
    if (abilities.classes.some((known) => value instanceof known)) {
      if (value instanceof Date && !abilities.invalidDate && Number.isNaN(value.getTime()))
        throw this.#unfit('an invalid Date');
      return value;
    }
    const hidesContent = isThenable(value) || OPAQUE.some((known) => value instanceof known);
    if (hidesContent || (Object.keys(value).length === 0 && !hasToJSON(value)))
      throw this.#unfit(nameOf(value), cureOf(value));
    return undefined;
  }

  #fitEntries(map: ReadonlyMap<unknown, unknown>): [unknown, unknown][] {
    return Array.from(map, ([key, item], i) => {
      const fitKey = this.#fitPart(`<key ${i}>`, key);
      this.#count(fitKey);
      return [fitKey, this.#fitPart(`<value ${i}>`, item)];
    });
  }

  #fitSet(set: ReadonlySet<unknown>): unknown {
    const items = [...set];
    const fit = items.map((item, i) => this.#fitPart(`<${i}>`, item));
    for (const item of fit) this.#count(item);
    return fit.every((item, i) => item === items[i]) ? set : new Set(fit);
  }

  #count(key: unknown): void {
    if (!isHashedKey(key)) return;
    this.#frame.hashedKeys += 1;
    if (this.#frame.hashedKeys > MAX_HASHED_KEYS) this.#tooManyKeys();
  }

  #tooManyKeys(): never {
    const error = new RangeError(`${this.#path.join('')} makes ${TOO_MANY_KEYS}`);
    refusals.add(error);
    throw error;
  }

  #fitError(error: Error): readonly unknown[] {
    return errorParts(error).map((part, i) => this.#fitPart(`.${ERROR_PARTS[i]}`, part));
  }

  #fitProperties(value: object): unknown {
    if (hasToJSON(value)) {
      const json = value.toJSON();
      if (json !== value) return this.fit(json);
    }
    let copy: Record<string, unknown> | undefined;
    for (const [key, part] of Object.entries(value)) {
      const fit = this.#fitPart(`.${key}`, part);
      if (fit === part && key !== '__proto__') continue;
      copy ??= { ...value };
      // Decoders of this package drop such a key; to an object of a stock peer it would give another prototype.
      if (key === '__proto__') delete copy[key];
      else copy[key] = fit;
    }
    return copy ?? value;
  }

  #fitPart(step: string, part: unknown): unknown {
    this.#path.push(step);
    const fit = this.fit(part);
    this.#path.pop();
    return fit;
  }

  #unfit(what: string, cure = ''): TypeError {
    const where = this.#path.join('');
    const error = new TypeError(`${where} is ${what}, which the ${this.#abilities.codec} codec cannot carry${cure}`);
    refusals.add(error);
    return error;
  }
}
