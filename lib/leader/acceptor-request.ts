import type { PassedRequest } from '../compat/acceptor-arguments.js';
import { RpcCode, RpcError } from '../errors.js';
import { methodName } from '../rpc-message.js';

/** A request of a user's acceptor, with the number that its answer is found by. */
export interface AcceptorRequest {
  readonly id: number;
  /** `namespace.module.method` */
  readonly method: string;
  readonly args: readonly unknown[];
  readonly oneway: boolean;
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
