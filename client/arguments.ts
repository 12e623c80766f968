import { nonEmptyString, unfit } from '../lib/options.js';
import type { InvokeMessage } from '../lib/rpc-message.js';

/** Checks a message of `rpcInvoke`. Throws {@link RpcCode.InvalidArgument}. */
export function checkMessage(msg: InvokeMessage): InvokeMessage {
  if (typeof msg !== 'object' || msg === null)
    throw unfit('msg', 'an object { namespace, service, method, args }', msg);
  for (const part of ['namespace', 'service', 'method'] as const) nonEmptyString(`msg.${part}`, msg[part]);
  if (!Array.isArray(msg.args)) throw unfit('msg.args', 'a list', msg.args);
  return msg;
}

/** Checks an argument that is to be a list. `orNothing`: a missing list is an empty one, as in pomelo-rpc. */
export function checkList<T>(what: string, given: readonly T[], orNothing: boolean, wanted = 'a list'): readonly T[] {
  if (Array.isArray(given)) return given;
  if (orNothing && (given ?? undefined) === undefined) return [];
  throw unfit(`the argument of ${what}`, wanted, given);
}
