import { isObject, type Method } from './functions.js';
import { isPositional, type ListSchemas } from './list-check.js';

/** Schemas of a checked method. */
export interface Checks {
  readonly args: ListSchemas;
  /** Undefined where results are not checked. One schema is for the one result. */
  readonly returns: ListSchemas | undefined;
}

/** A checked method in its parts. */
export interface MethodParts {
  /** Method without the checks. */
  readonly fn: Method;
  /** Undefined for a method that has none. */
  readonly checks: Checks | undefined;
}

/** Key of the parts in a checked method. Registered, since a program may have two copies of the package. */
const PARTS = Symbol.for('mailstation.checked');

/** Notes in a function that it calls a method with checks. */
export function markChecked(checked: Method, fn: Method, checks: Checks): void {
  Object.defineProperty(checked, PARTS, { value: Object.freeze({ fn, checks }) });
}

/** The parts of a method. A function without checks is the method itself. */
export function partsOf(method: Method): MethodParts {
  const parts: unknown = Object.getOwnPropertyDescriptor(method, PARTS)?.value;
  return isObject(parts) ? (parts as MethodParts) : { fn: method, checks: undefined };
}

/** Number of arguments that a method is called with. Undefined where one schema checks the whole list. */
export function checkedCount({ args }: Checks): number | undefined {
  return isPositional(args) ? args.length : undefined;
}
