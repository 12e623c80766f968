import { nonEmptyString, unfit } from './options.js';

/** Length of a client's id. Characters */
const MAX_LENGTH = 128;
/** No control characters, and none that change the writing direction: ids appear in logs. */
const SAFE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

/** True for a client's id that may travel, and for no other value. */
export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LENGTH && SAFE.test(value);
}

/** Checks the option `clientId`. Throws {@link RpcCode.InvalidArgument}. */
export function clientIdOption(given: unknown): string {
  const id = nonEmptyString('clientId', given);
  if (!isClientId(id))
    throw unfit('clientId', `a text of at most ${MAX_LENGTH} characters without control characters`, id);
  return id;
}
