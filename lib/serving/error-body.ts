import { CalledBackError } from '../called-back.js';
import { errorParts, isError } from '../error-parts.js';
import type { Codec } from '../protocol/codec.js';
import { encodedSize } from '../protocol/encoded-value.js';
import { printable } from '../quoted.js';
import { estimate } from '../value-estimate.js';
import { type ErrorBody, type Reason, rebuildError } from '../wire-errors.js';

/** Errors of a chain of causes that travel. Of a longer chain the middle is left out: its ends are the caller's and the origin's. */
const MAX_CHAIN = 16;
/** Causes that are looked at in search of the innermost one. */
const MAX_WALKED = 1_000;
/** All errors of one answer: causes, and the errors that AggregateErrors gather. */
const MAX_ERRORS = 64;
/** Length of the message of a cause. The message of the answered error itself is not cut. Characters */
const MAX_CAUSE_MESSAGE = 4_096;
/** Length of a name and of a code that is a text. Characters */
const MAX_NAME = 200;
/** Length of a stack, where stacks are sent. Characters */
const MAX_STACK = 8_192;
/** Size of all fields, and of all causes that are no errors, of one answer. Bytes */
const MAX_DETAIL_BYTES = 64 * 1024;
/** Fields of one error. */
const MAX_FIELDS = 64;
/** Parts that the log names. */
const MAX_NAMED = 10;

export interface ErrorBodyOptions {
  readonly codec: Codec;
  /** Send the stacks. */
  readonly withStack: boolean;
  /** The error is this end's own: its fields are in the head, or known to the caller. */
  readonly isOurs: boolean;
}

/**
 * The same for a stock peer of cluster-client, which assigns the fields of the body to an error of its own. Causes are Errors,
 * which the codec of such a peer carries.
 */
export function stockBody({ fields, cause, errors, ...rest }: ErrorBody): object {
  const original = (reason: Reason): unknown => ('message' in reason ? rebuildError(reason) : reason.value);
  return {
    ...fields,
    ...rest,
    ...(cause !== undefined && { cause: original(cause) }),
    ...(errors !== undefined && { errors: errors.map(original) }),
  };
}

/** An error as the body of an answer, and the parts of the error that the body does not have. */
export interface DescribedError {
  readonly body: ErrorBody;
  /** Each part with the reason why the part is left out: `.details: ... is a function, ...`. */
  readonly leftOut: string[];
}

/** Describes an error within the bounds of docs/errors.md, "What of an error travels". Never throws, whatever the error is. */
export function describeForPeer(error: Error, options: ErrorBodyOptions): DescribedError {
  const description = new Description(options);
  const body = description.chain(error, '');
  return { body, leftOut: description.leftOut };
}

/** One description, and what is left of the bounds. */
class Description {
  readonly leftOut: string[] = [];
  readonly #options: ErrorBodyOptions;
  /** Errors whose gathered errors are being described. */
  readonly #outer = new Set<object>();
  #errors = MAX_ERRORS;
  #bytes = MAX_DETAIL_BYTES;

  constructor(options: ErrorBodyOptions) {
    this.#options = options;
  }

