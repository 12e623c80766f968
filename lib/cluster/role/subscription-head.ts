import { messageOf, RpcCode, RpcError, toError } from '../../errors.js';
import { subscribeHead } from '../../protocol/message.js';
import { parseHead } from '../../protocol/parse-head.js';

type Control = 'subscribe' | 'unSubscribe';

/** Head of a subscription, or of its end. Throws an error that names the shared client. */
export function controlHead(type: Control, name: string, key: string, reg: unknown): Buffer {
  try {
    return subscribeHead(type, key, reg);
  } catch (error) {
    const code = error instanceof RpcError ? error.code : RpcCode.Encode;
    throw new RpcError(code, `${type} of ${name} cannot be sent: ${messageOf(error)}`, { cause: toError(error) });
  }
}

/** The argument of a subscription as it arrives at the real client for a Follower. */
export function copiedReg(name: string, key: string, reg: unknown): unknown {
  const head = parseHead(controlHead('subscribe', name, key, reg).toString());
  return head.type === 'subscribe' ? head.reg : undefined;
}
