import { types } from 'node:util';
import { messageOf, RpcCode, RpcError, toError } from '../../errors.js';
import { jsonText } from '../../json-text.js';
import { subscribeHead } from '../../protocol/message.js';
import { parseHead } from '../../protocol/parse-head.js';
import { userKey } from '../keys.js';

type Control = 'subscribe' | 'unSubscribe';

/** Head of a subscription, or of its end. Throws an error that names the shared client. */
export function controlHead(type: Control, name: string, key: string, reg: unknown): Buffer {
  try {
    if (type === 'subscribe') checkPlain(reg);
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

/** The error of a published value that was not sent, with the key of the value. */
export function unpublished(key: string, error: RpcError): RpcError {
  const { code, delivery, serverId } = error;
  return new RpcError(code, `publish ${userKey(key)}: ${error.message}`, { delivery, serverId, cause: error });
}

/** Throws for what JSON would change without a word, so that the real client would subscribe to something else. */
function checkPlain(reg: unknown): void {
  jsonText(reg, function (this: unknown, name: string, value: unknown) {
    const given = (this as Record<string, unknown>)[name];
    // A value with a toJSON of its own, such as a Date, has chosen its form.
    const changed = Object.is(given, value) ? changedByJson(value) : undefined;
    if (changed !== undefined)
      throw new RpcError(
        RpcCode.Encode,
        `${name === '' ? 'the argument' : `its field ${jsonText(name)}`} is ${changed}, which JSON does not carry; a subscription is plain data`,
      );
    return value;
  });
}

function changedByJson(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (types.isRegExp(value)) return 'a RegExp';
  if (types.isMap(value) || types.isSet(value)) return 'a Map or a Set';
  if (types.isPromise(value)) return 'a promise';
  if (types.isNativeError(value)) return 'an Error';
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return 'binary data';
  return undefined;
}
