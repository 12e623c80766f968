import { RpcError } from '../errors.js';
import { isHashedKey, MAX_HASHED_KEYS, TOO_MANY_KEYS } from './decode-budget.js';
import { ERROR_PARTS, errorParts } from './error-value.js';
import type { ByteSink } from './frame-writer.js';
import { EXT, KIND_OF_VIEW } from './msgpack-types.js';
import { MsgpackWriter } from './msgpack-writer.js';
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

const CODEC = 'msgpack';
const HALF_A_PAIR = 'a text with half of a surrogate pair';

/** The built-in methods, so that a class of the user's own that overrides them is read by its content. */
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const getTime = Date.prototype.getTime;
const { hasOwnProperty: hasOwn } = Object.prototype;

/**
 * Encodes a value in one walk, straight into the sink.
 *
 * msgpackr is made for values of its own process. Its extensions are the process's, so any other user of that package changes
 * what a Date, an Error or an instance of a class becomes; and it decides by constructors, which differ between realms.
 */
export class MsgpackEncoder {
  readonly #out = new MsgpackWriter();
  readonly #path = new ValuePath();
  #sink: ByteSink | undefined;
  /** Asks plain objects for a toJSON as well, which hardly any of them has. */
  #asksPlain = false;

  encode(value: unknown, sink: ByteSink): void {
    const out = this.#out;
    const { hashedKeys } = sink;
    this.#sink = sink;
    out.open(sink);
    const start = out.mark;
    try {
      try {
        this.#value(value);
      } catch (error) {
        // The refused part may lie in a plain object with a toJSON, and not be sent at all.
        if (!this.#path.around.some(hasPlainToJSON)) throw error;
        this.#path.reset();
        out.backTo(start);
        sink.hashedKeys = hashedKeys;
        this.#asksPlain = true;
        this.#value(value);
      }
      out.commit();
    } catch (error) {
      const reason = this.#path.explain(error);
      this.#path.reset();
      throw reason;
    } finally {
      this.#asksPlain = false;
      this.#sink = undefined;
      out.close();
    }
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        if (!this.#out.text(value)) throw this.#path.cannotCarry(HALF_A_PAIR, CODEC);
        break;
      case 'number':
        this.#out.number(value);
        break;
      case 'object':
        if (value === null) this.#out.token(0xc0);
        else this.#object(value);
        break;
      case 'boolean':
        this.#out.token(value ? 0xc3 : 0xc2);
        break;
      case 'undefined':
        this.#out.tag(EXT.undefined);
        break;
      case 'bigint':
        this.#out.bigint(value);
        break;
      default:
        throw this.#path.cannotCarry(`a ${typeof value}`, CODEC);
    }
  }

  /** Writes an object, or what its `toJSON` returns, in a loop: a value of 1,000 levels takes few frames of the stack a level. */
  #object(value: object): void {
    let object = value;
    for (let hops = 0; ; hops++) {
      const isPlain = Object.getPrototypeOf(object) === Object.prototype;
      if (isPlain && !(this.#asksPlain && hasPlainToJSON(object))) return this.#fields(object);
      if (Array.isArray(object)) return this.#array(object);
      const kind = isPlain ? 'fields' : kindOf(object);
      if (kind !== 'fields') return this.#builtIn(object, kind);
      if (!hasToJSON(object)) return this.#fields(object);
      const json = object.toJSON();
      if (json === object) return this.#fields(object);
      if (typeof json !== 'object' || json === null) return this.#value(json);
      if (hops === MAX_DEPTH) throw this.#path.refuse('an object whose toJSON returns another such object without end');
      object = json;
    }
  }

  #array(value: readonly unknown[]): void {
    const { length } = value;
    const path = this.#path;
    path.enter(value);
    this.#out.array(length);
    const level = path.depth - 1;
    for (let i = 0; i < length; i++) {
      const item = value[i];
      if (typeof item === 'number') {
        this.#out.number(item);
      } else {
        path.steps[level] = i;
        this.#value(item);
      }
    }
    path.leave();
  }

  /** Writes the enumerable fields of an object, without those that it inherits. */
  #fields(value: object): void {
    const path = this.#path;
    const out = this.#out;
    path.enter(value);
    const level = path.depth - 1;
    const mark = out.beginMap();
    let size = 0;
    for (const key in value) {
      if (!hasOwn.call(value, key) || key === '__proto__') continue;
      // The arguments of a function pass for a plain object; their first field is the index 0.
      if (size === 0 && key === '0') this.#refuseHidden(argumentsRefusal(value));
      path.steps[level] = key;
      if (!out.text(key)) throw this.#path.cannotCarry(`a field whose name is ${HALF_A_PAIR}`, CODEC);
      this.#value((value as Record<string, unknown>)[key]);
      size += 1;
    }
    path.leave();
    if (size === 0) this.#refuseHidden(hiddenContentOf(value));
    out.endMap(mark, size);
  }

