import { messageOf, RpcCode, RpcError } from '../errors.js';
import { jsonText } from '../json-text.js';
import { types } from '../value-types.js';
import { isStackOverflow, MAX_DEPTH } from './nesting.js';
import type { Refused } from './value-kind.js';

/** Number of levels after which an object is compared with all around it, so that a cycle is found before much is written. */
const CYCLE_CHECK_LEVELS = 16;
/** Steps of a path that a message shows, at the beginning and at the end. */
const SHOWN_STEPS = 8;
/** Length of a key in a message. Characters */
const MAX_KEY = 60;

/** Refusals, with the path that made them: a toJSON of the value may have encoded another value meanwhile. */
const refusals = new WeakMap<object, ValuePath>();

/** True for a refusal of a codec itself, and false for an error of the value's own code, such as a `toJSON`. */
export function isEncodeRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && refusals.has(error);
}

/**
 * Place of an encoder in a value: the objects around the current part, and the step from each to the next. The text of the
 * path is made only for a refusal.
 */
export class ValuePath {
  depth = 0;
  /** Step within the object at each level: a key, an index, or for a Map twice the index of the entry, plus 1 for the item. */
  readonly steps: (string | number | undefined)[] = [];
  readonly #around: (object | undefined)[] = [];

  /** Goes into an object. Throws where the object is too deep, or lies within itself. */
  enter(value: object): void {
    const { depth } = this;
    if (depth % CYCLE_CHECK_LEVELS === CYCLE_CHECK_LEVELS - 1 || depth >= MAX_DEPTH) this.#checkDepth(value);
    this.#around[depth] = value;
    this.steps[depth] = undefined;
    this.depth = depth + 1;
  }

  /**
   * Goes into an Error. Fields of an Error that cannot travel are left out and the others go on, so a cycle must be found at
   * the first repetition: an Error with several fields that lead back to it would be encoded in all combinations of them.
   */
  enterError(error: object): void {
    if (this.#around.includes(error)) throw this.#cycleIn([...this.around, error]);
    this.enter(error);
  }

  leave(): void {
    this.depth -= 1;
    this.#around[this.depth] = undefined;
  }

  /** Goes back to the beginning, after an error. */
  reset(): void {
    this.depth = 0;
    this.#around.fill(undefined);
  }

  #checkDepth(value: object): void {
    if (this.#around.includes(value)) throw this.#cycleIn([...this.around, value]);
    if (this.depth < MAX_DEPTH) return;
    throw this.refuse(
      `nested deeper than ${MAX_DEPTH} levels of arrays and objects, which is the limit; send it in a flatter form`,
      RangeError,
    );
  }

  /** Objects around the current part. */
  get around(): readonly (object | undefined)[] {
    return this.#around.slice(0, this.depth);
  }

  /** Error for a part that the codec cannot carry. */
  cannotCarry(what: string, codec: string, cure = ''): TypeError {
    return this.refuse(`${what}, which the ${codec} codec cannot carry${cure}`);
  }

  cannotCarryObject({ name, cure }: Refused, codec: string): TypeError {
    return this.cannotCarry(name, codec, cure);
  }

  /** Error whose text is the path of the current part, `is`, and the reason. */
  refuse(reason: string, ErrorClass: new (message: string) => Error = TypeError): Error {
    return this.#refusal(`${this.#text(this.depth)} is ${reason}`, ErrorClass);
  }

  /** Error whose text is the path of the current part, and the rest of a sentence. */
  complain(rest: string, ErrorClass: new (message: string) => Error = TypeError): Error {
    return this.#refusal(`${this.#text(this.depth)} ${rest}`, ErrorClass);
  }

  /**
   * Error for an encoder to throw in place of one that it caught. A refusal stays as it is. An error of the value's own code (a
   * getter, a toJSON, a Proxy) becomes the cause of an error with the path.
   */
  explain(error: unknown): unknown {
    if (refusals.get(error as object) === this) return error;
    const isTooLarge = error instanceof RpcError && error.code === RpcCode.FrameTooLarge;
    if (isTooLarge || isStackOverflow(error)) {
      // A frame that is full of one object, again and again, is no frame that is too large.
      const cycle = this.#cycleIn(this.around);
      if (cycle !== undefined) return cycle;
      if (isTooLarge) return error;
      return this.complain(
        `cannot be encoded here, ${this.depth} levels deep, since the call stack of this process is nearly full; ` +
          'make the call from a function that is nested less deep',
        RangeError,
      );
    }
    return new TypeError(`${this.#text(this.depth)} cannot be read: ${messageOf(error)}`, { cause: error });
  }

  /** Refusal of the first object that is there twice. */
  #cycleIn(objects: readonly unknown[]): Error | undefined {
    const seen = new Set<unknown>();
    for (const [level, object] of objects.entries()) {
      if (seen.has(object))
        return this.#refusal(`${this.#text(level)} is a cycle, which no codec can carry`, TypeError);
      seen.add(object);
    }
    return undefined;
  }

  #refusal(message: string, ErrorClass: new (message: string) => Error): Error {
    const error = new ErrorClass(message);
    refusals.set(error, this);
    return error;
  }

  #text(depth: number): string {
    if (depth <= 2 * SHOWN_STEPS) return `$${this.#stepsBetween(0, depth)}`;
    return `$${this.#stepsBetween(0, SHOWN_STEPS)} … ${this.#stepsBetween(depth - SHOWN_STEPS, depth)}`;
  }

  #stepsBetween(from: number, to: number): string {
    let text = '';
    for (let level = from; level < to; level++) text += stepText(this.#around[level], this.steps[level]);
    return text;
  }
}

function stepText(parent: object | undefined, step: string | number | undefined): string {
  if (step === undefined) return '';
  if (typeof step === 'string') return keyText(step);
  if (types.isSet(parent)) return `<${step}>`;
  if (types.isMap(parent)) return `<${step % 2 === 0 ? 'key' : 'value'} ${Math.floor(step / 2)}>`;
  return `[${step}]`;
}

function keyText(key: string): string {
  const shown = key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}…` : key;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*…?$/u.test(shown) ? `.${shown}` : `[${jsonText(shown)}]`;
}
