import { messageOf, RpcCode, RpcError } from '../../../lib/errors.js';
import { MAX_DEPTH } from '../../../lib/protocol/nesting.js';
import type { Refused } from './value-kind.js';

/** Number of levels after which an object is compared with all around it, so that a cycle is found before much is written. */
const CYCLE_CHECK_LEVELS = 16;

/** Place of an encoder in a value: the objects around the current part, and the step from each to the next. */
export class ValuePath {
  depth = 0;
  /** Step within the object at each level: a key or an index. */
  readonly steps: (string | number | undefined)[] = [];
  readonly #around: (object | undefined)[] = [];
  #refusal: Error | undefined;

  /** Goes into an object. Throws where the object is too deep, or lies within itself. */
  enter(value: object): void {
    const { depth } = this;
    if (depth % CYCLE_CHECK_LEVELS === CYCLE_CHECK_LEVELS - 1) this.enterError(value);
    else this.#enter(value);
  }

  /** Goes into an Error, whose cycles must be found at the first repetition. */
  enterError(value: object): void {
    if (this.around.includes(value)) throw this.refuse('a cycle, which no codec can carry');
    if (this.depth >= MAX_DEPTH)
      throw this.refuse(`nested deeper than ${MAX_DEPTH} levels, which is the limit`, RangeError);
    this.#enter(value);
  }

  #enter(value: object): void {
    this.#around[this.depth] = value;
    this.steps[this.depth] = undefined;
    this.depth += 1;
  }

  leave(): void {
    this.depth -= 1;
    this.#around[this.depth] = undefined;
  }

  /** Goes back to the beginning, after an error. */
  reset(): void {
    this.depth = 0;
    this.#around.length = 0;
  }

  /** Objects around the current part. */
  get around(): readonly (object | undefined)[] {
    return this.#around.slice(0, this.depth);
  }

  /** Error for a part that the codec cannot carry. */
  cannotCarry(what: string, codec: string, cure = ''): Error {
    return this.refuse(`${what}, which the ${codec} codec cannot carry${cure}`);
  }

  cannotCarryObject({ name, cure }: Refused, codec: string): Error {
    return this.cannotCarry(name, codec, cure);
  }

  refuse(reason: string, ErrorClass?: new (message: string) => Error): Error {
    return this.complain(`is ${reason}`, ErrorClass);
  }

  complain(rest: string, ErrorClass: new (message: string) => Error = TypeError): Error {
    const steps = this.steps.slice(0, this.depth);
    const path = steps.map((step) => (typeof step === 'string' ? `.${step}` : step === undefined ? '' : `[${step}]`));
    this.#refusal = new ErrorClass(`$${path.join('')} ${rest}`);
    return this.#refusal;
  }

  /** Error for an encoder to throw in place of one that it caught. */
  explain(error: unknown): unknown {
    if (error === this.#refusal || (error instanceof RpcError && error.code === RpcCode.FrameTooLarge)) return error;
    return this.complain(`cannot be read: ${messageOf(error)}`);
  }
}
