import { RpcCode, RpcError } from '../errors.js';
import { methodName } from '../rpc-message.js';
import type { AcceptorAnswer } from './acceptor.js';

/** A request of a user's acceptor, with the number that its answer is found by. */
export interface AcceptorRequest {
  readonly id: number;
  /** `namespace.module.method` */
  readonly method: string;
  readonly args: readonly unknown[];
  readonly oneway: boolean;
}

/** Arguments of a `MessageCallback`, in whichever of its forms they were passed. */
export interface PassedRequest {
  readonly msg: unknown;
  /** Undefined for a request that wants no answer. */
  readonly answer: AcceptorAnswer | undefined;
}

/** Tells the forms of a `MessageCallback` apart. An Error is the acceptor's own failure. */
export function readPassed(passed: readonly unknown[]): PassedRequest | Error {
  const [first, second] = passed;
  if (passed.length === 1 && first instanceof Error) return first;
  const isMessageFirst = passed.length < 3 && (passed.length === 1 || second == null || typeof second === 'function');
  const [msg, answer] = isMessageFirst ? passed : passed.slice(1);
  return { msg, answer: typeof answer === 'function' ? (answer as AcceptorAnswer) : undefined };
}

/** The request of a message, or the error for a message that lacks a part. */
export function readMessage({ msg, answer }: PassedRequest, id: number): AcceptorRequest | RpcError {
  const { namespace, service, method, args } = (msg ?? {}) as Readonly<Record<string, unknown>>;
  const isNamed = [namespace, service, method].every((part) => typeof part === 'string');
  if (!isNamed || !Array.isArray(args))
    return new RpcError(RpcCode.BadRequest, 'a request must have { namespace, service, method, args }');
  const name = methodName(String(namespace), String(service), String(method));
  return { id, method: name, args: args as unknown[], oneway: answer === undefined };
}
