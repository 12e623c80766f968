import { RpcCode, RpcError } from './errors.js';

/** Characters: what is told may have to fit into a packet's head. */
const MAX_MESSAGE = 1_000;

/** What of an error one of our processes tells another, so that it can make the same one. */
export interface ToldError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  readonly cause?: ToldError;
}

/** Its causes along, `depth` of them. */
export function tellError(error: Error, depth = 2): ToldError {
  const { name, message, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name: String(name),
    message: String(message).slice(0, MAX_MESSAGE),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(depth > 0 && cause instanceof Error && { cause: tellError(cause, depth - 1) }),
  };
}

/** The error again, or what can be made of anything else. Never throws. */
export function readError(told: unknown, depth = 2): Error {
  const { name, message, code, cause } = fieldsOf(told);
  const text = typeof message === 'string' ? message : 'an error that was not told';
  const because = depth > 0 && cause !== undefined ? { cause: readError(cause, depth - 1) } : {};
  const ours = name === 'RpcError' ? rpcCode(code) : undefined;
  if (ours !== undefined) return new RpcError(ours, text, because);
  const error = new Error(text, because);
  if (typeof name === 'string' && name !== 'Error')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code });
  error.stack = `${error.name}: ${error.message}`; // ours would point here, where nothing went wrong
  return error;
}

/** Undefined for what is none of ours, or not known yet. */
export function rpcCode(code: unknown): RpcCode | undefined {
  return Object.values(RpcCode).find((known) => known === code);
}

function fieldsOf(told: unknown): Record<string, unknown> {
  return typeof told === 'object' && told !== null ? (told as Record<string, unknown>) : {};
}
