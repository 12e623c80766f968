import { asLogger, type Logger } from './diagnostics.js';
import { RpcCode, RpcError } from './errors.js';
import { nearName } from './near-name.js';
import { shown } from './quoted.js';

/** Longest delay that Node's timers and the packet's timeout field can hold: 2^31 - 1 ms, 24.8 days. */
export const MAX_TIMEOUT_MS = 0x7fffffff;

export function invalid(message: string): RpcError {
  return new RpcError(RpcCode.InvalidArgument, message);
}

/** The error for a value that does not fit. `wanted` says what fits: `a list of ids`. */
export function unfit(name: string, wanted: string, value: unknown): RpcError {
  return invalid(
    value === undefined ? `${name} is missing: give ${wanted}` : `${name} must be ${wanted}, got ${shown(value)}`,
  );
}

/**
 * Checks a number: returns `fallback` for undefined, and throws an error that names the option, the range and the given value
 * for a value that does not fit. Zero and false are values, never "not given".
 */
export function integer(
  name: string,
  value: unknown,
  fallback: number,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  return value === undefined ? fallback : requiredInteger(name, value, min, max);
}

/** Checks a number as {@link integer} does, and throws for undefined too. */
export function requiredInteger(name: string, value: unknown, min: number, max: number): number {
  if (isInteger(value, min, max)) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  throw unfit(name, `an integer${range}`, value);
}

/**
 * Checks a time in ms, up to {@link MAX_TIMEOUT_MS}. `minName`: the option that gives the lower bound, where another option
 * does.
 */
export function timeoutMs(name: string, value: unknown, fallback: number, min = 1, minName?: string): number {
  if (value === undefined) return fallback;
  if (isInteger(value, min, MAX_TIMEOUT_MS)) return value;
  const from = minName === undefined ? min : `${min} (${minName})`;
  throw unfit(name, `an integer from ${from} to ${MAX_TIMEOUT_MS} ms`, value);
}

/** Checks a share: a number from 0 to 1. */
export function fraction(name: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw unfit(name, 'a number from 0 to 1', value);
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** Options with every value given. */
export type Filled<Options> = { [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** The keys that have a value. The flag `exactOptionalPropertyTypes` tells an undefined value from a missing key. */
export function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

export function boolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw unfit(name, 'true or false', value);
}

export function oneOf<T extends string>(name: string, value: unknown, fallback: T, allowed: readonly T[]): T {
  if (value === undefined) return fallback;
  if (allowed.includes(value as T)) return value as T;
  throw unfit(name, `one of ${allowed.join(', ')}`, value);
}

/** Checks an object of options or of fields. A list is none, although JavaScript counts a list as an object. */
export function fieldsOf<T>(name: string, value: T, wanted: string): T & object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw unfit(name, wanted, value);
}

/**
 * Checks a field that must be a non-empty string. The error for a missing field has the name of the field that was probably
 * mistyped. `name`: the field in a sentence.
 */
export function requiredString(name: string, given: object, field: string): string {
  const value: unknown = (given as Readonly<Record<string, unknown>>)[field];
  const near = value === undefined ? nearName(field, Object.keys(given)) : undefined;
  if (near === undefined || near === field) return nonEmptyString(name, value);
  throw invalid(`${name} is missing: the field ${shown(near)} was given; did you mean ${field}?`);
}

export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0) return value;
  throw unfit(name, 'a non-empty string', value);
}

/** Checks a {@link Logger}, or an older logger that has fewer levels; see {@link asLogger}. */
export function loggerOption(name: string, value: unknown, fallback: Logger): Logger {
  if (value === undefined) return fallback;
  const logger = asLogger(value);
  if (logger !== undefined) return logger;
  throw unfit(name, 'an object with functions info, warn and error, as console is', value);
}