  #refuseHidden(refused: Refused | undefined): void {
    if (refused !== undefined) throw this.#path.cannotCarryObject(refused, CODEC);
  }

  #builtIn(value: object, kind: BuiltIn | Refused): void {
    switch (kind) {
      case 'view':
        return this.#view(value as ArrayBufferView);
      case 'date':
        return this.#out.date(getTime.call(value));
      case 'map':
        return this.#map(value as ReadonlyMap<unknown, unknown>);
      case 'set':
        return this.#set(value as ReadonlySet<unknown>);
      case 'error':
        return this.#error(value as Error);
      case 'arrayBuffer':
        return this.#out.view(KIND_OF_VIEW.get('ArrayBuffer') as number, new Uint8Array(value as ArrayBuffer));
      default:
        throw this.#path.cannotCarryObject(kind, CODEC);
    }
  }

  #view(view: ArrayBufferView): void {
    const name = viewNameOf(view);
    if (name instanceof Refused) throw this.#path.cannotCarryObject(name, CODEC);
    const content = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (name === 'Buffer') return this.#out.buffer(content);
    const kind = KIND_OF_VIEW.get(name);
    if (kind === undefined) throw this.#path.cannotCarry(`a ${name}`, CODEC);
    this.#out.view(kind, content);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    const entries = [...(mapEntries.call(map) as MapIterator<[unknown, unknown]>)];
    this.#countKeys(entries);
    const path = this.#path;
    path.enter(map);
    const level = path.depth - 1;
    this.#out.tag(EXT.map);
    this.#out.array(entries.length);
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as [unknown, unknown];
      path.steps[level] = 2 * i;
      this.#out.array(2);
      this.#value(entry[0]);
      path.steps[level] = 2 * i + 1;
      this.#value(entry[1]);
    }
    path.leave();
  }

  #set(set: ReadonlySet<unknown>): void {
    const items = [...(setValues.call(set) as SetIterator<unknown>)];
    this.#countItems(items);
    const path = this.#path;
    path.enter(set);
    const level = path.depth - 1;
    this.#out.tag(EXT.set);
    this.#out.array(items.length);
    for (let i = 0; i < items.length; i++) {
      path.steps[level] = i;
      this.#value(items[i]);
    }
    path.leave();
  }

  #countKeys(entries: readonly [unknown, unknown][]): void {
    let hashedKeys = 0;
    for (const [key] of entries) if (isHashedKey(key)) hashedKeys += 1;
    this.#count(hashedKeys);
  }

  #countItems(items: readonly unknown[]): void {
    let hashedKeys = 0;
    for (const item of items) if (isHashedKey(item)) hashedKeys += 1;
    this.#count(hashedKeys);
  }

  /** Counts the keys of a Map or the items of a Set that are bounded for each frame. */
  #count(hashedKeys: number): void {
    const sink = this.#sink as ByteSink;
    sink.hashedKeys += hashedKeys;
    if (sink.hashedKeys > MAX_HASHED_KEYS) throw this.#path.complain(`makes ${TOO_MANY_KEYS}`, RangeError);
  }

  #error(error: Error): void {
    const path = this.#path;
    path.enterError(error);
    const level = path.depth - 1;
    const parts = errorParts(error);
    this.#out.tag(EXT.error);
    this.#out.array(parts.length);
    for (let i = 0; i < parts.length; i++) {
      path.steps[level] = ERROR_PARTS[i];
      if (ERROR_PARTS[i] === 'fields' && parts[i] !== undefined) this.#errorFields(parts[i] as object, level);
      else this.#value(parts[i]);
    }
    path.leave();
  }

  /** Writes the fields that can travel. Others are left out: a socket in a field of an Error must not hide the Error. */
  #errorFields(fields: object, level: number): void {
    const out = this.#out;
    const path = this.#path;
    const { depth } = path;
    const sink = this.#sink as ByteSink;
    const start = out.beginMap();
    let size = 0;
    for (const [field, value] of Object.entries(fields)) {
      const { mark } = out;
      const { hashedKeys } = sink;
      path.steps[level] = field;
      try {
        if (!out.text(field)) throw new TypeError(HALF_A_PAIR);
        this.#value(value);
        size += 1;
      } catch (error) {
        if (error instanceof RpcError) throw error; // the frame is full
        while (path.depth > depth) path.leave();
        out.backTo(mark);
        sink.hashedKeys = hashedKeys;
      }
    }
    out.endMap(start, size);
  }
}
