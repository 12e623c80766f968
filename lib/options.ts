import { inspect } from 'node:util';
import { asLogger, type Logger } from './diagnostics.js';
import { RpcCode, RpcError } from './errors.js';

/** Longest delay that Node's timers and the packet's timeout field can hold: 2^31 - 1 ms, 24.8 days. */
export const MAX_TIMEOUT_MS = 0x7fffffff;

export function invalid(message: string): RpcError {
  return new RpcError(RpcCode.InvalidArgument, message);
}

function show(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value)
    : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80 });
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
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`${name} must be an integer from ${min} to ${max}, got ${show(value)}`);
}

/** Checks a timeout in ms, from 1 to {@link MAX_TIMEOUT_MS}. */
export function timeoutMs(name: string, value: unknown, fallback: number): number {
  return integer(name, value, fallback, 1, MAX_TIMEOUT_MS);
}

/** The keys that have a value. The flag `exactOptionalPropertyTypes` tells an undefined value from a missing key. */
export function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

export function boolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be true or false, got ${show(value)}`);
}

export function oneOf<T extends string>(name: string, value: unknown, fallback: T, allowed: readonly T[]): T {
  if (value === undefined) return fallback;
  if (allowed.includes(value as T)) return value as T;
  throw invalid(`${name} must be one of ${allowed.join(', ')}, got ${show(value)}`);
}

export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length > 0) return value;
  throw invalid(`${name} must be a non-empty string, got ${show(value)}`);
}

/** Checks a {@link Logger}, or an older logger that has fewer levels; see {@link asLogger}. */
export function loggerOption(name: string, value: unknown, fallback: Logger): Logger {
  if (value === undefined) return fallback;
  const logger = asLogger(value);
  if (logger !== undefined) return logger;
  throw invalid(`${name} must be an object with functions info, warn and error, as console is, got ${show(value)}`);
}