  /** Describes an error with its causes. `path` is where the error is, from the answered error on: `.cause`, `.errors[1]`. */
  chain(first: Error, path: string): ErrorBody {
    const chain: { readonly error: Error; readonly path: string }[] = [];
    const seen = new Set(this.#outer);
    let each: unknown = first;
    let at = path;
    for (; isError(each) && !seen.has(each) && chain.length < MAX_WALKED; at += '.cause') {
      seen.add(each);
      chain.push({ error: each, path: at });
      each = errorParts(each).cause;
    }
    const [kept, cut] = this.#withoutMiddle(chain);
    let cause: Reason | undefined;
    if (cut > 0) this.#leaveOut(`${path || '.cause'}: ${cut} causes between the outer and the inner ones`);
    if (isError(each)) this.#leaveOut(`${at}: ${seen.has(each) ? 'a cycle' : 'too many causes'}`);
    else if (each !== undefined && each !== null) cause = this.#value(each, at);
    // From the outermost on, since the bounds are used up in this order.
    const bodies = kept.map((one) => this.#error(one.error, one.path, one.error === first && path === ''));
    return bodies.reduceRight<ErrorBody | undefined>((inner, body) => {
      const reason = inner ?? cause;
      return reason === undefined ? body : { ...body, cause: reason };
    }, undefined) as ErrorBody;
  }

  #withoutMiddle<T>(chain: T[]): [T[], number] {
    const room = Math.max(1, Math.min(MAX_CHAIN, this.#errors));
    this.#errors -= Math.min(chain.length, room);
    if (chain.length <= room) return [chain, 0];
    const outer = Math.ceil(room / 2);
    const inner = room - outer;
    return [[...chain.slice(0, outer), ...chain.slice(chain.length - inner)], chain.length - room];
  }

  #error(error: Error, path: string, isAnswered: boolean): ErrorBody {
    const { name, message, errors, fields, unreadable, ...parts } = errorParts(error);
    const code = typeof parts.code === 'string' ? parts.code.slice(0, MAX_NAME) : parts.code;
    for (const field of unreadable) this.#leaveOut(`${path}.${field}: its getter throws`);
    // The caller knows the other fields of an error of this end, or reads them from the head.
    const isOurs = isAnswered && this.#options.isOurs;
    const sent = this.#fields(isOurs ? fields.filter(([field]) => field === 'issues') : fields, path);
    this.#outer.add(error);
    const gathered = errors && this.#gathered(errors, path);
    this.#outer.delete(error);
    const stack = this.#options.withStack ? stackOf(error) : undefined;
    return {
      name: name.slice(0, MAX_NAME),
      message: isAnswered ? message : cut(message, MAX_CAUSE_MESSAGE),
      ...(code !== undefined && this.#fits(code, `${path}.code`) && { code }),
      ...(stack !== undefined && { stack }),
      ...(sent !== undefined && { fields: sent }),
      ...(gathered !== undefined && { errors: gathered }),
      ...(!isAnswered && this.#calledBack(error, path)),
    };
  }

  /** The arguments of the callback, where a cause has some. Those of the answered error are the answer. */
  #calledBack(error: Error, path: string): Pick<ErrorBody, 'callbackArguments'> {
    if (!(error instanceof CalledBackError)) return {};
    const { callbackArguments } = error;
    return this.#fits(callbackArguments, `${path}.callbackArguments`) ? { callbackArguments } : {};
  }

  #fields(fields: readonly (readonly [string, unknown])[], path: string): Record<string, unknown> | undefined {
    const sent: Record<string, unknown> = {};
    let count = 0;
    for (const [name, value] of fields) {
      if (count >= MAX_FIELDS) {
        this.#leaveOut(`${path}.${name}: more than ${MAX_FIELDS} fields`);
        break;
      }
      if (!this.#fits(value, `${path}.${name}`)) continue;
      sent[name] = value;
      count += 1;
    }
    return count === 0 ? undefined : sent;
  }

  #gathered(errors: readonly unknown[], path: string): Reason[] {
    const reasons: Reason[] = [];
    for (const [i, each] of errors.entries()) {
      const at = `${path}.errors[${i}]`;
      if (this.#errors <= 0) {
        this.#leaveOut(`${at} and after: more than ${MAX_ERRORS} errors`);
        break;
      }
      if (isError(each) && this.#outer.has(each)) this.#leaveOut(`${at}: a cycle`);
      else if (isError(each)) reasons.push(this.chain(each, at));
      else {
        this.#errors -= 1;
        const value = this.#value(each, at);
        if (value !== undefined) reasons.push(value);
      }
    }
    return reasons;
  }

  #value(value: unknown, path: string): Reason | undefined {
    return this.#fits(value, path) ? { value } : undefined;
  }

  /** True where the codec carries the value and the rest of the bytes suffices, which the value then takes. */
  #fits(value: unknown, path: string): boolean {
    const why = estimate(value, this.#bytes);
    if (why !== undefined) return this.#leaveOut(`${path}: ${why}`);
    try {
      const bytes = encodedSize(value, this.#options.codec);
      if (bytes > this.#bytes) return this.#leaveOut(`${path}: larger than the ${this.#bytes} bytes that are left`);
      this.#bytes -= bytes;
      return true;
    } catch (error) {
      return this.#leaveOut(`${path}: ${error instanceof Error ? error.message : 'cannot be encoded'}`);
    }
  }

  #leaveOut(what: string): false {
    if (this.leftOut.length < MAX_NAMED) this.leftOut.push(printable(what));
    else if (this.leftOut.length === MAX_NAMED) this.leftOut.push('...');
    return false;
  }
}

/** A stack with a frame. The stack of an error that was received from a server without stacks has none, and is not worth its bytes. */
function stackOf(error: Error): string | undefined {
  try {
    const { stack } = error;
    return typeof stack === 'string' && stack.includes('\n    at ') ? stack.slice(0, MAX_STACK) : undefined;
  } catch {
    return undefined;
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}... (${text.length - length} more characters)`;
}
